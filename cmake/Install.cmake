# Installs headers, libraries, llmsnapd's package files: find_package(llmsnap [COMPONENTS core http]).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

if(LLMSNAP_FETCHED)
  message(STATUS "not installable: ${LLMSNAP_FETCHED} would have to be installed with it")
  return()
endif()

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/llmsnap")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/libllmsnap/include/llmsnap"
        DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.h")
install(TARGETS llmsnap_core EXPORT llmsnap-core ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(EXPORT llmsnap-core NAMESPACE llmsnap:: DESTINATION "${package_dir}")
if(TARGET llmsnap_http)
  install(TARGETS llmsnap_http EXPORT llmsnap-http ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
  install(EXPORT llmsnap-http NAMESPACE llmsnap:: DESTINATION "${package_dir}")
endif()

# The packages the static libraries need at link time, as lines of the config file.
foreach(component IN ITEMS CORE HTTP)
  set(LLMSNAP_FIND_${component} "")
  foreach(package IN LISTS LLMSNAP_${component}_DEPENDENCIES)
    string(APPEND LLMSNAP_FIND_${component} "  find_dependency(${package})\n")
  endforeach()
endforeach()
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/llmsnapConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/llmsnapConfig.cmake" INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/llmsnapConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/llmsnapConfig.cmake"
              "${PROJECT_BINARY_DIR}/llmsnapConfigVersion.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/FindBrotliDecoder.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/FindCppHttplib.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/FindRe2.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/FindZstd.cmake"
        DESTINATION "${package_dir}")
install(FILES "${PROJECT_SOURCE_DIR}/libllmsnap/config.schema.json"
        DESTINATION "${CMAKE_INSTALL_DATADIR}/llmsnap")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
