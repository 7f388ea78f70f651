#pragma once
/// Whole files in and out, so that what is on disk is never half of anything, and logs that grow.
/// Beneath checkpoints and loggers; not for data, which read_csv and read_idx read.
///
/// What the system refuses is an IoError with its reason:
/// `cannot open 'm.safetensors': No such file or directory`.

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <gradus/core/error.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// A file descriptor, closed with its scope. Negative: none.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() { close(); }

  operator int() const { return number_; }
  int release() { return std::exchange(number_, -1); }
  /// False, with errno, when what was written may be lost.
  bool close();

 private:
  int number_;
};

/// Opens a regular file to be read. IoError at once for what is missing, not permitted, or no
/// regular file: a folder, a FIFO, /dev/zero.
Descriptor open_regular(const std::string& path);

/// All that a regular file holds when it is opened. FormatError when that is over `most` bytes.
std::string read_file(const std::string& path, std::int64_t most);

/// Saves the pieces, one after the other, as the content of a file, which at every moment, and
/// after a power cut, holds all of the old content or all of the new.
///
/// They are written to a temporary beside it, `.NAME.PID-N.tmp`, flushed to the disk, and renamed;
/// the old file is at hand as `.NAME.PID-N.old.tmp` until the folder is flushed, too. When anything
/// fails there is an IoError, the old file is as before and the temporaries are gone. What a killed
/// process has left is removed by the next save of the same file. Of two savers at the same time
/// the last one wins.
///
/// The permissions of an existing file stay; a new one has what the umask allows. One that may not
/// be written to is not replaced. A symbolic link stays and what it points to is replaced; other
/// hard links keep the old content.
/// Where the file system has no hard links, a failure to flush the folder, after the renaming,
/// leaves the new content.
void write_file(const std::string& path, std::span<const std::string_view> pieces);
inline void write_file(const std::string& path, std::initializer_list<std::string_view> pieces) {
  write_file(path, std::span(pieces.begin(), pieces.size()));
}

/// Makes an empty file. False when something of that name is there; IoError otherwise.
bool create_file(const std::string& path);

/// Makes a folder whose parent exists; fine when it is there already.
void make_directory(const std::string& path);

/// Whether there is something with this path. IoError when the system does not say.
bool file_exists(const std::string& path);
/// The bytes in a regular file; -1 if there is none with this path.
std::int64_t file_size(const std::string& path);
/// Removes a file. Does nothing if there is none, or if the system refuses.
void remove_file(const std::string& path);

/// A file that grows, such as a log. Nothing is kept back: what write() was given is with the
/// system, and read by others, when it returns.
class AppendFile {
 public:
  /// Opens or makes the file. `append` keeps what it holds; otherwise it is emptied. It may be a
  /// device or a pipe; a FIFO that nobody reads is an IoError.
  explicit AppendFile(std::string path, bool append = false);

  const std::string& path() const { return path_; }
  /// Bytes in the file: what it held when opened, and what was written since.
  std::int64_t size() const { return size_; }
  /// Appends the text, all of it or, with an IoError, nothing (a part may remain in a pipe).
  void write(std::string_view text);
  /// Cuts the file back to its first `size` bytes: a run that goes on from an earlier state first
  /// drops what was logged after it. ValueError unless 0 <= size <= size().
  void truncate(std::int64_t size);

 private:
  std::string path_;
  Descriptor file_;
  std::int64_t size_ = 0;
};

}  // namespace detail
}}  // namespace gradus
