# llmsnap::core defines and needs no symbol of cpp-httplib: two versions of it in one program crash, so
# an application with a copy of its own must be able to link core.
execute_process(COMMAND "${NM}" -C "${ARCHIVE}" OUTPUT_VARIABLE symbols ERROR_VARIABLE errors
                RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "nm -C ${ARCHIVE} failed: ${errors}")
endif()
if(NOT symbols MATCHES "llmsnap::")
  message(FATAL_ERROR "nm -C ${ARCHIVE} lists none of our own symbols")
endif()
string(REGEX MATCHALL "[^\n]*[^A-Za-z0-9_:]httplib::[^\n]*" found "${symbols}")
if(found)
  string(REPLACE ";" "\n  " text "${found}")
  message(FATAL_ERROR "symbols of cpp-httplib in ${ARCHIVE}:\n  ${text}")
endif()
