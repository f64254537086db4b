# Reads src/isa/isa.def, the one list of instruction sets, and compiles a source once for each of its lines.

# Sets ADAGRAD_ISA_NAMES, and for each name ADAGRAD_ISA_<name>_XSIMD and ADAGRAD_ISA_<name>_FLAGS.
function(adagrad_read_isa_list)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|AMD64)$")
    set(family X86)
  elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
    set(family ARM)
  else()
    message(FATAL_ERROR "adagrad has kernels for x86-64 and AArch64 only, not for ${CMAKE_SYSTEM_PROCESSOR}")
  endif()
  set(list_file "${PROJECT_SOURCE_DIR}/src/isa/isa.def")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${list_file}")
  file(STRINGS "${list_file}" lines REGEX "^ADAGRAD_ISA_${family}")
  set(names)
  foreach(line IN LISTS lines)
    if(NOT line MATCHES "^ADAGRAD_ISA_${family}\\(([a-z0-9_]+), ([^\"]+), \"([^\"]*)\", (.*)\\)$")
      message(FATAL_ERROR "src/isa/isa.def: this line is not of the form (name, type, \"flags\", condition): ${line}")
    endif()
    set(name "${CMAKE_MATCH_1}")
    set(type "${CMAKE_MATCH_2}")
    set(condition "${CMAKE_MATCH_4}")
    separate_arguments(flags UNIX_COMMAND "${CMAKE_MATCH_3}")
    foreach(flag IN LISTS flags)
      string(REGEX REPLACE "^-m" "" feature "${flag}")
      string(FIND "${condition}" "HAS(\"${feature}\")" found)
      if(found EQUAL -1)
        message(FATAL_ERROR "src/isa/isa.def: ${name} is compiled with ${flag}, but its condition lacks HAS(\"${feature}\")")
      endif()
    endforeach()
    list(APPEND names ${name})
    set(ADAGRAD_ISA_${name}_XSIMD "${type}" PARENT_SCOPE)
    set(ADAGRAD_ISA_${name}_FLAGS "${flags}" PARENT_SCOPE)
  endforeach()
  set(ADAGRAD_ISA_NAMES "${names}" PARENT_SCOPE)
endfunction()

# What every vectorised object is compiled with. -O3 in Debug builds too: -O0 would leave inline functions behind as shared symbols.
# No trapping math: comparisons may raise flags, no result changes. Loops begin at cache lines: where they fell by chance, the fast kernel was 5 to 15 %
# slower from one build to the next.
set(ADAGRAD_KERNEL_FLAGS -O3 ${ADAGRAD_PORTABLE_FLAGS} -ffp-contract=off -fno-math-errno -fno-trapping-math -fno-exceptions -fno-rtti -fno-lto
    -fno-tree-vectorize -fno-tree-slp-vectorize -falign-functions=64 -falign-loops=64)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  list(APPEND ADAGRAD_KERNEL_FLAGS -Wno-uninitialized -Wno-maybe-uninitialized)  # GCC 12 warns inside its own AVX-512 header
endif()

# A sanitizer takes minutes for the kernels of one instruction set, most of all for the widest. All are one source: one set with masked access and one
# without are looked at, the others run as they are (where their masks end, pages that may not be touched watch in the tests).
set(ADAGRAD_SANITIZED_ISAS avx2 sse2 neon64)

# adagrad_add_isa_objects(<prefix> <source> [flag...]): an object library <prefix>_<name> for each instruction set, compiled with its flags and
# the given ones, with ADAGRAD_ISA_NAME and ADAGRAD_ISA_XSIMD defined.
function(adagrad_add_isa_objects prefix source)
  foreach(name IN LISTS ADAGRAD_ISA_NAMES)
    set(target ${prefix}_${name})
    add_library(${target} OBJECT ${source})
    target_compile_features(${target} PRIVATE cxx_std_20)
    target_compile_options(${target} PRIVATE ${ARGN} ${ADAGRAD_ISA_${name}_FLAGS})
    if(ADAGRAD_SANITIZE AND name IN_LIST ADAGRAD_SANITIZED_ISAS)
      target_compile_options(${target} PRIVATE -O1)
    elseif(ADAGRAD_SANITIZE)
      target_compile_options(${target} PRIVATE -fno-sanitize=all)
    endif()
    target_compile_definitions(${target} PRIVATE ADAGRAD_ISA_NAME=${name} "ADAGRAD_ISA_XSIMD=${ADAGRAD_ISA_${name}_XSIMD}")
    target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}/include")
    target_include_directories(${target} SYSTEM PRIVATE "${ADAGRAD_XSIMD_INCLUDE_DIR}")
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden CXX_EXTENSIONS OFF
      UNITY_BUILD OFF INTERPROCEDURAL_OPTIMIZATION OFF DISABLE_PRECOMPILE_HEADERS ON)
  endforeach()
endfunction()
