# Every package we use, why, and the versions that are known to work. No other file names a version.
#
# A package is looked for on the machine first. Where it is missing, it is fetched (llmsnap_fetch).
# What the static libraries need at link time is repeated in llmsnapConfig.cmake, from the lists
# LLMSNAP_CORE_DEPENDENCIES and LLMSNAP_HTTP_DEPENDENCIES that are filled here.
include(FetchContent)
option(LLMSNAP_FETCH "fetch packages that are missing on this machine" ON)

set(LLMSNAP_FETCHED "")            # non-empty: nothing is installed, see llmsnap_fetch
set(LLMSNAP_CORE_DEPENDENCIES "")  # find_dependency lines for the installed package
set(LLMSNAP_HTTP_DEPENDENCIES "")

# llmsnap_fetch(name repository tag target): a missing package, from its own repository, pinned.
#
# This could not be tried where the project is built: no network but package mirrors. It is written by
# the manuals of FetchContent and of these packages; if it fails, install the package and say so in an
# issue. A build that fetched something is not installable: an exported target cannot name targets
# that only exist in this build.
function(llmsnap_fetch name repository tag target)
  if(NOT LLMSNAP_FETCH)
    message(FATAL_ERROR "${name} was not found, and LLMSNAP_FETCH is off; ./dev deps installs it on Debian")
  endif()
  message(STATUS "${name} was not found, fetching ${tag} from ${repository}")
  set(BUILD_SHARED_LIBS OFF)
  set(BOOST_INCLUDE_LIBRARIES context)
  foreach(off IN ITEMS YAML_CPP_BUILD_TESTS YAML_CPP_BUILD_TOOLS YAML_CPP_INSTALL JSON_BuildTests
                       FMT_TEST FMT_INSTALL CLI11_BUILD_TESTS CLI11_BUILD_EXAMPLES HTTPLIB_INSTALL
                       SIMDJSON_DEVELOPER_MODE RE2_BUILD_TESTING SQLITECPP_RUN_CPPLINT
                       SQLITECPP_RUN_CPPCHECK SQLITECPP_BUILD_TESTS SQLITECPP_INSTALL)
    set(${off} OFF CACHE INTERNAL "")
  endforeach()
  FetchContent_Declare(llmsnap_${name} GIT_REPOSITORY "${repository}" GIT_TAG "${tag}" GIT_SHALLOW ON)
  FetchContent_MakeAvailable(llmsnap_${name})
  if(NOT TARGET ${target})
    message(FATAL_ERROR "${name} ${tag} was fetched, but it defines no target ${target}")
  endif()
  list(APPEND LLMSNAP_FETCHED ${name})
  set(LLMSNAP_FETCHED "${LLMSNAP_FETCHED}" PARENT_SCOPE)
endfunction()

# llmsnap_find(name minimum target [COMPONENTS c...]) sets <name>_USABLE. The minimum is compared here,
# not in find_package, since several of these packages call a newer major version incompatible.
macro(llmsnap_find name minimum target)
  find_package(${name} QUIET ${ARGN})
  set(${name}_USABLE FALSE)
  if(TARGET ${target})
    if("${${name}_VERSION}" STREQUAL "" OR NOT "${${name}_VERSION}" VERSION_LESS "${minimum}")
      set(${name}_USABLE TRUE)
    else()
      message(STATUS "${name} ${${name}_VERSION} is older than ${minimum}")
    endif()
  endif()
endmacro()

if(POLICY CMP0167)
  cmake_policy(SET CMP0167 NEW)  # Boost's own config file, since CMake no longer ships a FindBoost
endif()

find_package(Threads REQUIRED)
list(APPEND LLMSNAP_CORE_DEPENDENCIES "Threads")

# TLS on both sides. Not fetched: a private copy of a TLS library gets no security updates.
find_package(OpenSSL 1.1.1 REQUIRED)
list(APPEND LLMSNAP_CORE_DEPENDENCIES "OpenSSL")

# Fibers: the stack switch, in assembly. Nothing else of Boost is compiled.
llmsnap_find(Boost 1.81 Boost::context COMPONENTS context)
if(Boost_USABLE)
  list(APPEND LLMSNAP_CORE_DEPENDENCIES "Boost COMPONENTS context")
