#pragma once
/// Reads files, saves them so that no file on disk is ever half written, and appends to logs.
///
/// An error of the system is an IoError with its reason:
/// `cannot open 'm.safetensors': No such file or directory`.

#include <algorithm>
#include <memory>
#include <string_view>
#include <vector>

#include <gradus/core/error.h>

struct z_stream_s;  // so that this header does not include zlib's

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

/// Returns the content of a regular file. IoError if it is missing, not permitted, or not a regular
/// file (a folder, a FIFO, /dev/zero); FormatError if it is longer than `most` bytes. `check_start`
/// gets the first bytes, at most 64, before the rest is read: it throws to refuse the file.
std::string read_file(const std::string& path, std::int64_t most,
                      void (*check_start)(std::string_view bytes,
                                          const std::string& path) = nullptr);

/// A data file, read from front to end: plain or compressed with gzip, also in several members, by
/// its content. As gzip does, it ignores what follows the last one. `-` is the standard input.
class InputFile {
 public:
  /// IoError as read_file().
  explicit InputFile(const std::string& path);
  /// Reads up to `count` < 2^31 bytes; fewer only where the file ends. Decompresses no more than
  /// that. IoError, or FormatError for gzip data that is damaged or lacks its end.
  std::size_t read(void* to, std::size_t count);
  /// Whether it is compressed.
  bool packed() const { return stream_ != nullptr; }
  /// The share of the file that has been read, in [0, 1]; 0 if its size is not known.
  double share() const {
    return size_ > 0 ? std::min(1.0, static_cast<double>(taken_) / static_cast<double>(size_)) : 0;
  }

 private:
  struct Close {
    void operator()(z_stream_s* stream) const;
  };
  bool next_member();

  std::string path_;
  Descriptor file_;
  std::unique_ptr<z_stream_s, Close> stream_;  ///< none for a plain file
  std::vector<unsigned char> packed_;          ///< a piece for stream_, or the start of the file
  std::int64_t taken_ = 0, size_ = 0;          ///< bytes read from the file so far, and in all
  bool inside_ = true;                         ///< a member has begun and not ended
};

/// The CRC-32 of gzip and zlib: of the bytes whose CRC-32 is `before`, with these after them.
std::uint32_t crc32(std::uint32_t before, std::string_view bytes);

/// Saves the pieces, one after the other, as the content of a file. At every moment, and after a
/// power cut, the file holds all of the old content or all of the new.
///
/// The pieces go to a temporary file beside it, `.NAME.PID-N.tmp`, which is flushed to the disk and
/// renamed; the old file stays as `.NAME.PID-N.old.tmp` until the folder is flushed, too. IoError
/// if a step fails; the old file is then as before, except where a file system without hard links
/// cannot flush the folder. The temporary files are removed, those of a killed process by the next
/// save of the same file. If two save at the same time, the last one wins.
///
/// An existing file keeps its permissions; a new one has those that the umask allows. A file
/// without write permission is not replaced. A symbolic link stays, and its target is replaced;
/// other hard links keep the old content.
void write_file(const std::string& path, const std::vector<std::string_view>& pieces);

/// Makes an empty file. Returns false if the name is taken; IoError for other failures.
bool create_file(const std::string& path);

/// Makes a folder, unless it exists. Its parent must exist.
void make_directory(const std::string& path);
/// Makes a folder and its parents, as far as they do not exist. "" is the current folder.
void make_directories(const std::string& path);
/// Makes the folder of a file that is going to be saved. IoError if that fails, if no file can be
/// made in the folder, or if the path is that of something other than a file.
void check_writable(const std::string& path);

/// The bytes in a regular file; -1 if there is none with this path.
std::int64_t file_size(const std::string& path);
/// Removes a file. Does nothing if there is none, or if the system refuses.
void remove_file(const std::string& path);

/// The machine's name, or `localhost` where the system gives none.
std::string host_name();
/// The number of this process; 1 where there are no processes.
long process_id();

/// A file that grows, such as a log. When write() returns, other processes can read the text.
class AppendFile {
 public:
  /// Opens or makes the file; empties it unless `append`. Devices and pipes are allowed; IoError
  /// for a FIFO that nobody reads.
  explicit AppendFile(std::string path, bool append = false);

  const std::string& path() const { return path_; }
  /// Bytes in the file: those at opening and those written since.
  std::int64_t size() const { return size_; }
  /// Appends the whole text or, with an IoError, nothing (in a pipe a part may remain).
  void write(std::string_view text);
  /// Appends a newline, unless the file is empty or ends with one.
  void end_line();
  /// Cuts the file to its first `size` bytes. ValueError unless 0 <= size <= size().
  void truncate(std::int64_t size);

 private:
  std::string path_;
  Descriptor file_;
  std::int64_t size_ = 0;
};

}}}  // namespace gradus::detail
