# SPDX-License-Identifier: MIT
# The CUDA toolkit: where nvcc is, whether it works, and how a .cu file is compiled.
#
# CMake's own CUDA language is not used: its compiler check wants a whole toolkit, while nvcc of the
# PyPI packages (scripts/setup.sh --with-cuda) comes as four folders in site-packages. One custom
# command per file works with both, and its log of registers and spills is what the budget test reads.

set(AXLUT_CUDA_ARCHITECTURES 75 80 86 89 90 100 CACHE STRING
    "GPU architectures to compile for; the last one also as PTX, for later GPUs")

# axlut_find_cuda(FOUND WHY): sets AXLUT_NVCC, AXLUT_CUDA_VERSION, AXLUT_CUDA_INCLUDE and
# AXLUT_CUDART, and to the variables FOUND and WHY whether all is there and the words for the table.
function(axlut_find_cuda found why)
  set(${found} FALSE PARENT_SCOPE)
  file(GLOB packaged ${PROJECT_SOURCE_DIR}/.venv/lib/python3*/site-packages/nvidia/cu13/bin)
  set(asked ${CMAKE_CUDA_COMPILER} $ENV{CUDACXX})
  if(asked AND NOT AXLUT_NVCC)
    list(GET asked 0 asked)
    set(AXLUT_NVCC ${asked} CACHE FILEPATH "NVIDIA's compiler")
  endif()
  find_program(AXLUT_NVCC nvcc HINTS ENV CUDA_PATH ENV CUDA_HOME PATH_SUFFIXES bin
               PATHS /usr/local/cuda/bin ${packaged} DOC "NVIDIA's compiler")
  if(NOT AXLUT_NVCC)
    set(${why} "no nvcc (scripts/setup.sh --with-cuda takes it from PyPI)" PARENT_SCOPE)
    return()
  endif()
  if(NOT EXISTS ${AXLUT_NVCC})  # that of an earlier configuration was removed
    set(${why} "AXLUT_NVCC=${AXLUT_NVCC} is not there, cmake -U AXLUT_NVCC looks for another"
        PARENT_SCOPE)
    return()
  endif()

  execute_process(COMMAND ${AXLUT_NVCC} --version OUTPUT_VARIABLE version ERROR_QUIET)
  if(NOT version MATCHES "V([0-9]+\\.[0-9]+\\.[0-9]+)")
    set(${why} "${AXLUT_NVCC} tells no version" PARENT_SCOPE)
    return()
  endif()
  set(version ${CMAKE_MATCH_1})
  set(AXLUT_CUDA_VERSION ${version} PARENT_SCOPE)
  if(version VERSION_LESS 13.0)
    set(${why} "${AXLUT_NVCC} is of CUDA ${version}, older than 13.0" PARENT_SCOPE)
    return()
  endif()

  # By nvcc's own words: the nvcc on the PATH can be a script that starts another.
  execute_process(COMMAND ${AXLUT_NVCC} -v --dryrun no_file.cu OUTPUT_QUIET ERROR_VARIABLE words)
  if(NOT words MATCHES "TOP=([^\n]+)")
    set(${why} "${AXLUT_NVCC} does not tell where its toolkit is" PARENT_SCOPE)
    return()
  endif()
  file(REAL_PATH ${CMAKE_MATCH_1} root)
  if(NOT root STREQUAL AXLUT_CUDA_ROOT)  # another toolkit than the last time
    unset(AXLUT_CUDA_INCLUDE CACHE)
    unset(AXLUT_CUDART CACHE)
    set(AXLUT_CUDA_ROOT ${root} CACHE INTERNAL "toolkit that nvcc belongs to")
  endif()
  set(folders ${root} ${root}/targets/${CMAKE_SYSTEM_PROCESSOR}-linux)
  find_path(AXLUT_CUDA_INCLUDE cuda_runtime_api.h PATHS ${folders} PATH_SUFFIXES include
            NO_DEFAULT_PATH)
  find_library(AXLUT_CUDART libcudart_static.a PATHS ${folders} PATH_SUFFIXES lib64 lib
               NO_DEFAULT_PATH)
  if(NOT AXLUT_CUDA_INCLUDE OR NOT AXLUT_CUDART)
    set(${why} "${root} has no cuda_runtime_api.h or no libcudart_static.a" PARENT_SCOPE)
    return()
  endif()

  list(JOIN AXLUT_CUDA_ARCHITECTURES " " architectures)
  axlut_check_nvcc("${version}" error)
  if(error)
    set(${why} "${AXLUT_NVCC} compiles nothing for sm_${architectures}: ${error}" PARENT_SCOPE)
    return()
  endif()
  set(${found} TRUE PARENT_SCOPE)
  set(${why} "CUDA ${version} in ${root}, sm_${architectures} + PTX" PARENT_SCOPE)
