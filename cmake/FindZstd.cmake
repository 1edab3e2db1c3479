# Zstd::Zstd: libzstd of this machine. pkg-config comes first: not every distribution ships its CMake
# package. Also used by the installed package, so it names no file of the source tree.
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(zstd QUIET IMPORTED_TARGET libzstd>=1.4)
endif()
if(TARGET PkgConfig::zstd)
  set(Zstd_TARGET PkgConfig::zstd)
else()
  find_package(zstd CONFIG QUIET)
  foreach(target IN ITEMS zstd::libzstd zstd::libzstd_shared zstd::libzstd_static)
    if(TARGET ${target} AND NOT Zstd_TARGET)
      set(Zstd_TARGET ${target})
    endif()
  endforeach()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Zstd REQUIRED_VARS Zstd_TARGET)

if(Zstd_FOUND AND NOT TARGET Zstd::Zstd)
  add_library(Zstd::Zstd INTERFACE IMPORTED)
  target_link_libraries(Zstd::Zstd INTERFACE ${Zstd_TARGET})
endif()
