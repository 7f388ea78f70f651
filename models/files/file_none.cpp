/// file.h for a target without files, such as a web page.
#include <gradus/models/file.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {
namespace {
[[noreturn]] void refuse(const std::string& path) {
  throw IoError(fmt::format("'{}': this build has no files", path));
}
}  // namespace

bool Descriptor::close() { return true; }
std::string read_file(const std::string& path, std::int64_t,
                      void (*)(std::string_view, const std::string&)) {
  refuse(path);
}
void write_file(const std::string& path, const std::vector<std::string_view>&) { refuse(path); }
bool create_file(const std::string& path) { refuse(path); }
void make_directory(const std::string& path) { refuse(path); }
void make_directories(const std::string& path) { refuse(path); }
void check_writable(const std::string& path) { refuse(path); }
std::int64_t file_size(const std::string&) { return -1; }
void remove_file(const std::string&) {}

AppendFile::AppendFile(std::string path, bool) : path_(std::move(path)) { refuse(path_); }
void AppendFile::write(std::string_view) { refuse(path_); }
void AppendFile::end_line() { refuse(path_); }
void AppendFile::truncate(std::int64_t) { refuse(path_); }

std::string host_name() { return "localhost"; }
long process_id() { return 1; }

InputFile::InputFile(const std::string& path) { refuse(path); }
std::size_t InputFile::read(void*, std::size_t) { refuse(path_); }
void InputFile::Close::operator()(z_stream_s*) const {}

// A checkpoint in memory has its checksum here, too.
std::uint32_t crc32(std::uint32_t before, std::string_view bytes) {
  std::uint32_t crc = ~before;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
  }
  return ~crc;
}

}}}  // namespace gradus::detail