endfunction()

# The flags that choose AXLUT_CUDA_ARCHITECTURES.
function(axlut_cuda_architecture_flags flags)
  set(result)
  foreach(architecture IN LISTS AXLUT_CUDA_ARCHITECTURES)
    list(APPEND result
         --generate-code=arch=compute_${architecture},code=sm_${architecture})
  endforeach()
  list(GET AXLUT_CUDA_ARCHITECTURES -1 last)
  list(APPEND result --generate-code=arch=compute_${last},code=compute_${last})
  set(${flags} ${result} PARENT_SCOPE)
endfunction()

# Compiles an empty kernel, unless the same compilers did it in an earlier configuration: a host
# compiler that nvcc does not take, or an incomplete toolkit, must not become an error of the build.
function(axlut_check_nvcc version error)
  set(${error} "" PARENT_SCOPE)
  set(key "${AXLUT_NVCC} ${version} ${CMAKE_CXX_COMPILER} ${CMAKE_CXX_COMPILER_VERSION} ${AXLUT_CUDA_ARCHITECTURES}")
  if(key STREQUAL AXLUT_NVCC_CHECKED)
    return()
  endif()
  set(file ${PROJECT_BINARY_DIR}/CMakeFiles/check_nvcc.cu)
  file(WRITE ${file} "__global__ void Kernel(int* out) { out[threadIdx.x] = 1; }\n")
  axlut_cuda_architecture_flags(architectures)
  execute_process(COMMAND ${AXLUT_NVCC} -std=c++20 -ccbin=${CMAKE_CXX_COMPILER} ${architectures}
                          -c ${file} -o ${file}.o
                  RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(result EQUAL 0)
    set(AXLUT_NVCC_CHECKED "${key}" CACHE INTERNAL "compilers that are known to work together")
  else()
    string(REGEX REPLACE "\n.*" "" output "${output}")
    set(${error} "${output}" PARENT_SCOPE)
  endif()
endfunction()

# axlut_cuda_objects(TARGET FILE.cu ...): compiles the files and adds the objects to the target. What
# ptxas says of each is left in FILE.ptxas.log, in the target's binary folder.
#
# -fmad=false: float steps must round like the host's, which contracts nothing to fma() either.
# Line tables would make the objects four times as large; --compress-mode=size makes up for it.
function(axlut_cuda_objects target)
  axlut_cuda_architecture_flags(architectures)
  set(flags -std=c++20 -O3 -lineinfo --compress-mode=size -fmad=false -Xptxas=-v -I${PROJECT_SOURCE_DIR}
      -ccbin=${CMAKE_CXX_COMPILER}
      -Xcompiler=-Wall,-Wextra,-fPIC,-fvisibility=hidden ${architectures})
  if(AXLUT_WERROR)
    list(APPEND flags -Werror=all-warnings -Xcompiler=-Werror)
  endif()
  foreach(source IN LISTS ARGN)
    set(stem ${CMAKE_CURRENT_BINARY_DIR}/${source})
    add_custom_command(
      OUTPUT ${stem}.o
      BYPRODUCTS ${stem}.ptxas.log
      COMMAND ${PROJECT_SOURCE_DIR}/runtime/cmake/run_nvcc.sh ${stem}.ptxas.log
              ${CMAKE_CXX_COMPILER_LAUNCHER} ${AXLUT_NVCC} ${flags} -MD -MF ${stem}.d
              -c ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${stem}.o
      DEPENDS ${source} ${PROJECT_SOURCE_DIR}/runtime/cmake/run_nvcc.sh
      DEPFILE ${stem}.d
      COMMENT "Compiling CUDA kernels of ${source}" VERBATIM)
    target_sources(${target} PRIVATE ${stem}.o)
  endforeach()
endfunction()

# axlut_use_cudart(TARGET): the CUDA runtime's headers, and its static library, which needs no driver
# to load, for who links the target. Who uses an installed AxLUT has a toolkit of his own, which
# axlutConfig.cmake looks for.
function(axlut_use_cudart target)
  target_include_directories(${target} SYSTEM PUBLIC $<BUILD_INTERFACE:${AXLUT_CUDA_INCLUDE}>)
  target_link_libraries(${target} PUBLIC $<BUILD_INTERFACE:${AXLUT_CUDART}>
    $<INSTALL_INTERFACE:CUDA::cudart_static> Threads::Threads ${CMAKE_DL_LIBS} rt)
endfunction()
