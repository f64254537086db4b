# Finds what the build needs; each error names the Debian package.

# A header-only dependency found on its own, through a link in the build tree: the folder it lies in (/usr/include) must not become an include
# folder of a cross-compiler.
function(adagrad_find_headers variable package header debian_package)
  find_package(${package} CONFIG QUIET)
  find_path(ADAGRAD_${package}_ROOT ${header} HINTS ${${package}_INCLUDE_DIRS} PATHS /usr/include /usr/local/include
    NO_CMAKE_FIND_ROOT_PATH DOC "Folder that holds ${header}")
  if(NOT ADAGRAD_${package}_ROOT)
    message(FATAL_ERROR "adagrad needs ${package} (${header} was not found). On Debian: apt-get install ${debian_package}. "
      "Elsewhere: install it and pass -DCMAKE_PREFIX_PATH=<where it lies>.")
  endif()
  get_filename_component(folder ${header} DIRECTORY)
  if(NOT folder)
    set(folder ${header})  # it lies in no folder of its own
  endif()
  file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/headers/${package}")
  file(CREATE_LINK "${ADAGRAD_${package}_ROOT}/${folder}" "${PROJECT_BINARY_DIR}/headers/${package}/${folder}" SYMBOLIC)
  set(${variable} "${PROJECT_BINARY_DIR}/headers/${package}" PARENT_SCOPE)
endfunction()

function(adagrad_require package debian_package)
  find_package(${package} ${ARGN} QUIET)
  if(NOT ${package}_FOUND)
    message(FATAL_ERROR "adagrad needs ${package}. On Debian: apt-get install ${debian_package}.")
  endif()
endfunction()

if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  adagrad_require(OpenMP "libomp-dev (for clang 14: libomp-14-dev)" COMPONENTS CXX)
else()
  adagrad_require(OpenMP g++ COMPONENTS CXX)
endif()
adagrad_find_headers(ADAGRAD_XSIMD_INCLUDE_DIR xsimd xsimd/xsimd.hpp libxsimd-dev)
file(STRINGS "${ADAGRAD_XSIMD_INCLUDE_DIR}/xsimd/config/xsimd_config.hpp" xsimd_major REGEX "#define XSIMD_VERSION_MAJOR ")
string(REGEX REPLACE "[^0-9]" "" xsimd_major "${xsimd_major}")
if(NOT xsimd_major GREATER_EQUAL 8)
  message(FATAL_ERROR "adagrad needs xsimd 8 or newer, and found ${xsimd_major} in ${ADAGRAD_xsimd_ROOT}. Debian 12 has 8.1 (libxsimd-dev); "
    "elsewhere install a newer one and pass -DADAGRAD_xsimd_ROOT=<folder that holds xsimd/xsimd.hpp>.")
endif()
