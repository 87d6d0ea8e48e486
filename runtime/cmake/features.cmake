# SPDX-License-Identifier: MIT
# Optional parts. AUTO: on when everything it needs is found. ON: an error when not. OFF: off.

# axlut_feature(NAME found-expression "why": what was found or is missing)
function(axlut_feature name found why)
  set(AXLUT_WITH_${name} AUTO CACHE STRING "AUTO, ON or OFF")
  set_property(CACHE AXLUT_WITH_${name} PROPERTY STRINGS AUTO ON OFF)
  string(TOUPPER "${AXLUT_WITH_${name}}" wish)
  if(wish STREQUAL "OFF")
    set(on OFF)
    set(why "switched off (AXLUT_WITH_${name}=OFF)")
  elseif(found)
    set(on ON)
  elseif(wish STREQUAL "AUTO")
    set(on OFF)
  else()
    message(FATAL_ERROR "AXLUT_WITH_${name}=${AXLUT_WITH_${name}}, but ${why}")
  endif()
  set(AXLUT_HAVE_${name} ${on} PARENT_SCOPE)
  set_property(GLOBAL APPEND PROPERTY AXLUT_FEATURES "${name}|${on}|${why}")
endfunction()

function(axlut_print_features)
  get_property(rows GLOBAL PROPERTY AXLUT_FEATURES)
  message(STATUS "AxLUT ${PROJECT_VERSION}, ${CMAKE_BUILD_TYPE}, what is on and why:")
  foreach(row IN LISTS rows)
    string(REPLACE "|" ";" cells "${row}")
    list(GET cells 0 name)
    list(GET cells 1 on)
    list(GET cells 2 why)
    string(LENGTH "${name}" length)
    math(EXPR blanks "12 - ${length}")
    string(REPEAT " " ${blanks} blanks)
    message(STATUS "  ${name}${blanks}${on}  ${why}")
  endforeach()
endfunction()

# Yosys: the program and the headers of its C++ API (frontend/yosys is a plugin that it loads).
find_program(AXLUT_YOSYS yosys)
find_program(AXLUT_YOSYS_CONFIG yosys-config)
if(AXLUT_YOSYS AND AXLUT_YOSYS_CONFIG)
  execute_process(COMMAND ${AXLUT_YOSYS_CONFIG} --datdir OUTPUT_VARIABLE AXLUT_YOSYS_DATDIR
                  OUTPUT_STRIP_TRAILING_WHITESPACE)
endif()
if(AXLUT_YOSYS_DATDIR AND EXISTS ${AXLUT_YOSYS_DATDIR}/include/kernel/yosys.h)
  execute_process(COMMAND ${AXLUT_YOSYS} -V OUTPUT_VARIABLE version OUTPUT_STRIP_TRAILING_WHITESPACE)
  axlut_feature(YOSYS TRUE "${version}")
else()
  axlut_feature(YOSYS FALSE "yosys or its headers are missing (Debian: yosys, yosys-dev)")
endif()

find_program(AXLUT_VERILATOR verilator)
if(AXLUT_VERILATOR)
  execute_process(COMMAND ${AXLUT_VERILATOR} --version OUTPUT_VARIABLE version
                  OUTPUT_STRIP_TRAILING_WHITESPACE)
  axlut_feature(VERILATOR TRUE "${version}")
else()
  axlut_feature(VERILATOR FALSE "verilator is missing (Debian: verilator)")
endif()

include(cuda)
if(AXLUT_WITH_CUDA STREQUAL "OFF")
  axlut_feature(CUDA FALSE "")
else()
  axlut_find_cuda(found why)
  axlut_feature(CUDA ${found} "${why}")
endif()

# TensorFlow: the wheel in the project's virtual environment, or the one AXLUT_PYTHON sees. Only its
# files are looked at: importing it would cost every configure run several seconds.
set(AXLUT_PYTHON ${PROJECT_SOURCE_DIR}/.venv/bin/python CACHE FILEPATH
    "Python whose TensorFlow the op is built for")
if(SKBUILD)  # in a wheel that of the pip that builds it, which the wheel's dependencies name
  set(AXLUT_PYTHON ${Python_EXECUTABLE})
endif()
if(EXISTS ${AXLUT_PYTHON})
  execute_process(COMMAND ${AXLUT_PYTHON} -c
    "import importlib.util as u; s = u.find_spec('tensorflow'); print(s.submodule_search_locations[0] if s else '')"
    OUTPUT_VARIABLE AXLUT_TENSORFLOW_DIR OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(AXLUT_TENSORFLOW_DIR AND EXISTS ${AXLUT_TENSORFLOW_DIR}/include/tensorflow/core/framework/op.h)
  file(GLOB dist_info ${AXLUT_TENSORFLOW_DIR}/../tensorflow-*.dist-info
       ${AXLUT_TENSORFLOW_DIR}/../tensorflow_cpu-*.dist-info)
  string(REGEX MATCH "tensorflow[a-z_]*-([0-9]+.[0-9]+.[0-9]+)" ignored "${dist_info}")
  set(AXLUT_TENSORFLOW_VERSION ${CMAKE_MATCH_1})
  axlut_feature(TENSORFLOW TRUE "TensorFlow ${AXLUT_TENSORFLOW_VERSION} in ${AXLUT_TENSORFLOW_DIR}")
else()
  axlut_feature(TENSORFLOW FALSE
    "${AXLUT_PYTHON} has no TensorFlow (scripts/setup.sh --with-tensorflow)")
endif()
