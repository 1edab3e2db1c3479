# CppHttplib::CppHttplib: cpp-httplib of this machine, with the flags it was compiled with.
#
# pkg-config comes first: where the library is compiled (Debian), its feature flags are there and nowhere
# else, and a file compiled without them corrupts the heap. Then httplib's own CMake package.
# Also used by the installed package, so it names no file of the source tree.
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(httplib QUIET IMPORTED_TARGET cpp-httplib)
endif()
if(TARGET PkgConfig::httplib)
  set(CppHttplib_TARGET PkgConfig::httplib)
  set(CppHttplib_VERSION "${httplib_VERSION}")
else()
  find_package(httplib CONFIG QUIET)
  if(TARGET httplib::httplib)
    set(CppHttplib_TARGET httplib::httplib)
    set(CppHttplib_VERSION "${httplib_VERSION}")
  endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(CppHttplib REQUIRED_VARS CppHttplib_TARGET
                                  VERSION_VAR CppHttplib_VERSION)

if(CppHttplib_FOUND AND NOT TARGET CppHttplib::CppHttplib)
  add_library(CppHttplib::CppHttplib INTERFACE IMPORTED)
  target_link_libraries(CppHttplib::CppHttplib INTERFACE ${CppHttplib_TARGET})
endif()

# cpphttplib_feature(NAME variable): 1 if files that use the target get CPPHTTPLIB_<NAME>_SUPPORT, else 0.
function(cpphttplib_feature name variable)
  include(CheckCXXSourceCompiles)
  set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
  set(CMAKE_REQUIRED_QUIET ON)
  set(CMAKE_REQUIRED_LIBRARIES ${CppHttplib_TARGET})
  check_cxx_source_compiles("
    #ifndef CPPHTTPLIB_${name}_SUPPORT
    #error without
    #endif
    int main() {}" CPPHTTPLIB_HAS_${name})
  if(CPPHTTPLIB_HAS_${name})
    set(${variable} 1 PARENT_SCOPE)
  else()
    set(${variable} 0 PARENT_SCOPE)
  endif()
endfunction()
