# BrotliDecoder::BrotliDecoder: the decoding half of Brotli of this machine, by pkg-config: it has no
# CMake package. Also used by the installed package, so it names no file of the source tree.
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(brotlidec QUIET IMPORTED_TARGET libbrotlidec>=1.0)
endif()
if(TARGET PkgConfig::brotlidec)
  set(BrotliDecoder_TARGET PkgConfig::brotlidec)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(BrotliDecoder REQUIRED_VARS BrotliDecoder_TARGET)

if(BrotliDecoder_FOUND AND NOT TARGET BrotliDecoder::BrotliDecoder)
  add_library(BrotliDecoder::BrotliDecoder INTERFACE IMPORTED)
  target_link_libraries(BrotliDecoder::BrotliDecoder INTERFACE ${BrotliDecoder_TARGET})
endif()
