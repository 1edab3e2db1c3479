# The layers of the library are object libraries named llmsnap-<layer>; llmsnap_core is their sum.
#
# llmsnap_layer(NAME SOURCES file... [LINK target...]) declares one. LINK names third-party targets
# only; which layer may include which is checked by CheckLayers.cmake.
function(llmsnap_layer name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  set(target llmsnap-${name})
  add_library(${target} OBJECT ${arg_SOURCES})
  target_include_directories(${target} PUBLIC "${PROJECT_SOURCE_DIR}/libllmsnap/include"
                                              "${PROJECT_SOURCE_DIR}/libllmsnap/src")
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(${target} PUBLIC Threads::Threads PRIVATE ${arg_LINK})
  llmsnap_warnings(${target})
  llmsnap_sanitize(${target})
  set_property(GLOBAL PROPERTY LLMSNAP_LINK_${name} "${arg_LINK}")
endfunction()

# llmsnap_link_layers(target layer...) links the objects of these layers, and what they need, into a
# program: how a unit test gets the layers below the one it tests, and no others.
function(llmsnap_link_layers target)
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/libllmsnap/include"
                                               "${PROJECT_SOURCE_DIR}/libllmsnap/src")
  foreach(layer IN LISTS ARGN)
    get_property(third_party GLOBAL PROPERTY LLMSNAP_LINK_${layer})
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:llmsnap-${layer}>)
    target_link_libraries(${target} PRIVATE Threads::Threads ${third_party})
  endforeach()
endfunction()

# llmsnap_library(NAME LAYERS layer...) makes the static library llmsnap_<NAME>, llmsnap::<NAME>. Its
# third-party libraries are private, so an exported target has them as $<LINK_ONLY:...>; what is headers
# only is compiled in and left out, so that no user has to find it.
function(llmsnap_library name)
  cmake_parse_arguments(arg "" "" "LAYERS" ${ARGN})
  set(target llmsnap_${name})
  get_property(header_only GLOBAL PROPERTY LLMSNAP_HEADER_ONLY)
  add_library(${target} STATIC)
  add_library(llmsnap::${name} ALIAS ${target})
  foreach(layer IN LISTS arg_LAYERS)
    get_property(third_party GLOBAL PROPERTY LLMSNAP_LINK_${layer})
    list(REMOVE_ITEM third_party ${header_only})
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:llmsnap-${layer}>)
    target_link_libraries(${target} PRIVATE ${third_party})
  endforeach()
  target_include_directories(${target} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/libllmsnap/include> $<INSTALL_INTERFACE:include>)
  target_link_libraries(${target} PUBLIC Threads::Threads)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name} LINKER_LANGUAGE CXX)
  llmsnap_sanitize(${target})
endfunction()
