/// Saves and logs while the system refuses: the n-th call of each kind fails, for n = 1, 2, ...
/// until a save is not hit any more. An error must leave the old file as it was, and nothing else.
///
/// The calls of the library end here, at functions of the same names, and go on to the system.

#undef _FORTIFY_SOURCE  // it would have bodies for some of these names

#include <errno.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gradus/models/file.h>
#include <gradus/models/safetensors.h>

namespace {

/// What is to happen to the calls, and what has.
struct Plan {
  std::string kind = {};  ///< of the calls that fail; empty: any
  int first = 0;          ///< the number of the first call of that kind to fail; 0: none
  int count = 1;          ///< how many in a row
  int reason = 0;
  std::size_t most = SIZE_MAX;  ///< bytes that one write() takes

  bool armed = false;
  int calls = 0, struck = 0;
  std::vector<std::string> log = {};  ///< what was called, runs of writes as one
};
Plan plan;

/// Whether this call is to fail, with errno set.
bool strikes(const char* kind) {
  if (!plan.armed) return false;
  if (plan.log.empty() || plan.log.back() != kind) plan.log.push_back(kind);
  if (!plan.kind.empty() && plan.kind != kind) return false;
  ++plan.calls;
  if (plan.first == 0 || plan.calls < plan.first || plan.calls >= plan.first + plan.count)
    return false;
  ++plan.struck;
  errno = plan.reason;
  return true;
}

}  // namespace

extern "C" {

int openat(int directory, const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(list, mode_t) : 0;
  va_end(list);
  if (strikes("open")) return -1;
  return static_cast<int>(syscall(SYS_openat, directory, path, flags, mode));
}
ssize_t write(int file, const void* from, size_t count) {
  if (strikes("write")) return -1;
  return syscall(SYS_write, file, from, plan.armed ? std::min(count, plan.most) : count);
}
int fsync(int file) { return strikes("fsync") ? -1 : static_cast<int>(syscall(SYS_fsync, file)); }
int close(int file) {  // one that fails has closed all the same
  const auto result = static_cast<int>(syscall(SYS_close, file));
  return strikes("close") ? -1 : result;
}
int fchmod(int file, mode_t mode) noexcept {
  return strikes("chmod") ? -1 : static_cast<int>(syscall(SYS_fchmod, file, mode));
}
int linkat(int from, const char* old, int to, const char* name, int flags) noexcept {
  return strikes("link") ? -1 : static_cast<int>(syscall(SYS_linkat, from, old, to, name, flags));
}
int renameat(int from, const char* old, int to, const char* name) noexcept {
  return strikes("rename") ? -1 : static_cast<int>(syscall(SYS_renameat2, from, old, to, name, 0));
}
int ftruncate(int file, off_t size) noexcept {
  return strikes("truncate") ? -1 : static_cast<int>(syscall(SYS_ftruncate, file, size));
}

}  // extern "C"

namespace {

using namespace gradus;
using namespace gradus::detail;
namespace fs = std::filesystem;

int wrong = 0;

template <class... Args>
void expect(bool ok, fmt::format_string<const Args&...> text, const Args&... args) {
  if (ok) return;
  ++wrong;
  fmt::print("WRONG: {}\n", fmt::format(text, args...));
}

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  return names;
}

/// Runs `work` under a plan; returns the text of its IoError, or "".
template <class Work>
std::string under(const Plan& with, Work work) {
  plan = with;
  plan.armed = true;
  std::string text;
  try {
    work();
  } catch (const IoError& e) {
    text = e.what();
  }
  plan.armed = false;
  return text;
}

// ---- saving -------------------------------------------------------------------------------------

