#include <gradus/models/safetensors.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include <gradus/models/file.h>
#include <gradus/models/input_file.h>
#include <gradus/models/utf8.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {
namespace {

using Json = nlohmann::json;

constexpr std::string_view start = R"({"__metadata__":{"checksum":")", zeros = "00000000",
                           after_checksum = "\",", metadata_key = "__metadata__", version = "1";
constexpr std::size_t length_bytes = 8, digits_at = length_bytes + start.size(),
                      digits_end = digits_at + zeros.size();
constexpr std::size_t shortest_header = start.size() + zeros.size() + after_checksum.size(),
                      longest_header = 1 << 20, longest_name = 256;
constexpr int deepest = 4;  // of lists and objects in the header: 3, and one to name the error
constexpr std::int64_t longest_file = std::int64_t{1} << 34, most_elements = std::int64_t{1} << 60;
constexpr Dtype dtypes[] = {Dtype::f32, Dtype::f64, Dtype::i64};

bool is_name(std::string_view name) {
  const auto is_control = [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; };
  return !name.empty() && name.size() <= longest_name && is_utf8(name) &&
         std::none_of(name.begin(), name.end(), is_control);
}
constexpr std::string_view name_rule = "must be 1 to 256 bytes of UTF-8 without control characters";

/// The number of elements, or nothing for more than a Shape may have.
std::optional<std::int64_t> count_of(const Shape& shape) {
  std::int64_t n = 1;
  for (const std::int64_t e : shape) {
    if (e == 0) continue;
    if (n > most_elements / e) return std::nullopt;
    n *= e;
  }
  return std::find(shape.begin(), shape.end(), 0) == shape.end() ? n : 0;
}

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

/// Reads the entries of the tensors.
class TensorReader {
 public:
  TensorReader(const Json& header, std::string_view payload, const std::string& path)
      : header_(header), payload_(payload), path_(path) {}

  std::vector<StoredTensor> read() {
    std::vector<StoredTensor> tensors;
    for (const auto& [name, entry] : header_.items())
      if (name != metadata_key) tensors.push_back(described(name, entry));
    std::sort(tensors.begin(), tensors.end(), precedes);
    std::uint64_t at = 0;
    for (StoredTensor& tensor : tensors) find_bytes(tensor, at);
    check<FormatError>(at == payload_.size(), "{}: {} bytes come after the last tensor", path_,
                       payload_.size() - at);
    return tensors;
  }

 private:
  using Numbers = std::vector<std::uint64_t>;

  template <class... Args>
  void expect(bool ok, fmt::format_string<const Args&...> rule, const Args&... args) const {
    check<FormatError>(ok, "{}: tensor '{}': {}", path_, name_, fmt::format(rule, args...));
  }

  Numbers numbers(std::string_view key, const Json& list) const {
    expect(list.is_array(), "{} must be a list", key);
    const auto is_whole = [](const Json& item) { return item.is_number_unsigned(); };
    expect(std::all_of(list.begin(), list.end(), is_whole), "{} must hold whole numbers >= 0", key);
    return list.get<Numbers>();
  }

  Dtype dtype(const Json& text) const {
    expect(text.is_string(), "dtype must be a text");
    const auto known = std::find_if(std::begin(dtypes), std::end(dtypes),
                                    [&](Dtype dtype) { return name_of(dtype) == text; });
    expect(known != std::end(dtypes), "dtype must be F32, F64 or I64");
    return *known;
  }

  Shape shape(const Json& list) const {
    Shape shape;
    for (const std::uint64_t extent : numbers("shape", list)) {
      expect(shape.rank() < Shape::max_rank && extent <= std::uint64_t{1} << 60,
             "shape must be at most {} extents up to 2^60", Shape::max_rank);
      shape.push_back(static_cast<std::int64_t>(extent));
    }
    return shape;
  }

  /// The tensor as its entry describes it, without its bytes.
  StoredTensor described(const std::string& name, const Json& entry) {
    check<FormatError>(is_name(name), "{}: a tensor's name {}", path_, name_rule);
    name_ = name;
    expect(entry.is_object(), "must be a JSON object");
    StoredTensor tensor{name};
    for (const auto& [key, v] : entry.items()) {
      expect(key == "dtype" || key == "shape" || key == "data_offsets",
             "keys must be dtype, shape and data_offsets");
      if (key == "dtype") tensor.dtype = dtype(v);
      if (key == "shape") tensor.shape = shape(v);
      if (key == "data_offsets")
        expect(numbers(key, v).size() == 2, "data_offsets must be two numbers");
    }
    for (const char* key : {"dtype", "shape", "data_offsets"})
      expect(entry.contains(key), "{} is missing", key);
    return tensor;
  }

