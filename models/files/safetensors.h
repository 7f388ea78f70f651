#pragma once
/// Named arrays in a file: the safetensors form, which PyTorch, JAX, MLX and NumPy read, under
/// stricter rules, so that a file that was not written by gradus, is damaged or was forged gives an
/// error and nothing else. Beneath Sequential::save.
///
///     8 bytes        N, the length of the header, lowest byte first; at most 1 MiB
///     N bytes        the header in JSON, filled up with blanks to a multiple of 8
///     the rest       the arrays, one after the other
///
///     {"__metadata__":{"checksum":"0a1b2c3d","format":"1",...texts},
///      "dense/bias":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}, ...}
///
/// The rules on top of the form (https://github.com/huggingface/safetensors#format):
/// - The header begins exactly as above. The checksum is zlib's CRC-32 of the whole file with those
///   eight digits taken as 0, so any single damaged byte is found.
/// - `format` is the version of these rules, 1.
/// - Arrays of 8-byte numbers come first, so that all numbers are aligned; then by name. Each
/// begins
///   where the one before ends, the first at 0, and the last ends with the file. The header has
///   room for some 10000. Ranks up to Shape::max_rank; types F32, F64 and I64.
/// - Names, of texts too, are 1 to 256 bytes of UTF-8 without control characters.
/// - No key twice, and none that is not listed here.
///
/// The numbers are not looked at: they may be nan.

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gradus/core/shape.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

static_assert(std::endian::native == std::endian::little, "files hold numbers lowest byte first");

enum class Dtype { f32, f64, i64 };

/// `F32`, `F64`, `I64`.
std::string_view name_of(Dtype dtype);
/// The bytes that one number takes.
constexpr std::int64_t size_of(Dtype dtype) { return dtype == Dtype::f32 ? 4 : 8; }

template <class T>
concept Storable =
    std::same_as<T, float> || std::same_as<T, double> || std::same_as<T, std::int64_t>;

template <Storable T>
constexpr Dtype dtype_of = std::same_as<T, float>    ? Dtype::f32
                           : std::same_as<T, double> ? Dtype::f64
                                                     : Dtype::i64;

/// An array of a file. It does not own its numbers: they are the caller's on the way out, the
/// TensorFile's on the way in.
struct StoredTensor {
  std::string name;
  Dtype dtype = Dtype::f32;
  Shape shape = {};
  std::string_view bytes = {};

  template <Storable T>
  static StoredTensor of(std::string name, const Shape& shape, std::span<const T> values) {
    return {std::move(name),
            dtype_of<T>,
            shape,
            {reinterpret_cast<const char*>(values.data()), values.size_bytes()}};
  }
  /// Copies the numbers. ValueError unless `to` has their type and count.
  template <Storable T>
  void copy_to(std::span<T> to) const {
    check(dtype == dtype_of<T> && bytes.size() == to.size_bytes(),
          "StoredTensor: '{}' must be {} of {} (got {} of {})", name, to.size(),
          name_of(dtype_of<T>), shape.count(), name_of(dtype));
    if (!bytes.empty()) std::memcpy(to.data(), bytes.data(), bytes.size());
  }
};

/// The order of arrays in a file.
inline bool precedes(const StoredTensor& a, const StoredTensor& b) {
  const auto size_a = size_of(a.dtype), size_b = size_of(b.dtype);
  return size_a != size_b ? size_a > size_b : a.name < b.name;
}

struct TensorFile {
  std::map<std::string, std::string> metadata = {};  ///< any texts; not `checksum` and `format`
  std::vector<StoredTensor> tensors = {};
  std::shared_ptr<const std::string> content = {};  ///< of a file that was read

  /// The tensor of that name, or nullptr. `tensors` must be sorted, as those read from a file are.
  const StoredTensor* find(std::string_view name) const;
};

/// Saves a file as write_file() does: at every moment it holds the old content or the new. The
/// tensors may be in any order. IoError, or ValueError for what breaks a rule above.
void save_tensors(const std::string& path, TensorFile file);
/// IoError when the file cannot be read, FormatError, with the place, for all that is not as above.
/// The content is in memory once.
TensorFile load_tensors(const std::string& path);

/// What save_tensors writes, and the reading of it; `path` is for the errors' texts.
std::string format_tensors(TensorFile file);
TensorFile parse_tensors(std::string bytes, const std::string& path);

}  // namespace detail
}}  // namespace gradus
