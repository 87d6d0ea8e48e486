# SPDX-License-Identifier: MIT
# planted_bugs_address and planted_bugs_thread: one small program with sanitizers, whatever the rest
# of the build has.
set(scheduler host/block_runner.cc host/fiber.cc host/grid_runner.cc)

function(axlut_planted_bugs sanitizer flags)
  add_executable(planted_bugs_${sanitizer} host/planted_bugs.cc host/host_memory.cc ${ARGN})
  set_target_properties(planted_bugs_${sanitizer} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  target_include_directories(planted_bugs_${sanitizer} PRIVATE ${PROJECT_SOURCE_DIR})
  # At -O1 with debug symbols reports name the lines that were written.
  target_compile_options(planted_bugs_${sanitizer} PRIVATE
    -fsanitize=${flags} -fno-sanitize-recover=all -g -O1 -fno-omit-frame-pointer)
  target_link_options(planted_bugs_${sanitizer} PRIVATE -fsanitize=${flags})
  target_link_libraries(planted_bugs_${sanitizer} PRIVATE axlut_flags Boost::context
    Threads::Threads)
endfunction()

axlut_planted_bugs(address address,undefined ${scheduler})

# As in the tsan preset, the scheduler is not instrumented.
add_library(planted_bugs_scheduler OBJECT ${scheduler})
target_compile_definitions(planted_bugs_scheduler PRIVATE AXLUT_TSAN_FIBERS)
target_include_directories(planted_bugs_scheduler PRIVATE ${PROJECT_SOURCE_DIR})
target_link_libraries(planted_bugs_scheduler PRIVATE axlut_flags Boost::context)
axlut_planted_bugs(thread thread $<TARGET_OBJECTS:planted_bugs_scheduler>)
