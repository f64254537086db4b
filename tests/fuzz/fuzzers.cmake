# The fuzzers, and a short run of each from a fixed seed. CONTRIBUTING.md says how to let them run for hours.
if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang" OR NOT ADAGRAD_SANITIZE MATCHES "address")
  message(FATAL_ERROR "ADAGRAD_BUILD_FUZZERS needs clang++ (libFuzzer is its own) and ADAGRAD_SANITIZE=address,undefined: use the preset asan-ubsan.")
endif()

# What guides a fuzzer is which code its inputs reach: that of checkpoints and of what takes their options. The sanitizer's library holds what the other
# programs of this build need for it.
foreach(part IN ITEMS adagrad_checkpoint_parts adagrad_baseline)
  target_compile_options(${part} PRIVATE -fsanitize=fuzzer-no-link)
endforeach()

function(adagrad_fuzz_program name)
  add_executable(${name} ${ARGN})
  target_compile_features(${name} PRIVATE cxx_std_20)
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}/tests")
  target_link_libraries(${name} PRIVATE ${tested_checkpoint})
endfunction()
adagrad_fuzz_program(fuzz_seeds fuzz/seeds.cpp)
adagrad_fuzz_program(fuzz_header fuzz/fuzz_header.cpp)
adagrad_fuzz_program(fuzz_checkpoint fuzz/fuzz_checkpoint.cpp fuzz/mutate_checkpoint.cpp)

set(fuzz_folder "${CMAKE_CURRENT_BINARY_DIR}/fuzz_corpus")
add_test(NAME fuzz_seeds COMMAND fuzz_seeds "${fuzz_folder}")
set_tests_properties(fuzz_seeds PROPERTIES FIXTURES_SETUP fuzz_seeds)
# adagrad_fuzzer(<name> <runs> <longest input> <seeds> <fixtures>)
function(adagrad_fuzzer name runs longest seeds fixtures)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  add_test(NAME ${name} COMMAND ${name} -runs=${runs} -seed=1 -max_len=${longest} -timeout=20 -print_final_stats=1
    "-dict=${CMAKE_CURRENT_SOURCE_DIR}/fuzz/${name}.dict" "${fuzz_folder}/found/${name}" "${seeds}")
  set_tests_properties(${name} PROPERTIES FIXTURES_REQUIRED "${fixtures}" TIMEOUT 300 ENVIRONMENT OMP_WAIT_POLICY=passive)
endfunction()
adagrad_fuzzer(fuzz_header 50000 4096 "${CMAKE_CURRENT_BINARY_DIR}/header_corpus" "fuzz_seeds;header_corpus")
adagrad_fuzzer(fuzz_checkpoint 2000 16384 "${fuzz_folder}/seeds" fuzz_seeds)
