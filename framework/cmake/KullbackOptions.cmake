# Private compile options of everything in this tree. Nothing here reaches an interface property: a plugin built
# elsewhere with other flags still fits (see docs/architecture.md, plugins).
add_library(kullback_options INTERFACE)
target_compile_options(kullback_options INTERFACE -Wall -Wextra -Wpedantic -Wno-unknown-pragmas
  -fno-math-errno -fno-trapping-math $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False alarms in the standard library's string concatenation (GCC bugs 105329, 105651) and in GCC's own AVX-512
  # headers (105593).
  target_compile_options(kullback_options INTERFACE -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread
    -Wno-array-bounds -Wno-maybe-uninitialized)
endif()
if(KULLBACK_NATIVE)
  target_compile_options(kullback_options INTERFACE -march=native)
endif()

# What even a plugin that is built like a stranger's must share with a sanitized build.
add_library(kullback_sanitizers INTERFACE)
if(KULLBACK_SANITIZE)
  target_compile_options(kullback_sanitizers INTERFACE -fsanitize=${KULLBACK_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(kullback_sanitizers INTERFACE -fsanitize=${KULLBACK_SANITIZE})
endif()
target_link_libraries(kullback_options INTERFACE kullback_sanitizers)
