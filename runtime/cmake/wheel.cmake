# SPDX-License-Identifier: MIT
# What is in a Python wheel: the component "python", which scikit-build-core installs into one
# (pyproject.toml). The SKBUILD_*_DIR are a wheel's own folders; a relative path is site-packages.
if(NOT TARGET axlut_tf)
  message(FATAL_ERROR "a wheel without the TensorFlow op is of no use")
endif()

install(DIRECTORY runtime/python/axlut DESTINATION . COMPONENT python
        FILES_MATCHING PATTERN "*.py" PATTERN "py.typed" PATTERN "__pycache__" EXCLUDE)
install(FILES ${PROJECT_BINARY_DIR}/python/axlut/_build_info.py DESTINATION axlut COMPONENT python)
install(TARGETS axlut_tf LIBRARY DESTINATION axlut COMPONENT python)

# On the PATH, beside the python that the wheel is installed for.
install(TARGETS lutgen lutsim lutrun RUNTIME DESTINATION ${SKBUILD_SCRIPTS_DIR} COMPONENT python)
# Where lutgen looks from there: ../lib/axlut. Only the program yosys itself can load it.
if(TARGET axlut_yosys_plugin)
  install(TARGETS axlut_yosys_plugin COMPONENT python
          LIBRARY DESTINATION ${SKBUILD_DATA_DIR}/${CMAKE_INSTALL_LIBDIR}/axlut)
endif()
