# The file format of checkpoints. Its digest is libxxhash's; where there is no library for the target's architecture, its header alone makes it.
adagrad_find_headers(ADAGRAD_XXHASH_INCLUDE_DIR xxHash xxhash.h libxxhash-dev)
find_library(ADAGRAD_XXHASH_LIBRARY xxhash DOC "libxxhash; without it, its header alone is used")

add_library(adagrad_checkpoint OBJECT
  src/checkpoint/digest.cpp
  src/checkpoint/header.cpp
  src/checkpoint/json.cpp
  src/checkpoint/rules.cpp
  src/checkpoint/text.cpp
  src/checkpoint/write_header.cpp)
add_library(adagrad::checkpoint ALIAS adagrad_checkpoint)
adagrad_library_settings(adagrad_checkpoint)
target_include_directories(adagrad_checkpoint SYSTEM PRIVATE "${ADAGRAD_XXHASH_INCLUDE_DIR}")
if(ADAGRAD_XXHASH_LIBRARY)
  target_link_libraries(adagrad_checkpoint PUBLIC "${ADAGRAD_XXHASH_LIBRARY}")
else()
  target_compile_definitions(adagrad_checkpoint PRIVATE XXH_INLINE_ALL)
endif()
