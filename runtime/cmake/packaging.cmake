# SPDX-License-Identifier: MIT
# cmake --install, and find_package(axlut) for the projects of others.
include(CMakePackageConfigHelpers)

get_property(libraries GLOBAL PROPERTY AXLUT_LIBRARIES)
install(TARGETS ${libraries} EXPORT axlut_targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        COMPONENT Development)
install(EXPORT axlut_targets NAMESPACE axlut:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/axlut
        FILE axlutTargets.cmake COMPONENT Development)
install(DIRECTORY kernels frontend lutgen sim DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/axlut
        COMPONENT Development FILES_MATCHING PATTERN "*.h" PATTERN "*.def" PATTERN "*.inc"
        PATTERN "yosys" EXCLUDE PATTERN "testing" EXCLUDE PATTERN "commands" EXCLUDE
        PATTERN "host" EXCLUDE  # the emulation of GPUs, for tests
        PATTERN "analysis" EXCLUDE)  # not in an installed library: it needs FLINT
install(DIRECTORY runtime/base runtime/table runtime/nn runtime/model
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/axlut/runtime
        COMPONENT Development FILES_MATCHING PATTERN "*.h")
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT Runtime)

configure_package_config_file(runtime/cmake/axlutConfig.cmake.in ${PROJECT_BINARY_DIR}/axlutConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/axlut)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/axlutConfigVersion.cmake
  COMPATIBILITY SameMajorVersion)
install(FILES ${PROJECT_BINARY_DIR}/axlutConfig.cmake ${PROJECT_BINARY_DIR}/axlutConfigVersion.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/axlut COMPONENT Development)
# Relative, so that the installed tree can be moved.
file(RELATIVE_PATH AXLUT_PREFIX_FROM_PC /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(runtime/cmake/axlut.pc.in ${PROJECT_BINARY_DIR}/axlut.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/axlut.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
        COMPONENT Development)
