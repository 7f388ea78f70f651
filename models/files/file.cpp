#include <gradus/models/file.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <new>
#include <system_error>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {
namespace {

[[noreturn]] void fail(std::string_view action, const std::string& path, int reason = errno) {
  throw IoError(
      fmt::format("cannot {} '{}': {}", action, path, std::generic_category().message(reason)));
}

/// Repeats a system call while a signal interrupts it; returns its result.
template <class Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

Descriptor open_at(int directory, const std::string& path, int flags, mode_t mode = 0) {
  if (path.find('\0') != path.npos) {  // the system would open the path before the NUL
    errno = EINVAL;
    return Descriptor();
  }
  return Descriptor(uninterrupted(
      [&] { return openat(directory, path.c_str(), flags | O_CLOEXEC | O_NOCTTY, mode); }));
}

/// Returns the bytes written; if that is less than all, errno has the reason.
std::size_t write_all(int file, std::string_view bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n =
        uninterrupted([&] { return ::write(file, bytes.data() + done, bytes.size() - done); });
    if (n == 0) errno = EIO;  // would loop forever
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

/// Returns the bytes read: fewer than `count` only where the file ends.
std::size_t read_all(int file, const std::string& path, void* to, std::size_t count) {
  std::size_t done = 0;
  while (done < count) {
    const ssize_t n =
        uninterrupted([&] { return ::read(file, static_cast<char*>(to) + done, count - done); });
    if (n < 0) fail("read", path);
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

Descriptor open_regular(const std::string& path) {
  // O_NONBLOCK: refuse a FIFO instead of waiting for a writer.
  Descriptor file = open_at(AT_FDCWD, path, O_RDONLY | O_NONBLOCK);
  if (file < 0) fail("open", path);
  struct stat status = {};
  check<IoError>(fstat(file, &status) == 0 && S_ISREG(status.st_mode),
                 "cannot read '{}': not a regular file", path);
  return file;
}

// ---- saving -------------------------------------------------------------------------------------

/// The place of a file to save.
struct Target {
  Descriptor directory;
  std::string name;
  std::string prefix;  ///< of the temporary files' names
  bool exists = false;
  mode_t permissions = 0666;  ///< of the new file
};

using CString = std::unique_ptr<char, decltype([](char* text) { std::free(text); })>;

Target find_target(const std::string& path) {
  if (path.find('\0') != path.npos) fail("write", path, EINVAL);
  Target target;
  std::string real = path;
  struct stat status = {};
  if (lstat(path.c_str(), &status) == 0) {
    if (S_ISLNK(status.st_mode)) {
      const CString followed(realpath(path.c_str(), nullptr));
      if (!followed) fail("write", path);
      real = followed.get();
      if (stat(real.c_str(), &status) != 0) fail("write", path);
    }
    if (S_ISDIR(status.st_mode)) fail("write", path, EISDIR);
    check<IoError>(S_ISREG(status.st_mode), "cannot write '{}': not a regular file", path);
    if (access(real.c_str(), W_OK) != 0) fail("write", path);
    target.exists = true;
    target.permissions = status.st_mode & 0777;
  } else if (errno != ENOENT) {
    fail("write", path);
  }
  const std::size_t slash = real.rfind('/');
  target.name = real.substr(slash + 1);  // npos + 1 is 0
  if (target.name.empty()) fail("write", path, path.empty() ? ENOENT : EISDIR);
  target.prefix = fmt::format(".{}.", target.name.substr(0, 200));  // a name has at most 255 bytes
  target.directory = open_at(AT_FDCWD, slash == real.npos ? "." : real.substr(0, slash + 1),
                             O_RDONLY | O_DIRECTORY);
  if (target.directory < 0) fail("write", path);
  return target;
}

/// The number of the process that made a temporary file with this prefix; 0 for other files.
pid_t maker(std::string_view file, std::string_view prefix) {
  if (!file.starts_with(prefix) || !file.ends_with(".tmp")) return 0;
  const char* const end = file.data() + file.size();
  pid_t process = 0;
  int number = 0;
  const auto dash = std::from_chars(file.data() + prefix.size(), end, process);
  if (dash.ec != std::errc() || dash.ptr == end || *dash.ptr != '-') return 0;
  return std::from_chars(dash.ptr + 1, end, number).ec == std::errc() ? process : 0;
}

/// Removes the temporary files of processes that have ended. A live saver holds a lock on its file:
/// so a file of an earlier process with our number is removed, and a file of a live process on
/// another machine, whose number means nothing here, is not.
void remove_stale(int directory, std::string_view prefix) {
  using List = std::unique_ptr<DIR, decltype([](DIR* list) { closedir(list); })>;
  Descriptor copy(fcntl(directory, F_DUPFD_CLOEXEC, 0));
  const List list(fdopendir(copy));  // nothing, for a negative number
  if (!list) return;
  copy.release();  // the list closes it
  while (const dirent* entry = readdir(list.get())) {
    const pid_t process = maker(entry->d_name, prefix);
    if (process <= 0) continue;
    const bool alive = kill(process, 0) == 0 || errno != ESRCH;
    if (process != getpid() && alive) continue;
    const Descriptor file = open_at(directory, entry->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (file >= 0 && flock(file, LOCK_EX | LOCK_NB) == 0) unlinkat(directory, entry->d_name, 0);
  }
}

/// A file name that is removed at the end of its scope.
class Temporary {
 public:
  Temporary(int directory, std::string name) : directory_(directory), name_(std::move(name)) {}
  Temporary(Temporary&& other) noexcept
      : directory_(other.directory_), name_(std::exchange(other.name_, {})) {}
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    if (!name_.empty()) unlinkat(directory_, name_.c_str(), 0);
  }
  const std::string& name() const { return name_; }
  void release() { name_.clear(); }

 private:
  int directory_;
  std::string name_;
};

/// Makes and locks a file that nobody else uses; an error is that of writing `path`.
Temporary make_temporary(const Target& target, const std::string& path, Descriptor& file) {
  // A file that replaces another is private until it has the other's permissions.
  const mode_t mode = target.exists ? 0600 : target.permissions;
  for (int number = 0;; ++number) {
    Temporary fresh(target.directory, fmt::format("{}{}-{}.tmp", target.prefix, getpid(), number));
    file = open_at(target.directory, fresh.name(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
    if (file < 0) fresh.release();
    if (file < 0 && errno == EEXIST) continue;
    if (file < 0) fail("write", path);
    // Between the two calls another saver may have removed the file as stale.
    struct stat status = {};
    const bool taken = flock(file, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (!taken && fstat(file, &status) == 0 && status.st_nlink > 0) return fresh;
    fresh.release();  // the name may be another thread's by now
  }
}

/// Renames the new file to the final name. If the folder cannot be flushed, it restores the old
/// file, which has a second name until then.
void replace(const Target& target, const std::string& path, Temporary& fresh) {
  const int directory = target.directory;
  const char *const name = target.name.c_str(), *const made = fresh.name().c_str();
  Temporary old(directory, fresh.name().substr(0, fresh.name().size() - 4) + ".old.tmp");
  const bool kept = linkat(directory, name, directory, old.name().c_str(), 0) == 0;
  if (!kept) old.release();
  if (uninterrupted([&] { return renameat(directory, made, directory, name); }) != 0)
    fail("rename a new file to", path);
  fresh.release();
  const bool flushed = uninterrupted([&] { return fsync(directory); }) == 0;
  if (flushed || errno == EINVAL) return;  // EINVAL: this file system flushes no folders
  const int reason = errno;
  if (kept && renameat(directory, old.name().c_str(), directory, name) == 0) old.release();
  if (!target.exists) unlinkat(directory, name, 0);
  fail("flush the folder of", path, reason);
}

}  // namespace

// On Linux a close() that a signal interrupts has closed the file; a second could close another.
bool Descriptor::close() { return number_ < 0 || ::close(release()) == 0 || errno == EINTR; }

std::string read_file(const std::string& path, std::int64_t most,
                      void (*check_start)(std::string_view, const std::string&)) {
  const Descriptor file = open_regular(path);
  struct stat status = {};
  if (fstat(file, &status) != 0) fail("read", path);
  most = std::min<std::int64_t>(most, PTRDIFF_MAX);
  check<FormatError>(status.st_size <= most, "{}: longer than {} bytes", path, most);
  std::string bytes;
  const auto read_up_to = [&](std::size_t size) {
    const std::size_t done = bytes.size();
    bytes.resize(size);
    bytes.resize(done + read_all(file, path, bytes.data() + done, size - done));
  };
  const auto size = static_cast<std::size_t>(status.st_size);
  if (check_start) {
    read_up_to(std::min<std::size_t>(size, 64));
    check_start(bytes, path);
  }
  read_up_to(size);
  return bytes;
}

InputFile::InputFile(const std::string& path)
    : path_(path),
      file_(path == "-" ? Descriptor(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)) : open_regular(path)),
      packed_(2),
      size_(file_size(path)) {
  packed_.resize(read_all(file_, path, packed_.data(), 2));
  if (packed_ != std::vector<unsigned char>{0x1f, 0x8b}) return;
  packed_.resize(1 << 16);
  stream_.reset(new z_stream());
  stream_->next_in = packed_.data();
  taken_ = stream_->avail_in = 2;
  if (inflateInit2(stream_.get(), 16 + MAX_WBITS) != Z_OK) throw std::bad_alloc();
}

/// Makes packed data available, in the next member if one has ended; false at the end of the file.
bool InputFile::next_member() {
  z_stream& stream = *stream_;
  if (stream.avail_in == 0) {
    stream.next_in = packed_.data();
    stream.avail_in = static_cast<uInt>(read_all(file_, path_, packed_.data(), packed_.size()));
    taken_ += stream.avail_in;
    check<FormatError>(stream.avail_in > 0 || !inside_, "{}: byte {}: the gzip data ends early",
                       path_, taken_);
  }
  if (inside_ || stream.avail_in == 0) return stream.avail_in > 0;
  inside_ = *stream.next_in == 0x1f && inflateReset(&stream) == Z_OK;
  return inside_;
}

// gzread() does not see that the trailer is missing if its buffer is full at the end of the data.
std::size_t InputFile::read(void* to, std::size_t count) {
  if (!stream_) {
    const std::size_t kept = std::min(count, packed_.size());
    auto* const rest = std::copy_n(packed_.data(), kept, static_cast<unsigned char*>(to));
    packed_.erase(packed_.begin(), packed_.begin() + static_cast<std::ptrdiff_t>(kept));
    const std::size_t got = kept + read_all(file_, path_, rest, count - kept);
    taken_ += static_cast<std::int64_t>(got);
    return got;
  }
  z_stream& stream = *stream_;
  stream.next_out = static_cast<Bytef*>(to);
  stream.avail_out = static_cast<uInt>(count);
  while (stream.avail_out > 0 && next_member()) {
    const int result = inflate(&stream, Z_NO_FLUSH);
    if (result == Z_MEM_ERROR) throw std::bad_alloc();
    check<FormatError>(result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR,
                       "{}: byte {}: the gzip data is damaged", path_, taken_ - stream.avail_in);
    inside_ = result != Z_STREAM_END;
  }
  return count - stream.avail_out;
}

void InputFile::Close::operator()(z_stream_s* stream) const {
  inflateEnd(stream);
  delete stream;
}

std::uint32_t crc32(std::uint32_t before, std::string_view bytes) {
  if (bytes.empty()) return before;  // crc32_z starts again for a null pointer
  const auto* const data = reinterpret_cast<const Bytef*>(bytes.data());
  return static_cast<std::uint32_t>(crc32_z(before, data, bytes.size()));
}

void write_file(const std::string& path, const std::vector<std::string_view>& pieces) {
  const Target target = find_target(path);
  remove_stale(target.directory, target.prefix);

  Descriptor file;
  Temporary fresh = make_temporary(target, path, file);
  for (const std::string_view piece : pieces)
    if (write_all(file, piece) < piece.size()) fail("write", path);
  if (target.exists && uninterrupted([&] { return fchmod(file, target.permissions); }) != 0)
    fail("write", path);
  if (uninterrupted([&] { return fsync(file); }) != 0) fail("flush", path);
  const Descriptor lock(fcntl(file, F_DUPFD_CLOEXEC, 0));  // until it has its final name
  if (lock < 0 || !file.close()) fail("close", path);
  replace(target, path, fresh);
}

bool create_file(const std::string& path) {
  const Descriptor file = open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, 0666);
  if (file < 0 && errno != EEXIST) fail("open", path);
  return file >= 0;
}

void make_directory(const std::string& path) {
  if (path.find('\0') != path.npos) fail("make the folder", path, EINVAL);
  if (mkdir(path.c_str(), 0777) == 0) return;
  const int reason = errno;
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode))
    fail("make the folder", path, reason);
}

void make_directories(const std::string& path) {
  for (std::size_t end = 0; end < path.size();) {
    end = std::min(path.find('/', end + 1), path.size());
    make_directory(path.substr(0, end));
  }
}

void check_writable(const std::string& path) {
  make_directories(path.substr(0, path.find_last_of('/') + 1));
  Descriptor file;
  make_temporary(find_target(path), path, file);
}

std::int64_t file_size(const std::string& path) {
  struct stat status = {};
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) ? status.st_size : -1;
}

void remove_file(const std::string& path) { unlink(path.c_str()); }

std::string host_name() {
  std::array<char, 256> name = {};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

long process_id() { return getpid(); }

AppendFile::AppendFile(std::string path, bool append) : path_(std::move(path)) {
  // O_NONBLOCK while opening: refuse a FIFO that nobody reads instead of waiting.
  const int flags = O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | (append ? 0 : O_TRUNC);
  file_ = open_at(AT_FDCWD, path_, flags, 0666);
  struct stat status = {};
  if (file_ < 0 || fcntl(file_, F_SETFL, O_APPEND) != 0 || fstat(file_, &status) != 0)
    fail("open", path_);
  size_ = status.st_size;
}

void AppendFile::write(std::string_view text) {
  const std::size_t done = write_all(file_, text);
  if (done < text.size()) {
    const int reason = errno;
    if (done > 0 && ftruncate(file_, static_cast<off_t>(size_)) != 0)
      size_ += static_cast<std::int64_t>(done);
    fail("write", path_, reason);
  }
  size_ += static_cast<std::int64_t>(text.size());
}

void AppendFile::end_line() {
  char last = '\n';  // also of what cannot be read, such as a pipe
  const Descriptor file = open_at(AT_FDCWD, path_, O_RDONLY | O_NONBLOCK);
  if (size_ > 0 && pread(file, &last, 1, static_cast<off_t>(size_) - 1) == 1 && last != '\n')
    write("\n");
}

void AppendFile::truncate(std::int64_t size) {
  check(size >= 0 && size <= size_, "AppendFile: size must be in [0, {}] (got {})", size_, size);
  if (size == size_) return;
  if (uninterrupted([&] { return ftruncate(file_, static_cast<off_t>(size)); }) != 0)
    fail("shorten", path_);
  size_ = size;
}

}}}  // namespace gradus::detail
