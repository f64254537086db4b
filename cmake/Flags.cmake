# Compiler settings that the promises rest on.

# Flags arrive by variables, from the project's own or from a parent's add_compile_options.
string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type)
get_directory_property(inherited_options COMPILE_OPTIONS)
get_directory_property(inherited_link_options LINK_OPTIONS)
set(all_flags "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${build_type}} ${CMAKE_EXE_LINKER_FLAGS} ${CMAKE_SHARED_LINKER_FLAGS} \
${CMAKE_MODULE_LINKER_FLAGS} ${inherited_options} ${inherited_link_options}")
if(all_flags MATCHES "-ffast-math|-Ofast|-funsafe-math-optimizations|-ffinite-math-only|-fassociative-math|-freciprocal-math")
  message(FATAL_ERROR "adagrad cannot be built with ${CMAKE_MATCH_0}: it changes results, and -ffast-math at linking makes the whole process "
    "flush subnormals. Remove it from CMAKE_CXX_FLAGS, the linker flags and add_compile_options, or give it to your own targets only.")
endif()
if(all_flags MATCHES "-m(avx|fma|sse[34]|ssse3|bmi|f16c|xop)[^ ;]*")
  message(FATAL_ERROR "adagrad cannot be built with ${CMAKE_MATCH_0} for all files: it chooses instruction sets when it runs, and its other "
    "code must run everywhere. Remove the flag, or give it to your own targets only (-march=native is fine: adagrad overrides it).")
endif()

# A wish like -march=native is meant for the user's own code: the library is compiled for every machine.
set(ADAGRAD_PORTABLE_FLAGS)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|AMD64)$")
  set(ADAGRAD_PORTABLE_FLAGS -march=x86-64 -mtune=generic)
endif()

# No contraction anywhere, library, tools and tests: GCC would fuse g*g + G even across functions. The sanitizers are for the project's own
# development.
add_compile_options(-ffp-contract=off)
if(PROJECT_IS_TOP_LEVEL)
  add_compile_options(-Wall -Wextra -Wshadow -Wno-psabi)
endif()
if(ADAGRAD_SANITIZE)
  add_compile_options(-fsanitize=${ADAGRAD_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
  add_link_options(-fsanitize=${ADAGRAD_SANITIZE})
endif()
if(ADAGRAD_COVERAGE)
  add_compile_options(--coverage -g)
  add_link_options(--coverage)
endif()

function(adagrad_library_settings target)
  target_compile_features(${target} PRIVATE cxx_std_20)
  target_compile_options(${target} PRIVATE ${ADAGRAD_PORTABLE_FLAGS})
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src")
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON CXX_EXTENSIONS OFF)
endfunction()
