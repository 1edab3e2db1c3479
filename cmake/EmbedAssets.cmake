# llmsnap_embed(target symbol file) compiles the bytes of a file into a target, as the function
#   std::span<const unsigned char> symbol();
# of the namespace in front of the symbol's name; the header that declares it is written by hand. The
# file may be one that the build makes. As a script, with -P, this writes the source file.
if(CMAKE_SCRIPT_MODE_FILE)
  string(REGEX REPLACE "::[^:]+$" "" scope "${SYMBOL}")
  string(REGEX REPLACE "^.*::" "" name "${SYMBOL}")
  file(READ "${FILE}" bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(REPEAT "[^,]+," 16 sixteen)
  string(REGEX REPLACE "(${sixteen})" "\\1\n" bytes "${bytes}")
  file(WRITE "${OUTPUT}" "#include <span>\n\nnamespace ${scope} {\n
std::span<const unsigned char> ${name}();\n
static constexpr unsigned char ${name}_bytes[] = {\n${bytes}};\n
std::span<const unsigned char> ${name}() {\n  return ${name}_bytes;\n}\n
}  // namespace ${scope}\n")
  return()
endif()

set(LLMSNAP_EMBED_SCRIPT "${CMAKE_CURRENT_LIST_FILE}")

function(llmsnap_embed target symbol file)
  string(REGEX REPLACE ".*::" "" name "${symbol}")
  set(source "${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp")
  add_custom_command(OUTPUT "${source}"
    COMMAND ${CMAKE_COMMAND} -DFILE=${file} -DSYMBOL=${symbol} -DOUTPUT=${source}
            -P ${LLMSNAP_EMBED_SCRIPT}
    DEPENDS ${file} "${LLMSNAP_EMBED_SCRIPT}" VERBATIM)
  target_sources(${target} PRIVATE "${source}")
endfunction()
