#pragma once
/// Files of tensors for tests: sound ones, and forged ones with a right checksum.

#include <doctest/doctest.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <string>

#include <gradus/models/safetensors.h>

namespace tensor_files {

using namespace gradus;
using namespace gradus::detail;
using namespace std::string_literals;

inline constexpr std::size_t digits_at = 8 + 29;

/// Writes the right checksum into a file, as whoever forges one would.
inline std::string with_checksum(std::string bytes) {
  if (bytes.size() < digits_at + 8) return bytes;
  bytes.replace(digits_at, 8, "00000000");
  const uLong crc =
      crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size()));
  return bytes.replace(digits_at, 8, fmt::format("{:08x}", crc));
}

inline std::string with_length(std::uint64_t length, const std::string& rest) {
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + rest;
}

/// A file with this header after its beginning, whatever that makes of it.
inline const std::string beginning = R"({"__metadata__":{"checksum":"00000000",)";
inline std::string forged(const std::string& header, const std::string& payload = "") {
  return with_checksum(with_length(beginning.size() + header.size(), beginning + header + payload));
}
/// With the usual metadata, and these tensors.
inline std::string forged_tensors(const std::string& tensors, const std::string& payload = "") {
  return forged(R"("format":"1"},)" + tensors + "}", payload);
}

inline std::string tensor_text(const std::string& name, const std::string& shape,
                               const std::string& from, const std::string& to) {
  return fmt::format(R"("{}":{{"dtype":"F32","shape":[{}],"data_offsets":[{},{}]}})", name, shape,
                     from, to);
}

inline std::string text_of_many(const std::string& text, int count) {
  std::string all;
  while (count-- > 0) all += text;
  return all;
}

inline void expect_refused(const std::string& bytes, const std::string& what) {
  CAPTURE(what);
  CHECK_THROWS_WITH_AS(parse_tensors(bytes, "m.safetensors"), ("m.safetensors: " + what).c_str(),
                       FormatError);
}

// ---- three files --------------------------------------------------------------------------------

inline constexpr float f32s[] = {1, -2.5, 3};
inline constexpr double f64s[] = {0.1};
inline constexpr std::int64_t i64s[] = {-1, INT64_MAX};

inline TensorFile tiny() { return {{}, {StoredTensor::of<float>("w", {2}, {f32s, 2})}}; }
inline TensorFile empty() { return {}; }
inline TensorFile mixed() {
  return {{{"model", "Dense(units=4)\n\"quoted\" \xc3\xa9"}, {"step", "12"}},
          {StoredTensor::of<std::int64_t>("z/count", {2, 1}, i64s),
           StoredTensor::of<float>("dense/kernel", {3, 1}, f32s),
           StoredTensor::of<double>("\xe2\x82\xac", {}, f64s),
           StoredTensor::of<float>("dense/bias", {0, 4}, {}),
           StoredTensor::of<float>("\"\\", {1, 1, 1, 1, 1, 1, 1, 1}, {f32s, 1})}};
}
inline const std::function<TensorFile()> three_files[] = {tiny, empty, mixed};

inline void check_same(const TensorFile& a, TensorFile b) {
  std::sort(b.tensors.begin(), b.tensors.end(), precedes);
  CHECK(a.metadata == b.metadata);
  REQUIRE(a.tensors.size() == b.tensors.size());
  for (std::size_t i = 0; i < a.tensors.size(); ++i) {
    CHECK(a.tensors[i].name == b.tensors[i].name);
    CHECK(a.tensors[i].dtype == b.tensors[i].dtype);
    CHECK(a.tensors[i].shape == b.tensors[i].shape);
    CHECK(a.tensors[i].bytes == b.tensors[i].bytes);
  }
}

/// Whether bytes are a file or refused; anything else ends the test. A file must be sound.
inline bool is_file(const std::string& bytes) {
  TensorFile file;
  try {
    file = parse_tensors(bytes, "m");
  } catch (const FormatError&) {
    return false;
  }
  std::uint64_t touched = 0;
  for (const StoredTensor& tensor : file.tensors) {
    const auto size = static_cast<std::uint64_t>(tensor.shape.count() * size_of(tensor.dtype));
    REQUIRE(tensor.bytes.size() == size);
    for (const char c : tensor.bytes) touched += static_cast<unsigned char>(c);
    REQUIRE(file.find(tensor.name) == &tensor);
  }
  REQUIRE(touched <= 255 * bytes.size());
  const std::string again = format_tensors(file);
  REQUIRE(format_tensors(parse_tensors(again, "m")) == again);
  return true;
}

}  // namespace tensor_files
