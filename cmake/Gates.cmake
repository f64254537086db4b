# The gates: tests that look at the sources and at the compiled code rather than at results, and the library as others build it. For uninstrumented
# builds: sanitizers and coverage add symbols, initialisers and dependencies of their own.
if(ADAGRAD_SANITIZE OR ADAGRAD_COVERAGE)
  return()
endif()

# adagrad_gate(<name> <script> [argument...]): the test gate_<name>.
function(adagrad_gate name script)
  add_test(NAME gate_${name} COMMAND "${ADAGRAD_PYTHON}" -B "${PROJECT_SOURCE_DIR}/tests/gates/${script}.py" ${ARGN} COMMAND_EXPAND_LISTS)
endfunction()

# Sets <variable> to the files of all programs and libraries that `all` builds in a folder and below.
function(adagrad_built_files variable folder)
  get_property(targets DIRECTORY "${folder}" PROPERTY BUILDSYSTEM_TARGETS)
  get_property(subfolders DIRECTORY "${folder}" PROPERTY SUBDIRECTORIES)
  set(files)
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    get_target_property(excluded ${target} EXCLUDE_FROM_ALL)
    if(type MATCHES "^(EXECUTABLE|(STATIC|SHARED|MODULE)_LIBRARY)$" AND NOT excluded)
      list(APPEND files $<TARGET_FILE:${target}>)
    endif()
  endforeach()
  foreach(subfolder IN LISTS subfolders)
    adagrad_built_files(files_below "${subfolder}")
    list(APPEND files ${files_below})
  endforeach()
  set(${variable} "${files}" PARENT_SCOPE)
endfunction()

adagrad_gate(dependencies dependencies "${PROJECT_SOURCE_DIR}")
adagrad_gate(isa_flags isa_flags "${CMAKE_COMMAND}" "${PROJECT_SOURCE_DIR}")
adagrad_built_files(built_files "${PROJECT_SOURCE_DIR}")
adagrad_gate(no_fast_math fast_math "${CMAKE_NM}" "${built_files}")

foreach(name IN LISTS ADAGRAD_ISA_NAMES)
  adagrad_gate(isa_symbols_${name} isa_symbols "${CMAKE_NM}" "${CMAKE_OBJDUMP}" ${name} "$<TARGET_OBJECTS:adagrad_isa_${name}>")
  # clang 14 holds two doubles to be too few to vectorise the loop for SSE2.
  if(TARGET adagrad_autovectorized_${name} AND NOT (name STREQUAL "sse2" AND CMAKE_CXX_COMPILER_ID MATCHES "Clang"))
    adagrad_gate(autovectorized_${name} autovectorized "${CMAKE_OBJDUMP}" ${name} "$<TARGET_OBJECTS:adagrad_autovectorized_${name}>")
  endif()
  if(ADAGRAD_ISA_${name}_FLAGS MATCHES "-mavx")
    adagrad_gate(upper_halves_${name} upper_halves "${CMAKE_OBJDUMP}" "$<TARGET_OBJECTS:adagrad_isa_${name}>")
  endif()
endforeach()

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|AMD64)$")
  set(baseline adagrad_baseline adagrad_reference)
  foreach(target IN ITEMS adagrad_verify adagrad_checkpoint_parts)
    if(TARGET ${target})
      list(APPEND baseline ${target})
    endif()
  endforeach()
  list(TRANSFORM baseline REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>")
  adagrad_gate(baseline_code baseline_code "${CMAKE_OBJDUMP}" "${baseline}")
endif()

# How this build was configured, for the builds that tests make.
set(same_tools "-DCMAKE_BUILD_TYPE=Release" "-DADAGRAD_xsimd_ROOT=${ADAGRAD_xsimd_ROOT}" "-DADAGRAD_xxHash_ROOT=${ADAGRAD_xxHash_ROOT}")
if(CMAKE_TOOLCHAIN_FILE)
  get_filename_component(toolchain "${CMAKE_TOOLCHAIN_FILE}" ABSOLUTE BASE_DIR "${CMAKE_BINARY_DIR}")
  list(APPEND same_tools "-DCMAKE_TOOLCHAIN_FILE=${toolchain}")
else()
  list(APPEND same_tools "-DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}")
endif()
set(only_the_library -DADAGRAD_BUILD_TOOLS=OFF -DADAGRAD_BUILD_TESTS=OFF -DADAGRAD_BUILD_BENCH=OFF -DADAGRAD_BUILD_EXAMPLES=OFF
  -DADAGRAD_BUILD_CHECKPOINT=OFF)

# Fast math is refused, wherever it comes from.
foreach(setting IN ITEMS CMAKE_CXX_FLAGS=-ffast-math CMAKE_CXX_FLAGS_RELEASE=-Ofast CMAKE_SHARED_LINKER_FLAGS=-ffast-math)
  string(REGEX REPLACE "=.*" "" where "${setting}")
  string(REGEX REPLACE ".*=" "" what "${setting}")
  add_test(NAME gate_fast_math_refused_${where} COMMAND "${CMAKE_COMMAND}" -S "${PROJECT_SOURCE_DIR}"
    -B "${CMAKE_CURRENT_BINARY_DIR}/fast_math_refused/${where}" -G "${CMAKE_GENERATOR}" ${same_tools} ${only_the_library} "-D${setting}")
  set_tests_properties(gate_fast_math_refused_${where} PROPERTIES PASS_REGULAR_EXPRESSION "adagrad cannot be built with ${what}:")
endforeach()
# A parent project's options reach the library, too.
add_test(NAME gate_fast_math_refused_add_compile_options COMMAND "${CMAKE_COMMAND}" -S "${PROJECT_SOURCE_DIR}/tests/embed"
  -B "${CMAKE_CURRENT_BINARY_DIR}/fast_math_refused/add_compile_options" -G "${CMAKE_GENERATOR}" ${same_tools}
  "-DADAGRAD_SOURCE_DIR=${PROJECT_SOURCE_DIR}" -DTRAINER_COMPILE_OPTIONS=-ffast-math)
set_tests_properties(gate_fast_math_refused_add_compile_options PROPERTIES PASS_REGULAR_EXPRESSION "adagrad cannot be built with -ffast-math:")

include("${PROJECT_SOURCE_DIR}/tests/package/tests.cmake")
include("${PROJECT_SOURCE_DIR}/tests/embed/tests.cmake")
if(ADAGRAD_INSTALL)
  adagrad_gate(headers_not_exported headers_not_exported "${CMAKE_NM}" "${ADAGRAD_TEST_PREFIX}")
  set_tests_properties(gate_headers_not_exported PROPERTIES FIXTURES_REQUIRED installed)
endif()