  /// `at` is where the data of the tensor before ends, and becomes where this one's ends.
  void find_bytes(StoredTensor& tensor, std::uint64_t& at) {
    name_ = tensor.name;
    const Numbers offsets = header_[name_]["data_offsets"];
    const std::uint64_t begin = offsets[0], end = offsets[1];
    const std::optional<std::int64_t> count = count_of(tensor.shape);
    expect(count.has_value(), "the element count must not overflow (limit 2^60)");
    expect(begin == at, "data must begin at {} (got {})", at, begin);
    expect(end >= begin && end <= payload_.size(), "data must end in [{}, {}] (got {})", begin,
           payload_.size(), end);
    const auto size =
        static_cast<std::uint64_t>(*count) * static_cast<std::uint64_t>(size_of(tensor.dtype));
    expect(end - begin == size, "shape {} of {} needs {} bytes (got {})", tensor.shape,
           name_of(tensor.dtype), size, end - begin);
    tensor.bytes = payload_.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(size));
    at = end;
  }

  const Json& header_;
  std::string_view payload_;
  const std::string& path_;
  std::string name_;  ///< of the tensor under way, for the errors
};

/// The header, after all checks that need no JSON.
std::string_view header_in(std::string_view bytes, const std::string& path) {
  const bool ours = bytes.substr(std::min(length_bytes, bytes.size())).starts_with(start) &&
                    bytes.substr(std::min(digits_end, bytes.size())).starts_with(after_checksum);
  check<FormatError>(ours, "{}: byte {}: not a gradus checkpoint (bad magic)", path, length_bytes);
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

void check_metadata(const TensorFile& file) {
  for (const auto& [key, text] : file.metadata) {
    check(is_name(key), "save_tensors: a metadata key {} (got '{}')", name_rule, key);
    check(key != "checksum" && key != "format",
          "save_tensors: a metadata key must not be checksum or format (got '{}')", key);
    check(is_utf8(text), "save_tensors: metadata '{}' must be UTF-8 without NUL", key);
  }
}

void check_tensors(const TensorFile& file) {
  const std::string* last = nullptr;
  std::int64_t total = 0;
  for (const auto& [name, dtype, shape, bytes] : file.tensors) {
    check(is_name(name) && name != metadata_key, "save_tensors: a tensor's name {} (got '{}')",
          name_rule, name);
    check(!last || *last != name, "save_tensors: the tensors' names must differ (got '{}' twice)",
          name);
    last = &name;
    const auto size = static_cast<std::int64_t>(bytes.size());
    check(shape.count() <= longest_file && size == shape.count() * size_of(dtype),
          "save_tensors: '{}' of shape {} must be {} of {} (got {} bytes)", name, shape,
          shape.count(), name_of(dtype), size);
    total += size;
    check(size <= longest_file && total <= longest_file - std::int64_t{2 * longest_header},
          "save_tensors: the file must be at most {} bytes", longest_file);
  }
}

std::string quoted(const std::string& text) { return Json(text).dump(); }

/// Sorts the tensors; returns everything that the file holds before their bytes.
std::string head_of(TensorFile& file) {
  std::sort(file.tensors.begin(), file.tensors.end(), precedes);
  check_metadata(file);
  check_tensors(file);
  std::string head(length_bytes, '\0');
  head.append(start).append(zeros).append(after_checksum);
  head += fmt::format(R"("format":"{}")", version);
  for (const auto& [key, text] : file.metadata)
    head.append(",").append(quoted(key)).append(":").append(quoted(text));
  head += '}';
  std::size_t at = 0;
  for (const auto& [name, dtype, shape, bytes] : file.tensors) {
    std::string extents;
    for (const std::int64_t e : shape)
      extents += fmt::format("{}{}", extents.empty() ? "" : ",", e);
    head += fmt::format(R"(,{}:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})", quoted(name),
                        name_of(dtype), extents, at, at + bytes.size());
    at += bytes.size();
  }
  head += '}';
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

std::string_view name_of(Dtype dtype) {
  return dtype == Dtype::f32 ? "F32" : dtype == Dtype::f64 ? "F64" : "I64";
}

const StoredTensor* TensorFile::find(std::string_view name) const {
  for (const Dtype dtype :
       {Dtype::f64, Dtype::f32}) {  // f64 stands for i64: only the size counts in the order
    const StoredTensor wanted{std::string(name), dtype};
    const auto at = std::lower_bound(tensors.begin(), tensors.end(), wanted, precedes);
    if (at != tensors.end() && at->name == name) return &*at;
  }
  return nullptr;
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
  return parse_tensors(read_file(path, longest_file), path);
}

TensorFile parse_tensors(std::string bytes, const std::string& path) {
  TensorFile file;
  file.content = std::make_shared<const std::string>(std::move(bytes));
  const std::string_view all = *file.content, header = header_in(all, path);
  const Json json = parse_header(header, path);
  file.metadata = read_metadata(json[metadata_key], path);
  file.tensors = TensorReader(json, all.substr(length_bytes + header.size()), path).read();
  return file;
}

}  // namespace detail
}}  // namespace gradus
