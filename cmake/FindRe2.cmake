# Re2::Re2: RE2 of this machine. pkg-config comes first: Debian 12 has no CMake package of it. Also used
# by the installed package, so it names no file of the source tree.
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(re2 QUIET IMPORTED_TARGET re2)
endif()
if(TARGET PkgConfig::re2)
  set(Re2_TARGET PkgConfig::re2)
else()
  find_package(re2 CONFIG QUIET)
  if(TARGET re2::re2)
    set(Re2_TARGET re2::re2)
  endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Re2 REQUIRED_VARS Re2_TARGET)

if(Re2_FOUND AND NOT TARGET Re2::Re2)
  add_library(Re2::Re2 INTERFACE IMPORTED)
  target_link_libraries(Re2::Re2 INTERFACE ${Re2_TARGET})
endif()
