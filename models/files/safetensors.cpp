#include <gradus/models/safetensors.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include <gradus/models/file.h>
#include <gradus/models/utf8.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {
namespace {

using Json = nlohmann::json;
using Ordered = nlohmann::ordered_json;  // keeps the keys in the order in which they are set

constexpr std::string_view start = R"({"__metadata__":{"checksum":")", zeros = "00000000",
                           after_checksum = "\",", metadata_key = "__metadata__", version = "1";
constexpr std::size_t length_bytes = 8, digits_at = length_bytes + start.size(),
                      digits_end = digits_at + zeros.size();
constexpr std::size_t shortest_header = start.size() + zeros.size() + after_checksum.size(),
                      longest_header = 1 << 20, longest_name = 256;
constexpr int deepest = 4;  // of lists and objects in the header: 3, and one to name the error
constexpr std::int64_t longest_file = std::int64_t{1} << 34;
constexpr std::string_view dtype_names[] = {"F32", "F64", "I64"};

bool is_name(std::string_view name) {
  const auto is_control = [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; };
  return !name.empty() && name.size() <= longest_name && is_utf8(name) &&
         std::none_of(name.begin(), name.end(), is_control);
}
constexpr std::string_view name_rule = "must be 1 to 256 bytes of UTF-8 without control characters";

/// The checksum of `head`, with its eight digits taken as 0, and of the bytes in `rest`.
std::string checksum_of(std::string_view head, std::span<const StoredTensor> rest) {
  std::uint32_t checksum = crc32(0, head.substr(0, digits_at));
  checksum = crc32(checksum, zeros);
  checksum = crc32(checksum, head.substr(digits_end));
  for (const StoredTensor& tensor : rest) checksum = crc32(checksum, tensor.bytes);
  return fmt::format("{:08x}", checksum);
}

// ---- reading ------------------------------------------------------------------------------------

/// Parses the header. Refuses repeated keys, and nesting that no header of ours has, so that a
/// forged header takes little memory.
Json parse_header(std::string_view header, const std::string& path) {
  using Event = Json::parse_event_t;
  std::vector<std::set<std::string>> keys;  // of the objects that are open, by depth
  const auto inspect = [&](int depth, Event event, const Json& parsed) {
    const auto level = static_cast<std::size_t>(depth);
    if (event == Event::object_start || event == Event::array_start)
      check<FormatError>(depth < deepest, "{}: the header must nest at most {} deep", path,
                         deepest);
    if (event == Event::object_start) {
      keys.resize(level);
      keys.emplace_back();
    }
    if (event == Event::key) {
      const auto& key = parsed.get_ref<const std::string&>();
      check<FormatError>(keys[level - 1].insert(key).second, "{}: the key '{}' is there twice",
                         path, key);
    }
    return true;
  };
  try {
    return Json::parse(header, inspect);
  } catch (const Json::parse_error& e) {
    const std::size_t at = length_bytes + e.byte - std::min<std::size_t>(e.byte, 1);
    detail::fail<FormatError>("{}: byte {}: the header must be JSON", path, at);
  } catch (const Json::out_of_range&) {
    detail::fail<FormatError>("{}: the header holds a number out of range", path);
  }
}

std::map<std::string, std::string> read_metadata(const Json& metadata, const std::string& path) {
  std::map<std::string, std::string> texts;
  for (const auto& [key, text] : metadata.items()) {
    check<FormatError>(is_name(key), "{}: a metadata key {}", path, name_rule);
    check<FormatError>(text.is_string(), "{}: metadata '{}' must be a text", path, key);
    texts[key] = text.get<std::string>();
    check<FormatError>(is_utf8(texts[key]), "{}: metadata '{}' must not hold NUL", path, key);
  }
  const std::string given = texts["format"];
  const bool is_number = !given.empty() && given.size() < 10 && given[0] != '0' &&
                         given.find_first_not_of("0123456789") == given.npos;
  check<FormatError>(is_number, "{}: metadata 'format' must be a version", path);
  check<FormatError>(given == version, "{}: version {} is newer than {}; upgrade gradus", path,
                     given, version);
  texts.erase("checksum");
  texts.erase("format");
  return texts;
}

/// The entry of one tensor in the header.
struct Entry {
  using Numbers = std::vector<std::uint64_t>;

  const std::string* path;  ///< of the file, for errors
  StoredTensor tensor;
  std::uint64_t begin = 0, end = 0;  ///< of its data

