#pragma once
/// Data files, read from front to end: plain or compressed with gzip.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <gradus/core/scalar.h>

struct gzFile_s;  // so that this header does not include zlib's

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

class InputFile {
 public:
  /// IoError for a file that cannot be opened or is not a regular file.
  explicit InputFile(const std::string& path);
  /// Reads up to `count` < 2^31 bytes; fewer only where the file ends. IoError, or FormatError for
  /// damaged gzip data.
  std::size_t read(void* to, std::size_t count);

 private:
  struct Close {
    void operator()(gzFile_s* file) const;
  };
  std::string path_;
  std::unique_ptr<gzFile_s, Close> file_;
};

/// The CRC-32 of gzip and zlib: of the bytes whose CRC-32 is `before`, with these after them.
std::uint32_t crc32(std::uint32_t before, std::string_view bytes);

}}}  // namespace gradus::detail
