#include <gradus/models/safetensors.h>

#include <fmt/format.h>

#include <set>

#include <gradus/models/file.h>
#include <gradus/models/utf8.h>
#include <gradus/schedules/json_tree.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {
namespace {

using Json = JsonTree;
using Type = Json::Type;

constexpr std::string_view start = R"({"__metadata__":{"checksum":")", zeros = "00000000",
                           after_checksum = "\",", metadata_key = "__metadata__", version = "1";
constexpr std::size_t length_bytes = 8, digits_at = length_bytes + start.size(),
                      digits_end = digits_at + zeros.size();
constexpr std::size_t shortest_header = start.size() + zeros.size() + after_checksum.size(),
                      longest_header = 1 << 24, longest_name = 256;
constexpr int deepest = 4;  // of lists and objects in the header: 3, and one to name the error
constexpr std::int64_t longest_file = std::int64_t{1} << 34;
constexpr std::string_view dtype_names[] = {"F32", "F64", "I64", "F16", "BF16"};
constexpr std::int64_t own_dtypes = 3;  // those of our files

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

/// The value of a 16-bit float: 1 bit for the sign, 5 for the exponent, 10 for the fraction.
double half(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  const double size = exponent == 31  ? (fraction == 0 ? HUGE_VAL : std::nan(""))
                      : exponent == 0 ? std::ldexp(fraction, -24)
                                      : std::ldexp(1024 + fraction, exponent - 25);
  return bits >> 15 != 0 ? -size : size;
}

// ---- reading ------------------------------------------------------------------------------------

/// Parses the header. Refuses nesting that no header has, so that a forged one takes little memory.
Json parse_header(std::string_view header, const std::string& path) {
  return parse_json(header, deepest, [&](const JsonFault& fault) {
    using Kind = JsonFault::Kind;
    check<FormatError>(fault.kind != Kind::depth, "{}: the header must nest at most {} deep", path,
                       deepest);
    check<FormatError>(fault.kind != Kind::repeated, "{}: the key '{}' is there twice", path,
                       fault.text);
    check<FormatError>(fault.kind != Kind::range, "{}: the header holds a number out of range",
                       path);
    detail::fail<FormatError>("{}: byte {}: the header must be JSON", path,
                              length_bytes + std::max<std::size_t>(fault.position, 1) - 1);
  });
}

