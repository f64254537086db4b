# The library inside another project. Read by cmake/Gates.cmake.
adagrad_consumer_test(embed_add_subdirectory "${PROJECT_SOURCE_DIR}/tests/embed" "-DADAGRAD_SOURCE_DIR=${PROJECT_SOURCE_DIR}")
set_tests_properties(embed_add_subdirectory PROPERTIES FIXTURES_REQUIRED cleared LABELS rebuild)
