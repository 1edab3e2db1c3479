# The layer check is itself checked: in a small tree with one violation of each kind, every one is
# named, and nothing that is allowed.
cmake_minimum_required(VERSION 3.22)

file(REMOVE_RECURSE "${WORK}")
set(source "${WORK}/libllmsnap/src")
file(WRITE "${WORK}/libllmsnap/CMakeLists.txt" "set(public_headers known.h httplib.h)\n")
file(WRITE "${WORK}/libllmsnap/include/llmsnap/known.h" "#include <boost/asio.hpp>\n#include <string>\n")
file(WRITE "${WORK}/libllmsnap/include/llmsnap/httplib.h" "#include <httplib.h>\n")
file(WRITE "${WORK}/libllmsnap/include/llmsnap/forgotten.h" "#include \"io/wait.h\"\n")
file(WRITE "${source}/io/wait.cpp" "#include \"io/wait.h\"\n#include \"base/url.h\"\n#include \"api/up.h\"\n")
file(WRITE "${source}/io/wait.h" "#  include <openssl/ssl.h>\n")
file(WRITE "${source}/log/log.cpp" "#include \"config/sibling.h\"\n#include <httplib.h>\n")
file(WRITE "${source}/api/yaml.cpp" "#include <yaml-cpp/yaml.h>\n#include \"llmsnap/httplib.h\"\n")
file(WRITE "${source}/api/rows.cpp" "#include <SQLiteCpp/Database.h>\n")
file(WRITE "${source}/store/rows.cpp" "#include <sqlite3.h>\n")
file(WRITE "${source}/config/yaml.cpp" "#include <yaml-cpp/yaml.h>\n#include \"llmsnap/config.h\"\n")
file(WRITE "${source}/util/util.h" "")
file(WRITE "${WORK}/apps/llmsnapd/main.cpp" "#include \"io/wait.h\"\n#include \"llmsnap/config.h\"\n")

execute_process(COMMAND "${CMAKE_COMMAND}" -DROOT=${WORK} -P "${ROOT}/cmake/CheckLayers.cmake"
                RESULT_VARIABLE result ERROR_VARIABLE output)
if(result EQUAL 0)
  message(FATAL_ERROR "a tree full of violations passed")
endif()
foreach(expected IN ITEMS
    "known.h: includes boost/asio.hpp" "forgotten.h: not in the public_headers"
    "forgotten.h: includes io/wait.h" "wait.cpp: includes api/up.h: io does not see api"
    "wait.h: includes openssl/ssl.h" "log.cpp: includes config/sibling.h: log does not see config"
    "log.cpp: includes httplib.h" "api/yaml.cpp: includes yaml-cpp/yaml.h"
    "api/yaml.cpp: includes llmsnap/httplib.h" "api/rows.cpp: includes SQLiteCpp/Database.h" "util is no layer" "main.cpp: includes io/wait.h")
  string(FIND "${output}" "${expected}" position)
  if(position EQUAL -1)
    message(FATAL_ERROR "not reported: ${expected}\n${output}")
  endif()
endforeach()
foreach(allowed IN ITEMS "config/yaml.cpp" "store/rows.cpp" "base/url.h" "include/llmsnap/httplib.h:" "<string>")
  string(FIND "${output}" "${allowed}" position)
  if(NOT position EQUAL -1)
    message(FATAL_ERROR "wrongly reported: ${allowed}\n${output}")
  endif()
endforeach()
