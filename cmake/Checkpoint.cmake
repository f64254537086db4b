# adagrad::checkpoint, a library beside the core. Its digest is libxxhash's, whose header holds all of it: nothing more is needed at run time.
adagrad_find_headers(ADAGRAD_XXHASH_INCLUDE_DIR xxHash xxhash.h libxxhash-dev)

add_library(adagrad_checkpoint_parts OBJECT
  src/checkpoint/atomic_file.cpp
  src/checkpoint/comparison.cpp
  src/checkpoint/consistency.cpp
  src/checkpoint/digest.cpp
  src/checkpoint/file_failure.cpp
  src/checkpoint/header.cpp
  src/checkpoint/input_file.cpp
  src/checkpoint/json.cpp
  src/checkpoint/layout.cpp
  src/checkpoint/leftovers.cpp
  src/checkpoint/load.cpp
  src/checkpoint/option_reader.cpp
  src/checkpoint/option_writer.cpp
  src/checkpoint/rules.cpp
  src/checkpoint/save.cpp
  src/checkpoint/saved_state.cpp
  src/checkpoint/system_calls.cpp
  src/checkpoint/text.cpp
  src/checkpoint/write_header.cpp)
adagrad_library_settings(adagrad_checkpoint_parts)
target_include_directories(adagrad_checkpoint_parts SYSTEM PRIVATE "${ADAGRAD_XXHASH_INCLUDE_DIR}")

target_compile_definitions(adagrad_checkpoint_parts PRIVATE XXH_INLINE_ALL)

add_library(adagrad_checkpoint $<TARGET_OBJECTS:adagrad_checkpoint_parts>)
add_library(adagrad::checkpoint ALIAS adagrad_checkpoint)
target_link_libraries(adagrad_checkpoint PUBLIC adagrad)
set_target_properties(adagrad_checkpoint PROPERTIES LINKER_LANGUAGE CXX VERSION ${PROJECT_VERSION}
  SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR} EXPORT_NAME checkpoint)
