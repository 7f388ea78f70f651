#pragma once
/// Named arrays in a file: the safetensors format, which PyTorch, JAX, MLX and NumPy read, with
/// stricter rules, so that a damaged, forged or foreign file is an error. Sequential::save uses it.
///
///     8 bytes        N, the length of the header, lowest byte first; at most 16 MiB
///     N bytes        the header in JSON, padded with blanks to a multiple of 8
///     the rest       the arrays, one after the other
///
///     {"__metadata__":{"checksum":"0a1b2c3d","format":"1",...texts},
///      "dense/bias":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}, ...}
///
/// The additional rules (format: https://github.com/huggingface/safetensors#format):
/// - The header begins exactly as above. The checksum is the CRC-32 of the whole file with its
///   eight digits taken as 0, so any single damaged byte is found.
/// - `format` is the version of these rules, 1.
/// - The data of arrays of 8-byte numbers comes first, so that all numbers are aligned; then by
///   name. Each begins where the one before ends, the first at 0; the last ends with the file. The
///   header has room for some 10000. Ranks up to Shape::max_rank; types F32, F64 and I64.
/// - Names, also of metadata, are 1 to 256 bytes of UTF-8 without control characters.
/// - No key is repeated, and no other key is allowed.
///
/// The numbers are not checked: they may be nan.

#include <bit>
#include <cstring>
#include <map>
#include <memory>
#include <span>

#include <gradus/core/shape.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

static_assert(std::endian::native == std::endian::little, "files hold numbers lowest byte first");

enum class Dtype { f32, f64, i64, f16, bf16 };  // the last two only in files of other programs

/// `F32`, `F64`, `I64`, ...
std::string_view name_of(Dtype dtype);
/// The bytes that one number takes.
constexpr std::int64_t size_of(Dtype dtype) {
  return dtype == Dtype::f32 ? 4 : dtype == Dtype::f64 || dtype == Dtype::i64 ? 8 : 2;
}

template <class T>
concept Storable = std::same_as<T, float> || std::same_as<T, double> ||
    std::same_as<T, std::int64_t> || std::same_as<T, Dual>;

/// A Dual passes for a double in memory, for fit() to resume from; no file holds one.
template <Storable T>
constexpr Dtype dtype_of = std::same_as<T, float>          ? Dtype::f32
                           : std::same_as<T, std::int64_t> ? Dtype::i64
                                                           : Dtype::f64;

/// An array of a file. Its numbers belong to the caller (saving) or to the TensorFile (loading).
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
  /// The numbers of any type, as doubles.
  std::vector<double> numbers() const;
};

/// The order of arrays in a file.
inline bool precedes(const StoredTensor& a, const StoredTensor& b) {
  const auto size_a = size_of(a.dtype), size_b = size_of(b.dtype);
  return size_a != size_b ? size_a > size_b : a.name < b.name;
}

struct TensorFile {
  std::map<std::string, std::string> metadata = {};  ///< any texts; not `checksum` and `format`
  std::vector<StoredTensor> tensors = {};
  std::shared_ptr<const std::string> content = {};  ///< the bytes of a loaded file

  /// The tensor of that name, or nullptr.
  const StoredTensor* find(std::string_view name) const;
};

/// Saves a file as write_file() does: at every moment it holds the old content or the new. The
/// tensors may be in any order. IoError; ValueError if a rule above is broken.
void save_tensors(const std::string& path, TensorFile file);
/// IoError if the file cannot be read; FormatError, with the place, if a rule above is broken.
/// Keeps one copy of the content in memory.
TensorFile load_tensors(const std::string& path);
/// Reads a file that any program wrote: without checksum and version, with metadata of any kind,
/// which is dropped, and types also F16 and BF16. Its tensors are in the order of their data.
TensorFile load_foreign_tensors(const std::string& path);

/// The bytes that save_tensors writes, and their reader; errors name `path`.
std::string format_tensors(TensorFile file);
TensorFile parse_tensors(std::string bytes, const std::string& path);

}}}  // namespace gradus::detail
