# What saves and loads: files first.
add_library(adagrad_checkpoint_files OBJECT
  src/checkpoint/atomic_file.cpp
  src/checkpoint/file_failure.cpp
  src/checkpoint/input_file.cpp
  src/checkpoint/leftovers.cpp
  src/checkpoint/system_calls.cpp)
adagrad_library_settings(adagrad_checkpoint_files)
target_sources(adagrad PRIVATE $<TARGET_OBJECTS:adagrad_checkpoint_files>)
