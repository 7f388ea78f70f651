#pragma once
/// Files for tests of the data readers: made for a test, or real ones where they are to be had.

#include <doctest/doctest.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gradus/core/tensor.h>

namespace data_files {

/// A folder of its own for files, gone with them at the end of a test.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "gradus-data-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }

  std::string path(const std::string& name) const { return path_ + "/" + name; }
  std::string write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }
  std::string write_gz(const std::string& name, const std::string& bytes) const {
    gzFile file = gzopen(path(name).c_str(), "wb");
    gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(file);
    return path(name);
  }

 private:
  std::string path_;
};

/// The path of a file of real data, or "" where it is not to be had.
inline std::string shared(const std::string& name) {
  std::string path = std::string(GRADUS_SOURCE_DIR) + "/../shared/data/" + name;
  if (std::filesystem::exists(path)) return path;
  MESSAGE("not there, so not tested: ", path);
  return "";
}

inline std::vector<double> numbers(const gradus::Tensor& x) {
  return {x.values().begin(), x.values().end()};
}

}  // namespace data_files
