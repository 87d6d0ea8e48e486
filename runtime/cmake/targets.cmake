# SPDX-License-Identifier: MIT
# How every library, command and test of AxLUT is built. Flags hang on targets, never on
# CMAKE_CXX_FLAGS, so that a parent project keeps its own.

option(AXLUT_WERROR "Warnings are errors" OFF)
set(AXLUT_SANITIZE "" CACHE STRING "\"\", assertions, address,undefined or thread")
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
find_program(AXLUT_CCACHE ccache)
if(AXLUT_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${AXLUT_CCACHE})
endif()
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(Boost 1.74 REQUIRED COMPONENTS program_options)
find_package(nlohmann_json REQUIRED)

# What every target of ours is compiled with. Visibility is hidden because the same static libraries
# end up in the TensorFlow op, where an exported symbol can clash with TensorFlow's.
add_library(axlut_flags INTERFACE)
target_compile_features(axlut_flags INTERFACE cxx_std_20)
# -Wno-restrict: GCC 12 reports it falsely for "literal" + std::string (GCC bug 105651).
target_compile_options(axlut_flags INTERFACE -Wall -Wextra -Wpedantic -Wno-restrict
  $<$<BOOL:${AXLUT_WERROR}>:-Werror> -fvisibility=hidden)
if(AXLUT_SANITIZE STREQUAL "assertions")
  target_compile_definitions(axlut_flags INTERFACE _GLIBCXX_ASSERTIONS)
elseif(AXLUT_SANITIZE)
  # GCC 12 reports false maybe-uninitialized in instrumented code: warnings stay warnings there.
  target_compile_options(axlut_flags INTERFACE -fsanitize=${AXLUT_SANITIZE}
    -fno-sanitize-recover=all -fno-omit-frame-pointer -Wno-error)
  target_link_options(axlut_flags INTERFACE -fsanitize=${AXLUT_SANITIZE})
endif()

# axlut_library(NAME [NOT_INSTALLED] SOURCES ... [DEPENDS ...] [PRIVATE_DEPENDS ...])
# The static, position-independent library axlut_NAME, alias axlut::NAME.
function(axlut_library name)
  cmake_parse_arguments(ARG "NOT_INSTALLED" "" "SOURCES;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  add_library(axlut_${name} STATIC ${ARG_SOURCES})
  add_library(axlut::${name} ALIAS axlut_${name})
  set_target_properties(axlut_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON EXPORT_NAME ${name})
  target_include_directories(axlut_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/axlut>)
  target_include_directories(axlut_${name} PRIVATE ${PROJECT_BINARY_DIR})
  target_compile_features(axlut_${name} PUBLIC cxx_std_17)
  target_link_libraries(axlut_${name} PUBLIC ${ARG_DEPENDS}
    PRIVATE $<BUILD_INTERFACE:axlut_flags> ${ARG_PRIVATE_DEPENDS})
  if(NOT ARG_NOT_INSTALLED)
    set_property(GLOBAL APPEND PROPERTY AXLUT_LIBRARIES axlut_${name})
  endif()
endfunction()

# axlut_command(NAME SOURCES ... DEPENDS ...): an executable in build/bin, installed.
function(axlut_command name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE axlut_flags ${ARG_DEPENDS})
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT Runtime)
endfunction()

# axlut_test(FILE_test.cc DEPENDS ... [TIMEOUT seconds] [ENVIRONMENT VAR=VALUE ...])
# One GoogleTest executable per file; each TEST becomes a CTest. Tests find the repository by
# AXLUT_SOURCE_DIR, built commands by AXLUT_BINARY_DIR/bin, and optional data by AXLUT_SHARED_DIR
# (a folder that need not exist).
function(axlut_test source)
  if(NOT BUILD_TESTING)
    return()
  endif()
  cmake_parse_arguments(ARG "" "TIMEOUT" "DEPENDS;ENVIRONMENT" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  get_filename_component(stem ${source} NAME_WE)
  string(REPLACE "/" "_" name ${folder}_${stem})
  add_executable(${name} ${source})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  target_compile_definitions(${name} PRIVATE
    AXLUT_SOURCE_DIR="${PROJECT_SOURCE_DIR}" AXLUT_BINARY_DIR="${PROJECT_BINARY_DIR}"
    AXLUT_SHARED_DIR="${PROJECT_SOURCE_DIR}/../shared")
  target_link_libraries(${name} PRIVATE axlut_flags ${ARG_DEPENDS} GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST TEST_PREFIX ${folder}/${stem}.
    PROPERTIES TIMEOUT ${ARG_TIMEOUT} ENVIRONMENT "${ARG_ENVIRONMENT}")
endfunction()
