# Compiler settings that the promises rest on.

string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type)
if("${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${build_type}} ${CMAKE_EXE_LINKER_FLAGS} ${CMAKE_SHARED_LINKER_FLAGS}" MATCHES "-ffast-math|-Ofast|-funsafe-math")
  message(FATAL_ERROR "adagrad cannot be built with ${CMAKE_MATCH_0}: it changes results, and when linking it makes the whole process flush subnormals. "
    "Remove it from CMAKE_CXX_FLAGS and the linker flags.")
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
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src")
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON CXX_EXTENSIONS OFF)
endfunction()
