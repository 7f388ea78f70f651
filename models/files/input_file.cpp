#include <gradus/models/input_file.h>

#include <zlib.h>

#include <cerrno>
#include <new>
#include <system_error>

#include <gradus/models/file.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

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

std::uint32_t crc32(std::uint32_t before, std::string_view bytes) {
  if (bytes.empty()) return before;  // crc32_z starts again for a null pointer
  const auto* const data = reinterpret_cast<const Bytef*>(bytes.data());
  return static_cast<std::uint32_t>(crc32_z(before, data, bytes.size()));
}

}}}  // namespace gradus::detail
