# Installs the library, its headers, a CMake package (find_package(adagrad), adagrad::adagrad) and adagrad.pc.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS adagrad EXPORT adagradTargets)
install(DIRECTORY include/adagrad TYPE INCLUDE)
if(ADAGRAD_BUILD_TOOLS)
  install(TARGETS adagrad_verify)
endif()

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/adagrad)
install(EXPORT adagradTargets NAMESPACE adagrad:: DESTINATION ${package_dir})
configure_package_config_file(cmake/adagradConfig.cmake.in adagradConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(adagradConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/adagradConfig.cmake" "${PROJECT_BINARY_DIR}/adagradConfigVersion.cmake" DESTINATION ${package_dir})

if(BUILD_SHARED_LIBS)
  set(pc_openmp_private "${OpenMP_CXX_FLAGS}")
else()
  set(pc_openmp "${OpenMP_CXX_FLAGS}")
endif()
configure_file(cmake/adagrad.pc.in adagrad.pc @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/adagrad.pc" DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
