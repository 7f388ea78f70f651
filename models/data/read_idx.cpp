#include <gradus/models/read_idx.h>

#include <algorithm>
#include <array>
#include <vector>

#include <gradus/core/node.h>
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
  detail::InputFile checked(path), read(path);
  const Shape shape = read_shape(path, checked);
  const std::int64_t count = shape.count();
  const std::int64_t header = 4 + 4 * shape.rank();
  std::vector<unsigned char> piece(1 << 16);
  const auto read_data = [&](detail::InputFile& file, auto&& take) {
    const auto most = static_cast<std::int64_t>(piece.size());
    for (std::int64_t done = 0; done < count;) {
      const auto wanted = static_cast<std::size_t>(std::min(most, count - done));
      const auto got = static_cast<std::int64_t>(file.read(piece.data(), wanted));
      check<FormatError>(got > 0, "{}: byte {}: the data ends early, shape {} needs {} bytes", path,
                         header + done, shape, count);
      take(done, got);
      done += got;
    }
    check<FormatError>(file.read(piece.data(), 1) == 0,
                       "{}: byte {}: the data goes on, shape {} needs only {} bytes", path,
                       header + count, shape, count);
  };
  // First without keeping it: a forged shape or damaged data must not take memory.
  read_data(checked, [](std::int64_t, std::int64_t) {});
  read.read(piece.data(), static_cast<std::size_t>(header));
  detail::NewTensor tensor(shape);
  read_data(read, [&](std::int64_t at, std::int64_t got) {
    for (std::int64_t i = 0; i < got; ++i)
      tensor.data[at + i] = static_cast<Scalar>(piece[static_cast<std::size_t>(i)]);
  });
  return std::move(tensor.tensor);
}

}}  // namespace gradus
