#include "terminal/files.h"

#include <unistd.h>

#include <filesystem>

#include "terminal/command.h"

namespace fs = std::filesystem;

std::string real_path(const std::string& path) {
  constexpr int most_links = 40;  // as Linux has it
  std::error_code none;
  fs::path file = path;
  for (int n = 0; n < most_links && fs::is_symlink(file, none); ++n)
    file = file.parent_path() / fs::read_symlink(file, none);
  return fs::weakly_canonical(fs::absolute(file, none), none).string();
}

bool is_there(const std::string& path) {
  std::error_code none;
  return fs::exists(path, none);
}

bool is_path(const std::string& name) {
  return name.find_first_of("./-") != name.npos || is_there(name);
}

bool same_file(const std::string& a, const std::string& b) {
  if (a.empty() || b.empty()) return false;
  std::error_code none;
  const std::string place = real_path(a);
  return fs::equivalent(a, b, none) || (!place.empty() && place == real_path(b));
}

void check_writable(const std::string& option, const std::string& path) {
  std::error_code none;
  const bool exists = fs::exists(fs::symlink_status(path, none));  // a link may lead nowhere
  const bool replaceable = fs::is_regular_file(path, none) && access(path.c_str(), W_OK) == 0;
  const fs::path folder = fs::path(real_path(path)).parent_path();
  check<UsageError>(
      path != "-" && (!exists || replaceable) && access(folder.c_str(), W_OK | X_OK) == 0,
      "{}: must be a file that can be written (got '{}')", option, clean(path));
}
