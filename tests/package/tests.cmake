# The installed library, static and shared, found by find_package and by pkg-config. Read by cmake/Gates.cmake.

# adagrad_build_test(<name> <source dir> <target> [cache entry...] [--test-command ...]): configures a project and builds a target of it.
function(adagrad_build_test name source target)
  add_test(NAME ${name} COMMAND "${CMAKE_CTEST_COMMAND}" --build-and-test "${source}" "${CMAKE_CURRENT_BINARY_DIR}/${name}"
    --build-generator "${CMAKE_GENERATOR}" --build-makeprogram "${CMAKE_MAKE_PROGRAM}" --build-noclean --build-target ${target}
    --build-options ${same_tools} ${ARGN})
  set_tests_properties(${name} PROPERTIES PROCESSORS 2)
endfunction()

# adagrad_consumer_test(<name> <source dir> [cache entry...]): configures and builds somebody else's project and runs its tests.
function(adagrad_consumer_test name source)
  adagrad_build_test(${name} "${source}" all ${ARGN} --test-command "${CMAKE_CTEST_COMMAND}" --output-on-failure)
endfunction()

# adagrad_package_tests(<suffix> <fixture> <prefix>)
function(adagrad_package_tests suffix fixture prefix)
  adagrad_consumer_test(package_find_package${suffix} "${PROJECT_SOURCE_DIR}/tests/package" "-DCMAKE_PREFIX_PATH=${prefix}")
  add_test(NAME package_pkg_config${suffix} COMMAND "${PROJECT_SOURCE_DIR}/tests/package/pkg_config" "${prefix}"
    "${CMAKE_CURRENT_BINARY_DIR}/package_pkg_config${suffix}" "${CMAKE_CXX_COMPILER}" ${CMAKE_CROSSCOMPILING_EMULATOR})
  set_tests_properties(package_find_package${suffix} package_pkg_config${suffix} PROPERTIES FIXTURES_REQUIRED ${fixture})
endfunction()

# What an earlier run left behind must not make a later one pass: files that are installed no more, options that had another default.
set(ADAGRAD_TEST_PREFIX "${CMAKE_CURRENT_BINARY_DIR}/installed")
set(leftovers package_find_package package_install_shared package_find_package_shared embed_add_subdirectory)
list(TRANSFORM leftovers REPLACE "(.+)" "${CMAKE_CURRENT_BINARY_DIR}/\\1/CMakeCache.txt")
add_test(NAME package_clear COMMAND "${CMAKE_COMMAND}" -E rm -rf ${leftovers} "${ADAGRAD_TEST_PREFIX}" "${ADAGRAD_TEST_PREFIX}_shared")
set_tests_properties(package_clear PROPERTIES FIXTURES_SETUP cleared)

if(ADAGRAD_INSTALL)
  add_test(NAME package_install COMMAND "${CMAKE_COMMAND}" --install "${PROJECT_BINARY_DIR}" --prefix "${ADAGRAD_TEST_PREFIX}")
  set_tests_properties(package_install PROPERTIES FIXTURES_REQUIRED cleared FIXTURES_SETUP installed)
  adagrad_package_tests("" installed "${ADAGRAD_TEST_PREFIX}")
endif()

# The other kind of library, in the folder that Debian has for an architecture's libraries.
adagrad_build_test(package_install_shared "${PROJECT_SOURCE_DIR}" install ${only_the_library} -DADAGRAD_BUILD_CHECKPOINT=ON -DADAGRAD_INSTALL=ON -DBUILD_SHARED_LIBS=ON
  "-DCMAKE_INSTALL_PREFIX=${ADAGRAD_TEST_PREFIX}_shared" "-DCMAKE_INSTALL_LIBDIR=lib/${CMAKE_LIBRARY_ARCHITECTURE}")
set_tests_properties(package_install_shared PROPERTIES FIXTURES_REQUIRED cleared FIXTURES_SETUP installed_shared LABELS rebuild)
adagrad_package_tests(_shared installed_shared "${ADAGRAD_TEST_PREFIX}_shared")
set_tests_properties(package_find_package_shared package_pkg_config_shared PROPERTIES LABELS rebuild)