else()
  llmsnap_fetch(Boost https://github.com/boostorg/boost.git boost-1.84.0 Boost::context)
endif()

# The config file, and nothing that comes over a connection. 0.7 names its target without a namespace.
find_package(yaml-cpp QUIET)
if(yaml-cpp_VERSION AND yaml-cpp_VERSION VERSION_LESS 0.7)
  message(FATAL_ERROR "yaml-cpp ${yaml-cpp_VERSION} is older than 0.7")
elseif(TARGET yaml-cpp OR TARGET yaml-cpp::yaml-cpp)
  list(APPEND LLMSNAP_CORE_DEPENDENCIES "yaml-cpp")
else()
  llmsnap_fetch(yaml-cpp https://github.com/jbeder/yaml-cpp.git 0.8.0 yaml-cpp::yaml-cpp)
endif()
if(NOT TARGET yaml-cpp::yaml-cpp)
  add_library(yaml-cpp::yaml-cpp INTERFACE IMPORTED)
  target_link_libraries(yaml-cpp::yaml-cpp INTERFACE yaml-cpp)
endif()

# Messages, and text that is built on a hot path. std::format is not in g++ 12.
llmsnap_find(fmt 9 fmt::fmt)
if(fmt_USABLE)
  list(APPEND LLMSNAP_CORE_DEPENDENCIES "fmt")
else()
  llmsnap_fetch(fmt https://github.com/fmtlib/fmt.git 10.2.1 fmt::fmt)
endif()

# Finds fields in clients' bodies without building a tree.
llmsnap_find(simdjson 3.0 simdjson::simdjson)
if(simdjson_USABLE)
  list(APPEND LLMSNAP_CORE_DEPENDENCIES "simdjson")
else()
  llmsnap_fetch(simdjson https://github.com/simdjson/simdjson.git v3.9.5 simdjson::simdjson)
endif()

# Regular expressions of users: linear in time and on a small stack, which std::regex is not.
find_package(Re2 MODULE QUIET)
if(Re2_FOUND)
  list(APPEND LLMSNAP_CORE_DEPENDENCIES "Re2")
else()
  llmsnap_fetch(re2 https://github.com/google/re2.git 2023-03-01 re2::re2)
  add_library(Re2::Re2 INTERFACE IMPORTED)
  target_link_libraries(Re2::Re2 INTERFACE re2::re2)
endif()

# What models' servers send compressed (gzip and deflate, br, zstd), decoded beside the bytes that pass. Not
# fetched, as OpenSSL is not: they read what comes from outside, and a private copy gets no security updates.
find_package(ZLIB 1.2.11 REQUIRED)
find_package(BrotliDecoder MODULE REQUIRED)
find_package(Zstd MODULE REQUIRED)
list(APPEND LLMSNAP_CORE_DEPENDENCIES "ZLIB" "BrotliDecoder" "Zstd")
# The activity store: SQLite behind RAII types. Every distribution has SQLite itself as a shared library,
# which gets its fixes; what its package calls SQLite::SQLite3 comes with this one's.
llmsnap_find(SQLiteCpp 3.1 SQLiteCpp)
if(SQLiteCpp_USABLE)
  list(APPEND LLMSNAP_CORE_DEPENDENCIES "SQLiteCpp")
else()
  llmsnap_fetch(SQLiteCpp https://github.com/SRombauts/SQLiteCpp.git 3.2.1 SQLiteCpp)
endif()

# JSON of our own API, never a client's body. Headers only.
llmsnap_find(nlohmann_json 3.10 nlohmann_json::nlohmann_json)
if(NOT nlohmann_json_USABLE)
  llmsnap_fetch(nlohmann_json https://github.com/nlohmann/json.git v3.11.3 nlohmann_json::nlohmann_json)
endif()

if(LLMSNAP_APPS OR LLMSNAP_BENCH)
  # Command lines of our programs. Headers only.
  llmsnap_find(CLI11 2.1 CLI11::CLI11)
  if(NOT CLI11_USABLE)
    llmsnap_fetch(CLI11 https://github.com/CLIUtils/CLI11.git v2.4.2 CLI11::CLI11)
  endif()
endif()

if(LLMSNAP_HTTP)
  # The HTTP library under llmsnap::http. 0.11.4 (Debian 12) to 0.53 are known to work; the adapter in
  # src/http knows their differences. Its flags change class layouts: every file that includes it gets
  # them from this target.
  find_package(CppHttplib 0.11.4 MODULE QUIET)
  if(CppHttplib_FOUND)
    list(APPEND LLMSNAP_HTTP_DEPENDENCIES "CppHttplib")
    foreach(feature IN ITEMS OPENSSL ZLIB BROTLI)
      cpphttplib_feature(${feature} CppHttplib_${feature})
    endforeach()
  else()
    llmsnap_fetch(httplib https://github.com/yhirose/cpp-httplib.git v0.18.3 httplib::httplib)
    add_library(CppHttplib::CppHttplib INTERFACE IMPORTED)
    target_link_libraries(CppHttplib::CppHttplib INTERFACE httplib::httplib)
    set(CppHttplib_VERSION 0.18.3)
    foreach(feature IN ITEMS OPENSSL ZLIB BROTLI)
      set(CppHttplib_${feature} 0)
      if(HTTPLIB_IS_USING_${feature})
        set(CppHttplib_${feature} 1)
      endif()
    endforeach()
  endif()
  message(STATUS "cpp-httplib ${CppHttplib_VERSION}")
endif()

if(LLMSNAP_DEV)
  # Tests. tests/catch.h knows the difference between 2.13 and 3.
  find_package(Catch2 3 QUIET)
  if(NOT Catch2_FOUND)
    find_package(Catch2 2.13 QUIET)
  endif()
  if(NOT Catch2_FOUND)
    llmsnap_fetch(Catch2 https://github.com/catchorg/Catch2.git v3.5.4 Catch2::Catch2)
  endif()
endif()

# Headers only: compiled in, so no user of the static libraries needs them.
set_property(GLOBAL PROPERTY LLMSNAP_HEADER_ONLY nlohmann_json::nlohmann_json CLI11::CLI11 Boost::headers)

# An imported target is visible in its own directory and below; a host that adds us as a subdirectory
# links our libraries from above.
get_property(llmsnap_imported DIRECTORY PROPERTY IMPORTED_TARGETS)
foreach(target IN LISTS llmsnap_imported)
  set_target_properties(${target} PROPERTIES IMPORTED_GLOBAL TRUE)
endforeach()