std::map<std::string, std::string> read_metadata(const Json& metadata, const std::string& path) {
  std::map<std::string, std::string> texts;
  for (const auto& [key, text] : metadata.members) {
    check<FormatError>(is_name(key), "{}: a metadata key {}", path, name_rule);
    check<FormatError>(text.is(Type::text), "{}: metadata '{}' must be a text", path, key);
    texts[key] = text.text;
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
  bool foreign;
  StoredTensor tensor;
  std::uint64_t begin = 0, end = 0;  ///< of its data

  template <class... Args>
  void expect(bool ok, fmt::format_string<const Args&...> rule, const Args&... args) const {
    check<FormatError>(ok, "{}: tensor '{}': {}", *path, tensor.name, fmt::format(rule, args...));
  }

  Numbers numbers(std::string_view key, const Json& list) const {
    expect(list.is(Type::list), "{} must be a list", key);
    Numbers all;
    for (const auto& [_, item] : list.members) {
      expect(item.is(Type::whole), "{} must hold whole numbers >= 0", key);
      all.push_back(item.whole);
    }
    return all;
  }

  void read_member(const std::string& key, const Json& member) {
    if (key == "dtype") {
      expect(member.is(Type::text), "dtype must be a text");
      const auto known = std::ranges::find(dtype_names, member.text) - std::begin(dtype_names);
      expect(known < (foreign ? std::ssize(dtype_names) : own_dtypes),
             "dtype must be {}F32, F64 or I64", foreign ? "F16, BF16, " : "");
      tensor.dtype = static_cast<Dtype>(known);
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
    expect(members.is(Type::object), "must be a JSON object");
    for (const auto& [key, member] : members.members) read_member(key, member);
    for (const char* key : {"dtype", "shape", "data_offsets"})
      expect(members.find(key), "{} is missing", key);
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

std::vector<StoredTensor> read_tensors(const Json& header, std::string_view payload, bool foreign,
                                       const std::string& path) {
  std::vector<Entry> entries;
  for (const auto& [name, members] : header.members) {
    if (name == metadata_key) continue;
    check<FormatError>(is_name(name), "{}: a tensor's name {}", path, name_rule);
    entries.push_back({&path, foreign, {name}});
    entries.back().read(members);
  }
  if (foreign)
    std::ranges::stable_sort(entries, {}, [](const Entry& e) { return std::pair(e.begin, e.end); });
  else
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
/// The same for any program's files.
void check_brace(std::string_view bytes, const std::string& path) {
  const bool known = bytes.size() > length_bytes && bytes[length_bytes] == '{';
  check<FormatError>(known, "{}: byte {}: not a safetensors file", path, length_bytes);
}

/// The bytes of the header, after all checks that need no JSON.
std::string_view header_in(std::string_view bytes, const std::string& path, bool foreign) {
  if (!foreign) check_start(bytes, path);
  const std::size_t shortest = foreign ? 2 : shortest_header;
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), length_bytes);
  const std::size_t most = std::min(longest_header, bytes.size() - length_bytes);
  check<FormatError>(length >= shortest && length <= most,
                     "{}: byte 0: the header's length must be in [{}, {}] (got {})", path, shortest,
                     most, length);
  const std::string computed = foreign ? "" : checksum_of(bytes, {});
  check<FormatError>(foreign || bytes.substr(digits_at, zeros.size()) == computed,
                     "{}: byte {}: the file is damaged: its checksum is {}, not the one written "
                     "here",
                     path, digits_at, computed);
  return bytes.substr(length_bytes, static_cast<std::size_t>(length));
}

TensorFile parse(std::string bytes, const std::string& path, bool foreign) {
  TensorFile file;
  file.content = std::make_shared<const std::string>(std::move(bytes));
  const std::string_view all = *file.content, header = header_in(all, path, foreign);
  const Json json = parse_header(header, path);
  if (!foreign) file.metadata = read_metadata(*json.find(metadata_key), path);
  file.tensors = read_tensors(json, all.substr(length_bytes + header.size()), foreign, path);
  return file;
}

// ---- writing ------------------------------------------------------------------------------------

/// The header with a checksum of zeros; the tensors are sorted.
std::string header_of(const TensorFile& file) {
  const auto quoted = [](std::string_view text) { return in_quotes(text, false, "save_tensors"); };
  std::string header =
      fmt::format("{}{}{}\"format\":\"{}\"", start, zeros, after_checksum, version);
  for (const auto& [key, text] : file.metadata) {
    check(is_name(key), "save_tensors: a metadata key {} (got '{}')", name_rule, key);
    check(key != "checksum" && key != "format",
          "save_tensors: a metadata key must not be checksum or format (got '{}')", key);
    check(is_utf8(text), "save_tensors: metadata '{}' must be UTF-8 without NUL", key);
    header += fmt::format(",{}:{}", quoted(key), quoted(text));
  }
  header += '}';
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
    header += fmt::format(R"(,{}:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})",
                          quoted(name), name_of(dtype), fmt::join(shape, ","), begin, end);
    begin = end;
  }
  return header += '}';
}

/// Sorts the tensors; returns everything that the file holds before their bytes.
std::string head_of(TensorFile& file) {
  std::sort(file.tensors.begin(), file.tensors.end(), precedes);
  std::string head = std::string(length_bytes, '\0') + header_of(file);
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

std::vector<double> StoredTensor::numbers() const {
  std::vector<double> all(static_cast<std::size_t>(shape.count()));
  const auto size = static_cast<std::size_t>(size_of(dtype));
  for (std::size_t i = 0; i < all.size(); ++i) {
    const char* const from = bytes.data() + i * size;
    const auto read = [&]<class T>(T number) {
      std::memcpy(&number, from, sizeof number);
      return number;
    };
    if (dtype == Dtype::f64) all[i] = read(double{});
    if (dtype == Dtype::f32) all[i] = read(float{});
    if (dtype == Dtype::i64) all[i] = static_cast<double>(read(std::int64_t{}));
    if (dtype == Dtype::f16) all[i] = half(read(std::uint16_t{}));
    if (dtype == Dtype::bf16)  // the upper half of a float
      all[i] = std::bit_cast<float>(std::uint32_t{read(std::uint16_t{})} << 16);
  }
  return all;
}

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

TensorFile load_foreign_tensors(const std::string& path) {
  return parse(read_file(path, longest_file, check_brace), path, true);
}

TensorFile parse_tensors(std::string bytes, const std::string& path) {
  return parse(std::move(bytes), path, false);
}

}}}  // namespace gradus::detail
