# kullback_add_plugin(NAME SOURCE...)
#   A plugin: a shared library NAME.so that exports one symbol, kullback_plugin_v1, and links kullback.
function(kullback_add_plugin name)
  add_library(${name} MODULE ${ARGN})
  target_link_libraries(${name} PRIVATE kullback::kullback)
  # A project that names no build type still gets an optimized plugin.
  target_compile_options(${name} PRIVATE $<$<CONFIG:>:-O2>)
  target_link_options(${name} PRIVATE -Wl,-z,nodelete -Wl,--no-undefined
    -Wl,--version-script=${KULLBACK_LINKER_MAP})
  set_target_properties(${name} PROPERTIES PREFIX "" OUTPUT_NAME ${name} CXX_STANDARD 20 CXX_EXTENSIONS OFF
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON DEFINE_SYMBOL "" LINK_DEPENDS ${KULLBACK_LINKER_MAP})
  # The loader refuses files that others could replace.
  add_custom_command(TARGET ${name} POST_BUILD COMMAND chmod go-w $<TARGET_FILE:${name}>)
endfunction()
set(KULLBACK_LINKER_MAP ${CMAKE_CURRENT_LIST_DIR}/plugin.map CACHE INTERNAL "what a plugin exports")