  template <class... Args>
  void expect(bool ok, fmt::format_string<const Args&...> rule, const Args&... args) const {
    check<FormatError>(ok, "{}: tensor '{}': {}", *path, tensor.name, fmt::format(rule, args...));
  }

  Numbers numbers(std::string_view key, const Json& list) const {
    expect(list.is_array(), "{} must be a list", key);
    const auto is_whole = [](const Json& item) { return item.is_number_unsigned(); };
    expect(std::all_of(list.begin(), list.end(), is_whole), "{} must hold whole numbers >= 0", key);
    return list.get<Numbers>();
  }

  void read_member(const std::string& key, const Json& member) {
    if (key == "dtype") {
      expect(member.is_string(), "dtype must be a text");
      const auto known = std::find(std::begin(dtype_names), std::end(dtype_names), member);
      expect(known != std::end(dtype_names), "dtype must be F32, F64 or I64");
      tensor.dtype = static_cast<Dtype>(known - dtype_names);
    } else if (key == "shape") {
      for (const std::uint64_t extent : numbers(key, member)) {
        expect(tensor.shape.rank() < Shape::max_rank && extent <= std::uint64_t{1} << 60,
               "shape must be at most {} extents up to 2^60", Shape::max_rank);
        tensor.shape.push_back(static_cast<std::int64_t>(extent));
      }
    } else {
      expect(key == "data_offsets", "keys must be dtype, shape and data_offsets");
      const Numbers offsets = numbers(key, member);
      expect(offsets.size() == 2, "data_offsets must be two numbers");
      begin = offsets[0];
      end = offsets[1];
    }
  }

  void read(const Json& members) {
    expect(members.is_object(), "must be a JSON object");
    for (const auto& [key, member] : members.items()) read_member(key, member);
    for (const char* key : {"dtype", "shape", "data_offsets"})
      expect(members.contains(key), "{} is missing", key);
  }

  std::uint64_t count() const try {
    return static_cast<std::uint64_t>(tensor.shape.count());
  } catch (const ValueError&) {
    detail::fail<FormatError>("{}: tensor '{}': the element count must not overflow", *path,
                              tensor.name);
  }

  /// `at` is where the data of the tensor before ends.
  void find_bytes(std::string_view payload, std::uint64_t at) {
    const std::uint64_t size = count() * static_cast<std::uint64_t>(size_of(tensor.dtype));
    expect(begin == at, "data must begin at {} (got {})", at, begin);
    expect(end >= begin && end <= payload.size(), "data must end in [{}, {}] (got {})", begin,
           payload.size(), end);
    expect(end - begin == size, "shape {} of {} needs {} bytes (got {})", tensor.shape,
           name_of(tensor.dtype), size, end - begin);
    tensor.bytes = payload.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(size));
  }
};

std::vector<StoredTensor> read_tensors(const Json& header, std::string_view payload,
                                       const std::string& path) {
  std::vector<Entry> entries;
  for (const auto& [name, members] : header.items()) {
    if (name == metadata_key) continue;
    check<FormatError>(is_name(name), "{}: a tensor's name {}", path, name_rule);
    entries.push_back({&path, {name}});
    entries.back().read(members);
  }
  std::ranges::sort(entries, precedes, &Entry::tensor);
  std::vector<StoredTensor> tensors;
  std::uint64_t at = 0;
  for (Entry& entry : entries) {
    entry.find_bytes(payload, at);
    at = entry.end;
    tensors.push_back(std::move(entry.tensor));
  }
  check<FormatError>(at == payload.size(), "{}: {} bytes come after the last tensor", path,
                     payload.size() - at);
  return tensors;
}

/// Refuses a file that does not begin as ours do.
void check_start(std::string_view bytes, const std::string& path) {
  const bool ours = bytes.substr(std::min(length_bytes, bytes.size())).starts_with(start) &&
                    bytes.substr(std::min(digits_end, bytes.size())).starts_with(after_checksum);
  check<FormatError>(ours, "{}: byte {}: not a gradus checkpoint (bad magic)", path, length_bytes);
}

