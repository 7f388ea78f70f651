#include <gradus/models/event_file.h>

#include <chrono>

#include <gradus/models/utf8.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {
namespace {

/// The CRC-32C (Castagnoli) of RFC 3720, masked: a check sum over data that holds check sums says
/// little, so TensorFlow stores them disguised.
std::uint32_t masked_crc(std::string_view bytes) {
  std::uint32_t crc = ~0u;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
  }
  return std::rotr(~crc, 15) + 0xa282ead8u;
}

// ---- the Protocol Buffers encoding --------------------------------------------------------------

/// Lowest byte first.
std::string fixed(std::uint64_t bits, int size) {
  std::string bytes;
  for (int i = 0; i < size; ++i) bytes += static_cast<char>(bits >> 8 * i & 255);
  return bytes;
}

std::string varint(std::uint64_t n) {
  std::string bytes;
  for (; n >= 128; n >>= 7) bytes += static_cast<char>(n % 128 + 128);
  return bytes + static_cast<char>(n);
}

enum class Wire { varint = 0, eight_bytes = 1, length_first = 2, four_bytes = 5 };

std::string field(std::uint64_t number, Wire wire, std::string_view content) {
  std::string bytes = varint(number * 8 + static_cast<std::uint64_t>(wire));
  if (wire == Wire::length_first) bytes += varint(content.size());
  return bytes.append(content);
}

std::string time_field(double time) {
  return field(1, Wire::eight_bytes, fixed(std::bit_cast<std::uint64_t>(time), 8));
}

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string step_field(Step step) {
  return field(2, Wire::varint, varint(static_cast<std::uint64_t>(step)));
}

constexpr std::string_view name_start = "events.out.tfevents.";

std::string new_file_in(const std::string& directory) {
  make_directory(directory);
  const std::string stem = fmt::format("{}/{}{}.{}.{}.", directory, name_start,
                                       static_cast<std::int64_t>(now()), host_name(), process_id());
  for (int n = 0;; ++n)
    if (std::string path = stem + std::to_string(n); create_file(path)) return path;
}

}  // namespace

std::string scalar_event(double time, Step step, std::string_view tag, double value) {
  const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(value));
  const auto point = field(1, Wire::length_first, tag) + field(2, Wire::four_bytes, fixed(bits, 4));
  return time_field(time) + step_field(step) +
         field(5, Wire::length_first, field(1, Wire::length_first, point));
}

std::string start_event(double time, Step step) {
  return time_field(time) + step_field(step) +
         field(7, Wire::length_first, field(1, Wire::varint, varint(1)));
}

std::string event_record(std::string_view event) {
  const std::string length = fixed(event.size(), 8);
  return (length + fixed(masked_crc(length), 4)).append(event) + fixed(masked_crc(event), 4);
}

EventFile::EventFile(const std::string& directory) : file_(new_file_in(directory), true) {
  file_.write(event_record(time_field(now()) + field(3, Wire::length_first, "brain.Event:2")));
}

void EventFile::add(std::string_view tag, double value, Step step) {
  check(is_utf8(tag), "EventFile: tag must be UTF-8 without NUL");
  file_.write(event_record(scalar_event(now(), step, tag, value)));
}

void EventFile::start_session(Step step) { file_.write(event_record(start_event(now(), step))); }

bool EventFile::is_name(std::string_view name) {
  return name.starts_with(name_start) && is_utf8(name) && name.find('/') == name.npos;
}

}}}  // namespace gradus::detail
