# Builds PROJECT in WORK against the library and runs its programs. For find_package, what was built in
# BUILT is first installed into an empty prefix.
cmake_minimum_required(VERSION 3.22)

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    string(REPLACE ";" " " command "${ARGN}")
    message(FATAL_ERROR "${command}: ${result}\n${output}")
  endif()
endfunction()

file(REMOVE_RECURSE "${WORK}/prefix")
if(PROJECT MATCHES "find_package$")
  run("${CMAKE_COMMAND}" --install "${BUILT}" --prefix "${WORK}/prefix")
endif()
run("${CMAKE_COMMAND}" -S "${PROJECT}" -B "${WORK}/build" -G "${GENERATOR}" "-DCMAKE_CXX_COMPILER=${CXX}"
    "-DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}" "-DCMAKE_PREFIX_PATH=${WORK}/prefix"
    "-DLLMSNAP_SOURCE=${SOURCE}" "-DHTTPLIB_FOLDER=${HTTPLIB_FOLDER}")
run("${CMAKE_COMMAND}" --build "${WORK}/build" --parallel 2)
run("${CMAKE_COMMAND}" --build "${WORK}/build" --target run)
