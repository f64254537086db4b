# Reads the instruction-set list of the source tree PROJECT_SOURCE_DIR as configuring would.
include("${ISA_CMAKE}")
adagrad_read_isa_list()
if(NOT ADAGRAD_ISA_NAMES)
  message(FATAL_ERROR "the list has no instruction set for ${CMAKE_SYSTEM_PROCESSOR}")
endif()
