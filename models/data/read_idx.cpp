#include <gradus/models/read_idx.h>

#include <algorithm>
#include <array>
#include <vector>

#include <gradus/models/file.h>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace {

Shape read_shape(const std::string& path, detail::InputFile& file) {
  std::array<unsigned char, 4> b{};
  check<FormatError>(file.read(b.data(), 4) == 4 && b[0] == 0 && b[1] == 0,
                     "{}: byte 0: not an IDX file", path);
  check<FormatError>(b[2] == 8,
                     "{}: byte 2: the element type must be 0x08, unsigned byte (got 0x{:02x})",
                     path, b[2]);
  check<FormatError>(b[3] >= 1 && b[3] <= Shape::max_rank,
                     "{}: byte 3: the rank must be 1 to {} (got {})", path, Shape::max_rank, b[3]);
  Shape shape;
  std::int64_t count = 1;
  for (int axis = 0, rank = b[3]; axis < rank; ++axis) {
    check<FormatError>(file.read(b.data(), 4) == 4, "{}: byte {}: the header ends early", path,
                       4 + 4 * axis);
    const std::int64_t extent = std::int64_t{b[0]} << 24 | b[1] << 16 | b[2] << 8 | b[3];
    check<FormatError>(extent == 0 || count <= (std::int64_t{1} << 60) / extent,
                       "{}: byte {}: the extents multiply to more than 2^60", path, 4 + 4 * axis);
    count *= extent;
    shape.push_back(extent);
  }
  return shape;
}

}  // namespace

Tensor read_idx(const std::string& path) {
  detail::InputFile file(path);
  const Shape shape = read_shape(path, file);
  const auto count = static_cast<std::size_t>(shape.count());
  const std::size_t header = 4 + 4 * shape.size();

  // Grows with the data: a forged shape alone must not allocate memory.
  std::vector<Scalar> values;
  std::vector<unsigned char> piece(1 << 16);
  while (values.size() < count) {
    const std::size_t got = file.read(piece.data(), std::min(piece.size(), count - values.size()));
    check<FormatError>(got > 0, "{}: byte {}: the data ends early, shape {} needs {} bytes", path,
                       header + values.size(), shape, count);
    for (std::size_t i = 0; i < got; ++i) values.push_back(static_cast<Scalar>(piece[i]));
  }
  check<FormatError>(file.read(piece.data(), 1) == 0,
                     "{}: byte {}: the data goes on, shape {} needs only {} bytes", path,
                     header + count, shape, count);
  return Tensor(shape, values);
}

}}  // namespace gradus
