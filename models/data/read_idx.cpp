#include <gradus/models/read_idx.h>

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <system_error>
#include <vector>

#include <gradus/models/file.h>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace detail {

InputFile::InputFile(const std::string& path) : path_(path) {
  Descriptor file = open_regular(path);
  file_.reset(gzdopen(file, "rb"));
  if (!file_) throw std::bad_alloc();
  file.release();  // file_ closes it from here on
}

std::size_t InputFile::read(void* to, std::size_t count) {
  const int got = gzread(file_.get(), to, static_cast<unsigned>(count));
  const int reason = errno;
  int status = Z_OK;
  gzerror(file_.get(), &status);
  if (status == Z_MEM_ERROR) throw std::bad_alloc();
  check<IoError>(status != Z_ERRNO, "cannot read '{}': {}", path_,
                 std::generic_category().message(reason));
  check<FormatError>(status != Z_BUF_ERROR, "{}: byte {}: the gzip data ends early", path_,
                     gzoffset(file_.get()));
  check<FormatError>(got >= 0, "{}: byte {}: the gzip data is damaged", path_,
                     gzoffset(file_.get()));
  return static_cast<std::size_t>(got);
}

void InputFile::Close::operator()(gzFile_s* file) const { gzclose(file); }

}  // namespace detail

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

  // Grows with what the file really holds: its promise alone must not allocate anything.
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