const std::vector<float> numbers(20'000, 1.5f);
TensorFile new_file() { return {{}, {StoredTensor::of<float>("w", {20'000}, std::span(numbers))}}; }
const std::string old_bytes = format_tensors({{{"old", "file"}}, {}});
const std::string new_bytes = format_tensors(new_file());

struct Place {
  fs::path folder, file;
  bool exists;

  void prepare() const {
    fs::remove_all(folder);
    fs::create_directory(folder);
    if (exists) std::ofstream(file, std::ios::binary) << old_bytes;
  }
};

/// One save under a plan. False once the plan strikes no more.
bool try_save(const Place& place, const Plan& with, bool may_fail) {
  place.prepare();
  const std::string error = under(with, [&] { save_tensors(place.file, new_file()); });
  const std::string what = fmt::format("{} of {} number {} {} an old file", ::strerror(with.reason),
                                       with.kind, with.first, place.exists ? "over" : "without");
  const bool fails = may_fail && plan.struck > 0;
  if (fails)
    expect(error.ends_with(std::string(": ") + ::strerror(with.reason)), "{}: error '{}'", what,
           error);
  else
    expect(error.empty(), "{}: error '{}'", what, error);
  const bool there = !fails || place.exists;
  expect(names_in(place.folder).size() == (there ? 1 : 0), "{}: {} files in the folder", what,
         names_in(place.folder).size());
  if (there) expect(content(place.file) == (fails ? old_bytes : new_bytes), "{}: content", what);
  return plan.struck > 0;
}

int try_saves(const Place& place, Plan with, bool may_fail) {
  int n = 0;
  do with.first = ++n;
  while (try_save(place, with, may_fail));
  return n - 1;
}

void saves(const fs::path& folder) {
  // The first close is the file's. The second, of the folder, has nothing to lose.
  const struct {
    std::string kind;
    bool may_fail = true, first_only = false;
  } kinds[] = {{"open"},        {"write"}, {"chmod"}, {"fsync"}, {"close", true, true},
               {"link", false}, {"rename"}};
  int runs = 0;
  for (const bool exists : {true, false}) {
    const Place place{folder / "saves", folder / "saves" / "m.safetensors", exists};
    for (const auto& kind : kinds) {
      int hits = 0;
      for (const int reason : {ENOSPC, EIO, EDQUOT, EFBIG, EROFS})
        for (const std::size_t most : {SIZE_MAX, std::size_t{4096}}) {
          Plan with{.kind = kind.kind, .reason = reason, .most = most};
          if (!kind.first_only) hits += try_saves(place, with, kind.may_fail);
          with.first = 1;
          if (kind.first_only) hits += try_save(place, with, kind.may_fail);
        }
      const bool none = !exists && (kind.kind == "chmod" || kind.kind == "link");
      expect(none || hits >= 10, "{}: only {} calls", kind.kind, hits);
      runs += hits;
    }
    // Some file systems flush no folders, and say so.
    const Plan no_folders{.kind = "fsync", .first = 2, .reason = EINVAL};
    expect(try_save(place, no_folders, false), "the folder was not flushed");
    for (const int in_a_row : {1, 5})
      runs += try_saves(place, {.count = in_a_row, .reason = EINTR}, false);
    for (const std::size_t most : {1000u, 4097u, 65536u})
      runs += try_saves(place, {.kind = "none", .most = most}, false) + 1;
  }
  fmt::print("{} saves, {} wrong\n", runs, wrong);
}

/// The order of the calls is what makes a save last through a power cut: the bytes are on the disk
/// before the file has its name, and the name is before the save returns.
void order(const fs::path& folder) {
  const Place place{folder / "order", folder / "order" / "m.safetensors", true};
  place.prepare();
  under({}, [&] { save_tensors(place.file, new_file()); });
  std::string calls;
  for (const std::string& call : plan.log) calls += call + " ";
  fmt::print("one save: {}\n", calls);
  expect(calls.find("write chmod fsync close link rename fsync ") != calls.npos, "the order");
}

// ---- logs ---------------------------------------------------------------------------------------

void logs(const fs::path& folder) {
  const std::string path = folder / "log";
  const auto text_of = [](int reason) { return std::string(": ") + ::strerror(reason); };
  for (const int reason : {ENOSPC, EIO, EDQUOT, EFBIG}) {
    AppendFile log(path);
    log.write("first\n");
    // The disk takes two bytes, then no more.
    const Plan full{.kind = "write", .first = 2, .count = 100, .reason = reason, .most = 2};
    expect(under(full, [&] { log.write("second\n"); }).ends_with(text_of(reason)), "log: error");
    expect(content(path) == "first\n" && log.size() == 6, "log: '{}'", content(path));
    const Plan no_cut{.kind = "truncate", .first = 1, .reason = reason};
    expect(under(no_cut, [&] { log.truncate(2); }).ends_with(text_of(reason)), "log: cut");
    expect(content(path) == "first\n" && log.size() == 6, "log: '{}' after a cut", content(path));
    const Plan again{.first = 2, .count = 3, .reason = EINTR, .most = 2};
    expect(under(again, [&] { log.write("second\n"); }).empty(), "log: interrupted");
    expect(content(path) == "first\nsecond\n" && log.size() == 13, "log: '{}'", content(path));
    const Plan no_open{.kind = "open", .first = 1, .reason = reason};
    expect(under(no_open, [&] { AppendFile{path}; }).ends_with(text_of(reason)), "log: open");
    expect(content(path) == "first\nsecond\n", "log: '{}' after a failed open", content(path));
  }
}

}  // namespace

int main() {
  std::string folder = fs::temp_directory_path() / "gradus-faults-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) return 1;
  saves(folder);
  order(folder);
  logs(folder);
  fs::remove_all(folder);
  fmt::print("{} wrong\n", wrong);
  return wrong == 0 ? 0 : 1;
}
