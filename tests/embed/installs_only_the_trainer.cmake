# Installs the trainer's build BINARY_DIR and looks for files that are not the trainer's.
set(prefix "${BINARY_DIR}/installed")
file(REMOVE_RECURSE "${prefix}")
execute_process(COMMAND "${CMAKE_COMMAND}" --install "${BINARY_DIR}" --prefix "${prefix}" COMMAND_ERROR_IS_FATAL ANY)
file(GLOB_RECURSE files RELATIVE "${prefix}" "${prefix}/*")
if(NOT files STREQUAL "bin/trainer")
  message(FATAL_ERROR "installing a trainer that embeds adagrad installs ${files} instead of bin/trainer: a static library inside a "
    "program needs no files of its own. Install rules belong behind ADAGRAD_INSTALL, which is ON at top level only.")
endif()
