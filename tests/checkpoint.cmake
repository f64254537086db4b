# The tests of adagrad::checkpoint and of its Python package. Read by CMakeLists.txt beside it.
set(tested_checkpoint adagrad::checkpoint)
if(BUILD_SHARED_LIBS)
  add_library(adagrad_checkpoint_tested STATIC $<TARGET_OBJECTS:adagrad_checkpoint_parts>)
  set_target_properties(adagrad_checkpoint_tested PROPERTIES LINKER_LANGUAGE CXX)
  target_link_libraries(adagrad_checkpoint_tested PUBLIC ${tested_library})
  set(tested_checkpoint adagrad_checkpoint_tested)
endif()

set(checkpoint_tests
  atomic_file
  atomic_file_failures
  atomic_file_killed
  checkpoint
  checkpoint_killed
  chosen_parameters
  digest
  exchange
  golden_checkpoints
  header
  header_hostile
  in_parallel
  input_file
  json
  leftovers
  load_failures
  load_hostile
  load_options
  load_state
  save_failures
  save_load_agree
  snapshot)
if(NOT ADAGRAD_SANITIZE)  # they replace operator new
  list(APPEND checkpoint_tests checkpoint_allocation file_allocation load_allocation)
endif()
foreach(subject IN LISTS checkpoint_tests)
  adagrad_test(${subject})
  target_link_libraries(test_${subject} PRIVATE ${tested_checkpoint})
endforeach()
# As for other tests that share the processors.
set_tests_properties(${checkpoint_tests} PROPERTIES ENVIRONMENT OMP_WAIT_POLICY=passive)
foreach(subject IN ITEMS exchange json)
  target_include_directories(test_${subject} SYSTEM PRIVATE "${ADAGRAD_JSON_INCLUDE_DIR}")
endforeach()

# adagrad_checkpoint_program(<name> <source>): a program that tests run.
function(adagrad_checkpoint_program name source)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE ${tested_checkpoint})
  target_compile_features(${name} PRIVATE cxx_std_20)
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}/tests")
endfunction()

# The Python package: what C++ has written, what it was given by PyTorch and Keras, damage and refusals, its command line.
target_compile_definitions(test_exchange PRIVATE "ADAGRAD_TEST_DATA=\"${CMAKE_CURRENT_SOURCE_DIR}/exchange/data\"")
set(exchanged "${CMAKE_CURRENT_BINARY_DIR}/exchanged")
file(MAKE_DIRECTORY "${exchanged}")
set_tests_properties(exchange PROPERTIES ENVIRONMENT "ADAGRAD_EXCHANGE=${exchanged};OMP_WAIT_POLICY=passive" FIXTURES_SETUP exchanged)
if(NOT instrumented)
  foreach(subject IN ITEMS files systems refusals command_line)
    add_test(NAME exchange_${subject} COMMAND ${ADAGRAD_PYTHON} -B "${CMAKE_CURRENT_SOURCE_DIR}/exchange/test_${subject}.py" "${exchanged}")
    set_tests_properties(exchange_${subject} PROPERTIES FIXTURES_REQUIRED exchanged TIMEOUT 300)
  endforeach()
endif()

# Saved by one process, loaded by another.
adagrad_checkpoint_program(resumed_training resumed_training.cpp)
set(configurations 200)
if(instrumented OR CMAKE_CROSSCOMPILING)
  set(configurations 20)
endif()
add_test(NAME resumed_training COMMAND ${ADAGRAD_PYTHON} -B "${CMAKE_CURRENT_SOURCE_DIR}/resumed_training.py" ${configurations}
  ${CMAKE_CROSSCOMPILING_EMULATOR} $<TARGET_FILE:resumed_training>)
set_tests_properties(resumed_training PROPERTIES TIMEOUT 300)

# Files that were written once stay as they are: the program adds to them, on purpose and by hand.
target_compile_definitions(test_golden_checkpoints PRIVATE "ADAGRAD_TEST_DATA=\"${CMAKE_CURRENT_SOURCE_DIR}/golden/checkpoints\"")
adagrad_checkpoint_program(write_golden_checkpoints golden/write_checkpoints.cpp)
set_target_properties(write_golden_checkpoints PROPERTIES EXCLUDE_FROM_ALL ON)

# A second reader in Python, over the hostile files: of headers, and of whole checkpoints.
# adagrad_differential(<what> <source> <corpus's test> <script>): the test <what>_differential.
function(adagrad_differential what source corpus_test script)
  adagrad_checkpoint_program(${what}_verdict ${source})
  set(corpus "${CMAKE_CURRENT_BINARY_DIR}/${what}_corpus")
  file(MAKE_DIRECTORY "${corpus}")
  add_test(NAME ${what}_corpus COMMAND ${corpus_test} "--test-case=the corpus*")
  set_tests_properties(${what}_corpus PROPERTIES ENVIRONMENT "ADAGRAD_CORPUS=${corpus};OMP_WAIT_POLICY=passive" FIXTURES_SETUP ${what}_corpus
    PASS_REGULAR_EXPRESSION " 1 passed .+ 0 failed")
  if(NOT CMAKE_CROSSCOMPILING)
    add_test(NAME ${what}_differential COMMAND ${ADAGRAD_PYTHON} -B "${CMAKE_CURRENT_SOURCE_DIR}/fuzz/${script}" $<TARGET_FILE:${what}_verdict> "${corpus}")
    set_tests_properties(${what}_differential PROPERTIES FIXTURES_REQUIRED ${what}_corpus TIMEOUT 300 ENVIRONMENT OMP_WAIT_POLICY=passive)
  endif()
endfunction()
adagrad_differential(header fuzz/verdict.cpp test_header_hostile differential.py)
adagrad_differential(checkpoint fuzz/checkpoint_verdict.cpp test_load_hostile checkpoint_differential.py)
if(ADAGRAD_BUILD_FUZZERS)
  include(fuzz/fuzzers.cmake)
endif()
