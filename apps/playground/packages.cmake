# The headers of the packages, without those of this machine's C library, which are in the same folder.
set(links ${PROJECT_BINARY_DIR}/packages)
file(MAKE_DIRECTORY ${links})
foreach(name fmt nlohmann eigen3/Eigen)
  find_path(folder_${name} ${name} PATHS /usr/include REQUIRED NO_CMAKE_FIND_ROOT_PATH)
  cmake_path(GET name FILENAME link)
  file(CREATE_LINK ${folder_${name}}/${name} ${links}/${link} SYMBOLIC)
endforeach()
foreach(package fmt::fmt nlohmann_json::nlohmann_json Eigen3::Eigen Threads::Threads)
  add_library(${package} INTERFACE IMPORTED)
  target_include_directories(${package} SYSTEM INTERFACE ${links})
endforeach()
target_compile_definitions(fmt::fmt INTERFACE FMT_HEADER_ONLY  # small: no locales, no long double
                           FMT_STATIC_THOUSANDS_SEPARATOR=',' FMT_USE_LONG_DOUBLE=0)
