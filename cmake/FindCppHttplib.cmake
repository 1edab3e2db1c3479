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
