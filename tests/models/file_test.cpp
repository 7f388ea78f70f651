#include <gradus/models/file.h>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include <gradus/models/safetensors.h>

#include "data_files.h"

namespace {

using namespace gradus;
using namespace gradus::detail;
using namespace std::string_literals;
using data_files::Folder;
namespace fs = std::filesystem;

constexpr std::int64_t no_limit = std::int64_t{1} << 40;

std::set<std::string> names_in(const std::string& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename());
  return names;
}
using Names = std::set<std::string>;

mode_t permissions(const std::string& path) {
  struct stat status = {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

/// A process that has ended: its number belongs to nobody for now.
pid_t ended_process() {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  return child;
}

}  // namespace

TEST_CASE("a file is saved and read whole") {
  const Folder folder;
  const std::string path = folder.path("a");
  std::string large(300'000, 'x');
  large[150'000] = '\0';
  for (const std::string& content : {""s, "one"s, large, "\0\xff\n"s}) {
    write_file(path, {content});
    CHECK(read_file(path, no_limit) == content);
  }
  write_file(path, {"one", "", " and ", "two"});
  CHECK(read_file(path, 11) == "one and two");
  CHECK_THROWS_WITH_AS(read_file(path, 10), (path + ": longer than 10 bytes").c_str(), FormatError);
  CHECK(names_in(folder.path("")) == Names{"a"});
}

TEST_CASE("a long file is refused after its first bytes") {
  const Folder folder;
  const std::string path = folder.write("a", "magic");
  fs::resize_file(path, std::uintmax_t{1} << 38);  // without data on the disk; memory has less
  const auto refuse = [](std::string_view bytes, const std::string& of) {
    throw FormatError(fmt::format("{} begins with {:.5} of {}", of, bytes, bytes.size()));
  };
  CHECK_THROWS_WITH_AS(read_file(path, no_limit, refuse),
                       (path + " begins with magic of 64").c_str(), FormatError);
  fs::resize_file(path, (std::uintmax_t{1} << 34) - 1);
  CHECK_THROWS_WITH_AS(load_tensors(path),
                       (path + ": byte 8: not a gradus checkpoint (bad magic)").c_str(),
                       FormatError);
  for (const std::size_t size : {0u, 1u, 5u, 63u, 64u, 65u, 200u}) {
    const std::string content(size, 'c');
    write_file(path, {content});
    CHECK(read_file(path, no_limit, [](std::string_view, const std::string&) {}) == content);
  }
}

TEST_CASE("what is no regular file is refused at once and so is what is not there") {
  const Folder folder;
  const std::string fifo = folder.path("fifo"), missing = folder.path("missing");
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  for (const std::string& path : {fifo, folder.path(""), "/dev/zero"s})
    CHECK_THROWS_WITH_AS(read_file(path, no_limit),
                         ("cannot read '" + path + "': not a regular file").c_str(), IoError);
  CHECK_THROWS_WITH_AS(read_file(missing, no_limit),
                       ("cannot open '" + missing + "': No such file or directory").c_str(),
                       IoError);
  CHECK_THROWS_WITH_AS(read_file("", no_limit), "cannot open '': No such file or directory",
                       IoError);
  const std::string there = folder.write("there", "x");
  CHECK_THROWS_AS(read_file(there + "\0more"s, no_limit), IoError);
  CHECK_THROWS_AS(read_file(there + "/", no_limit), IoError);
}

TEST_CASE("a save that cannot be is an error with its reason and leaves nothing") {
  const Folder folder;
  const std::string fifo = folder.path("fifo"), inner = folder.path("inner");
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  fs::create_directory(inner);
  const std::string file = folder.write("file", "old");
  const struct {
    std::string path, reason;
  } cases[] = {
      {inner, "Is a directory"},
      {inner + "/", "Is a directory"},
      {folder.path("none/"), "Is a directory"},
      {"/", "Is a directory"},
      {"", "No such file or directory"},
      {folder.path("none/a"), "No such file or directory"},
      {file + "/a", "Not a directory"},
      {file + "/", "Not a directory"},
      {folder.path(std::string(256, 'n')), "File name too long"},
      {folder.path("a\0b"s), "Invalid argument"},
      {fifo, "not a regular file"},
  };
  for (const auto& c : cases)
    CHECK_THROWS_WITH_AS(write_file(c.path, {"new"}),
                         ("cannot write '" + c.path + "': " + c.reason).c_str(), IoError);
  CHECK(names_in(folder.path("")) == Names{"fifo", "file", "inner"});
  CHECK(names_in(inner).empty());
  CHECK(read_file(file, no_limit) == "old");
}

TEST_CASE("a folder or a file that may not be written to stays as it is") {
  if (geteuid() == 0) {
    // Root may write anywhere, so another user tries it, in a process of its own.
    const pid_t child = fork();
    if (child == 0) {
      const std::string name = (fs::temp_directory_path() / "gradus-denied-XXXXXX").string();
      std::string path = name;
      if (setgid(65534) != 0 || setuid(65534) != 0 || mkdtemp(path.data()) == nullptr) _exit(77);
      int wrong = 0;
      const auto refused = [&](const std::string& to) {
        try {
          write_file(to, {"new"});
          return false;
        } catch (const IoError& e) {
          return e.what() == "cannot write '" + to + "': Permission denied";
        }
      };
      std::ofstream(path + "/a") << "old";
      chmod((path + "/a").c_str(), 0444);
      wrong += refused(path + "/a") ? 0 : 1;  // the file
      chmod((path + "/a").c_str(), 0644);
      chmod(path.c_str(), 0555);
      wrong += refused(path + "/a") && refused(path + "/b") ? 0 : 2;  // the folder
      chmod(path.c_str(), 0755);
      wrong += names_in(path) == Names{"a"} && read_file(path + "/a", 9) == "old" ? 0 : 4;
      fs::remove_all(path);
      _exit(wrong);
    }
    int status = 0;
    waitpid(child, &status, 0);
    REQUIRE(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
      MESSAGE("no other user to be: skipped");
    else
      CHECK(WEXITSTATUS(status) == 0);
    return;
  }
  const Folder folder;
  const std::string file = folder.write("a", "old");
  chmod(folder.path("").c_str(), 0555);
  for (const std::string& path : {file, folder.path("b")})
    CHECK_THROWS_WITH_AS(write_file(path, {"new"}),
                         ("cannot write '" + path + "': Permission denied").c_str(), IoError);
  chmod(folder.path("").c_str(), 0755);
  chmod(file.c_str(), 0444);
  CHECK_THROWS_AS(write_file(file, {"new"}), IoError);
  CHECK(names_in(folder.path("")) == Names{"a"});
  CHECK(read_file(file, no_limit) == "old");
}

TEST_CASE("a symbolic link stays and what it points to is replaced") {
  const Folder folder;
  fs::create_directory(folder.path("inner"));
  const std::string target = folder.write("inner/target", "old");
  const std::string link = folder.path("link"), second = folder.path("second");
  fs::create_symlink("inner/target", link);
  fs::create_symlink(link, second);
  write_file(second, {"new"});
  CHECK_THROWS_AS(write_file(second + "\0x"s, {"other"}), IoError);
  CHECK(fs::is_symlink(second));
  CHECK(fs::is_symlink(link));
  CHECK(fs::read_symlink(link) == "inner/target");
  CHECK(!fs::is_symlink(target));
  CHECK(read_file(target, no_limit) == "new");
  CHECK(read_file(link, no_limit) == "new");

  const std::string dangling = folder.path("dangling"), loop = folder.path("loop");
  fs::create_symlink("nowhere", dangling);
  fs::create_symlink("loop", loop);
  CHECK_THROWS_WITH_AS(write_file(dangling, {"new"}),
                       ("cannot write '" + dangling + "': No such file or directory").c_str(),
                       IoError);
  CHECK_THROWS_AS(write_file(loop, {"new"}), IoError);
  CHECK(names_in(folder.path("")) == Names{"dangling", "inner", "link", "loop", "second"});
  CHECK(names_in(folder.path("inner")) == Names{"target"});
}

TEST_CASE("permissions stay and new files have what the umask allows") {
  const Folder folder;
  const std::string path = folder.path("a");
  const mode_t before = umask(027);
  write_file(path, {"x"});
  CHECK(permissions(path) == 0640);
  for (const mode_t mode : {0600u, 0664u, 0755u, 0200u, 0666u}) {
    chmod(path.c_str(), mode);
    write_file(path, {"y"});
    CHECK(permissions(path) == mode);
  }
  umask(before);
}

TEST_CASE("a save in the working folder and with a name as long as names may be") {
  const Folder folder;
  const fs::path before = fs::current_path();
  fs::current_path(folder.path(""));
  write_file("plain", {"x"});
  write_file("./dotted", {"x"});
  write_file(std::string(255, 'n'), {"x"});
  write_file(std::string(255, 'n'), {"y"});
  fs::current_path(before);
  CHECK(names_in(folder.path("")) == Names{"plain", "dotted", std::string(255, 'n')});
}

TEST_CASE("what killed processes have left goes with the next save of the same file") {
  const Folder folder;
  const std::string gone = std::to_string(ended_process());
  const std::string parent = std::to_string(getppid()), own = std::to_string(getpid());
  for (const std::string& left :
       {".a." + gone + "-0.tmp", ".a." + gone + "-12.tmp", ".a." + gone + "-0.old.tmp",
        ".a." + own + "-0.tmp"})  // the last: an earlier process with our number
    folder.write(left, "half");
  const Names others = {".a." + parent + "-0.tmp",
                        ".b." + gone + "-0.tmp",
                        "a." + gone + "-0.tmp",
                        ".a." + gone + ".tmp",
                        ".a." + gone + "-x.tmp",
                        ".a." + gone + "-0",
                        ".a.b." + gone + "-0.tmp",
                        ".a.-999999-0.tmp",
                        ".a.0-0.tmp",
                        ".a.99999999999-0.tmp",
                        ".a..tmp",
                        ".a.tmp"};
  for (const std::string& other : others) folder.write(other, "not ours");
  write_file(folder.path("a"), {"new"});
  Names expected = others;
  expected.insert("a");
  CHECK(names_in(folder.path("")) == expected);
}

TEST_CASE("a log is emptied or continued and cut back") {
  const Folder folder;
  const std::string path = folder.path("log");
  {
    AppendFile log(path);
    CHECK(log.size() == 0);
    log.write("one\n");
    CHECK(read_file(path, no_limit) == "one\n");  // while it is open
    log.write("");
    log.write("two\n");
    CHECK(log.size() == 8);
  }
  {
    AppendFile log(path, true);
    CHECK(log.size() == 8);
    log.truncate(4);
    log.write("2\n");
    CHECK(log.size() == 6);
    CHECK(read_file(path, no_limit) == "one\n2\n");
    log.truncate(6);
    CHECK_THROWS_WITH_AS(log.truncate(7), "AppendFile: size must be in [0, 6] (got 7)", ValueError);
    CHECK_THROWS_AS(log.truncate(-1), ValueError);
    AppendFile moved = std::move(log);
    moved.write("3\n");
    CHECK(read_file(path, no_limit) == "one\n2\n3\n");
  }
  CHECK(AppendFile(path, true).size() == 8);
  CHECK(AppendFile(path).size() == 0);
  CHECK(fs::file_size(path) == 0);
}

TEST_CASE("a log that cannot be written is an error") {
  const Folder folder;
  const std::string fifo = folder.path("fifo"), none = folder.path("none/log");
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  CHECK_THROWS_AS(AppendFile{fifo}, IoError);
  CHECK_THROWS_WITH_AS(AppendFile{none},
                       ("cannot open '" + none + "': No such file or directory").c_str(), IoError);
  CHECK_THROWS_AS(AppendFile{folder.path("")}, IoError);
  CHECK_THROWS_AS(AppendFile{""}, IoError);
  AppendFile full("/dev/full");
  CHECK_THROWS_WITH_AS(full.write("x"), "cannot write '/dev/full': No space left on device",
                       IoError);
  CHECK(full.size() == 0);

  const int reader = open(fifo.c_str(), O_RDONLY | O_NONBLOCK);
  REQUIRE(reader >= 0);
  AppendFile pipe(fifo);
  pipe.write("through");
  char got[8] = {};
  CHECK(read(reader, got, sizeof got) == 7);
  CHECK(got == "through"s);
  close(reader);
}

TEST_CASE("files and folders are made once") {
  const Folder folder;
  CHECK(create_file(folder.path("a")));
  folder.write("a", "x");
  CHECK(!create_file(folder.path("a")));
  CHECK(read_file(folder.path("a"), no_limit) == "x");
  CHECK_THROWS_AS(create_file(folder.path("none/a")), IoError);
  make_directory(folder.path("inner"));
  make_directory(folder.path("inner"));
  CHECK(fs::is_directory(folder.path("inner")));
  CHECK_THROWS_WITH_AS(make_directory(folder.path("a")),
                       ("cannot make the folder '" + folder.path("a") + "': File exists").c_str(),
                       IoError);
  CHECK_THROWS_AS(make_directory(folder.path("none/inner")), IoError);
  CHECK_THROWS_AS(make_directory(folder.path("a\0b"s)), IoError);
}

TEST_CASE("a file that is there has a size and can be removed") {
  const Folder folder;
  const std::string file = folder.write("a", "four"), missing = folder.path("missing");
  CHECK(file_size(file) == 4);
  CHECK(file_size(missing) == -1);
  CHECK(file_size(file + "/below") == -1);
  CHECK(file_size(folder.path(std::string(256, 'n'))) == -1);
  CHECK(file_size(folder.path("")) == -1);
  remove_file(missing);
  remove_file(file);
  CHECK(file_size(file) == -1);
}

TEST_CASE("the machine has a name and the process a number") {
  CHECK(!host_name().empty());
  CHECK(process_id() == getpid());
}

TEST_CASE("crc32 goes on from what it was before") {
  CHECK(crc32(0, "123456789") == 0xcbf43926u);
  CHECK(crc32(crc32(0, "12345"), "6789") == 0xcbf43926u);
  CHECK(crc32(7, "") == 7);
}