/// The header, after all checks that need no JSON.
std::string_view header_in(std::string_view bytes, const std::string& path) {
  check_start(bytes, path);
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), length_bytes);
  const std::size_t most = std::min(longest_header, bytes.size() - length_bytes);
  check<FormatError>(length >= shortest_header && length <= most,
                     "{}: byte 0: the header's length must be in [{}, {}] (got {})", path,
                     shortest_header, most, length);
  const std::string_view given = bytes.substr(digits_at, zeros.size());
  const std::string computed = checksum_of(bytes, {});
  check<FormatError>(given == computed,
                     "{}: byte {}: the file is damaged: its checksum is {}, not the one written "
                     "here",
                     path, digits_at, computed);
  return bytes.substr(length_bytes, static_cast<std::size_t>(length));
}

// ---- writing ------------------------------------------------------------------------------------

/// The header with a checksum of zeros; the tensors are sorted.
Ordered header_of(const TensorFile& file) {
  Ordered header = {{metadata_key, {{"checksum", zeros}, {"format", version}}}};
  for (const auto& [key, text] : file.metadata) {
    check(is_name(key), "save_tensors: a metadata key {} (got '{}')", name_rule, key);
    check(key != "checksum" && key != "format",
          "save_tensors: a metadata key must not be checksum or format (got '{}')", key);
    check(is_utf8(text), "save_tensors: metadata '{}' must be UTF-8 without NUL", key);
    header[metadata_key][key] = text;
  }
  auto& entries = header.get_ref<Ordered::object_t&>();  // a vector: adding takes no search
  std::set<std::string_view> names;
  std::int64_t begin = 0;
  for (const auto& [name, dtype, shape, bytes] : file.tensors) {
    check(is_name(name) && name != metadata_key, "save_tensors: a tensor's name {} (got '{}')",
          name_rule, name);
    check(names.insert(name).second,
          "save_tensors: the tensors' names must differ (got '{}' twice)", name);
    const auto size = static_cast<std::int64_t>(bytes.size());
    check(shape.count() <= longest_file && size == shape.count() * size_of(dtype),
          "save_tensors: '{}' of shape {} must be {} of {} (got {} bytes)", name, shape,
          shape.count(), name_of(dtype), size);
    const std::int64_t end = begin + size;
    check(end <= longest_file - std::int64_t{2 * longest_header},
          "save_tensors: the file must be at most {} bytes", longest_file);
    entries.emplace_back(name,
                         Ordered{{"dtype", name_of(dtype)},
                                 {"shape", std::vector<std::int64_t>(shape.begin(), shape.end())},
                                 {"data_offsets", {begin, end}}});
    begin = end;
  }
  return header;
}

/// Sorts the tensors; returns everything that the file holds before their bytes.
std::string head_of(TensorFile& file) {
  std::sort(file.tensors.begin(), file.tensors.end(), precedes);
  std::string head = std::string(length_bytes, '\0') + header_of(file).dump();
  head.resize((head.size() + 7) / 8 * 8, ' ');
  const std::uint64_t length = head.size() - length_bytes;
  check(length <= longest_header,
        "save_tensors: names and metadata must be at most {} bytes of JSON (got {})",
        longest_header, length);
  std::memcpy(head.data(), &length, length_bytes);
  head.replace(digits_at, zeros.size(), checksum_of(head, file.tensors));
  return head;
}

}  // namespace

std::string_view name_of(Dtype dtype) { return dtype_names[static_cast<std::size_t>(dtype)]; }

const StoredTensor* TensorFile::find(std::string_view name) const {
  const auto at = std::ranges::find(tensors, name, &StoredTensor::name);
  return at == tensors.end() ? nullptr : &*at;
}

void save_tensors(const std::string& path, TensorFile file) {
  const std::string head = head_of(file);
  std::vector<std::string_view> pieces = {head};
  for (const StoredTensor& tensor : file.tensors) pieces.push_back(tensor.bytes);
  write_file(path, pieces);
}

std::string format_tensors(TensorFile file) {
  std::string bytes = head_of(file);
  for (const StoredTensor& tensor : file.tensors) bytes += tensor.bytes;
  return bytes;
}

TensorFile load_tensors(const std::string& path) {
  return parse_tensors(read_file(path, longest_file, check_start), path);
}

TensorFile parse_tensors(std::string bytes, const std::string& path) {
  TensorFile file;
  file.content = std::make_shared<const std::string>(std::move(bytes));
  const std::string_view all = *file.content, header = header_in(all, path);
  const Json json = parse_header(header, path);
  file.metadata = read_metadata(json[metadata_key], path);
  file.tensors = read_tensors(json, all.substr(length_bytes + header.size()), path);
  return file;
}

}  // namespace detail
}}  // namespace gradus
