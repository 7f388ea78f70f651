#include <gradus/models/safetensors.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

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

/// Of a file that begins with `head`, whatever its eight digits are.
std::string checksum_of(std::string_view head, std::span<const StoredTensor> rest) {
  std::uint32_t checksum = crc32(0, head.substr(0, digits_at));
  checksum = crc32(checksum, zeros);
  checksum = crc32(checksum, head.substr(digits_end));
  for (const StoredTensor& tensor : rest) checksum = crc32(checksum, tensor.bytes);
  return fmt::format("{:08x}", checksum);
}

// ---- reading ------------------------------------------------------------------------------------

/// Told by the parser what the header holds; refuses all but what is expected in its place, so
/// that depth and size are bounded without being counted.
class HeaderReader final : public nlohmann::json_sax<Json> {
 public:
  HeaderReader(const std::string& path, std::string_view payload, TensorFile& file)
      : path_(path), payload_(payload), file_(file) {}

  bool null() override { unexpected(); }
  bool boolean(bool) override { unexpected(); }
  bool number_integer(number_integer_t) override { unexpected(); }
  bool number_float(number_float_t, const string_t&) override { unexpected(); }
  bool binary(binary_t&) override { unexpected(); }

  bool number_unsigned(number_unsigned_t number) override {
    if (place_ == Place::shape) {
      expect(shape().rank() < Shape::max_rank && number <= std::uint64_t{1} << 60,
             "shape must be at most {} extents up to 2^60", Shape::max_rank);
      shape().push_back(static_cast<std::int64_t>(number));
    } else if (place_ == Place::offsets) {
      expect(offset_count_ < 2, "data_offsets must be two numbers");
      offsets_[offset_count_++] = number;
    } else {
      unexpected();
    }
    return true;
  }

  bool string(string_t& text) override {
    if (place_ == Place::metadata) {
      check<FormatError>(is_utf8(text), "{}: metadata '{}' must not hold NUL", path_, key_);
      file_.metadata[key_] = std::move(text);
    } else if (place_ == Place::tensor && key_ == "dtype") {
      const auto known = std::find_if(std::begin(dtypes), std::end(dtypes),
                                      [&](Dtype dtype) { return name_of(dtype) == text; });
      expect(known != std::end(dtypes), "dtype must be F32, F64 or I64");
      tensor().dtype = *known;
    } else {
      unexpected();
    }
    return true;
  }

  bool key(string_t& name) override {
    if (place_ == Place::top) {
      const bool first = key_.empty();  // then it is the metadata: files begin with it
      check<FormatError>(first || name != metadata_key, "{}: the key '{}' is there twice", path_,
                         name);
      if (!first) start_tensor(name);
    } else if (place_ == Place::metadata) {
      check<FormatError>(is_name(name), "{}: a metadata key {}", path_, name_rule);
      check<FormatError>(!file_.metadata.contains(name), "{}: the key '{}' is there twice", path_,
                         name);
    } else {
      const auto field = std::find(fields.begin(), fields.end(), name);
      expect(field != fields.end(), "keys must be dtype, shape and data_offsets");
      bool& seen = seen_[static_cast<std::size_t>(field - fields.begin())];
      expect(!seen, "the key '{}' is there twice", name);
      seen = true;
    }
    key_ = std::move(name);
    return true;
  }

  bool start_object(std::size_t) override {
    if (place_ == Place::outside)
      place_ = Place::top;
    else if (place_ == Place::top)
      place_ = key_ == metadata_key ? Place::metadata : Place::tensor;
    else
      unexpected();
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ != Place::tensor || key_ == "dtype") unexpected();
    place_ = key_ == "shape" ? Place::shape : Place::offsets;
    return true;
  }

  bool end_array() override {
    place_ = Place::tensor;
    return true;
  }

  bool end_object() override {
    if (place_ == Place::metadata) check_version();
    if (place_ == Place::tensor) end_tensor();
    if (place_ == Place::top)
      check<FormatError>(at_ == payload_.size(), "{}: {} bytes come after the last tensor", path_,
                         payload_.size() - at_);
    place_ = Place::top;
    return true;
  }

  bool parse_error(std::size_t read, const std::string&,
                   const nlohmann::detail::exception&) override {
    detail::fail<FormatError>("{}: byte {}: the header must be JSON", path_,
                              length_bytes + read - std::min<std::size_t>(read, 1));
  }

 private:
  enum class Place { outside, top, metadata, tensor, shape, offsets };
  static constexpr std::array<std::string_view, 3> fields = {"dtype", "shape", "data_offsets"};

  StoredTensor& tensor() { return file_.tensors.back(); }
  Shape& shape() { return tensor().shape; }

  template <class... Args>
  void expect(bool ok, fmt::format_string<const Args&...> rule, const Args&... args) {
    if (!ok) refuse(fmt::format(rule, args...));
  }

  [[noreturn]] void refuse(const std::string& why) {
    detail::fail<FormatError>("{}: tensor '{}': {}", path_, tensor().name, why);
  }

  [[noreturn]] void unexpected() {
    if (place_ == Place::metadata)
      detail::fail<FormatError>("{}: metadata '{}' must be a text", path_, key_);
    if (place_ == Place::top) refuse("must be a JSON object");
    const bool inside = place_ == Place::shape || place_ == Place::offsets;
    refuse(key_ + (inside            ? " must hold whole numbers >= 0"
                   : key_ == "dtype" ? " must be a text"
                                     : " must be a list"));
  }

  void check_version() {
    const auto format = file_.metadata.find("format");
    const std::string given = format == file_.metadata.end() ? "" : format->second;
    const bool is_number = !given.empty() && given.size() < 10 && given[0] != '0' &&
                           given.find_first_not_of("0123456789") == given.npos;
    check<FormatError>(is_number, "{}: metadata 'format' must be a version", path_);
    check<FormatError>(given == version, "{}: version {} is newer than {}; upgrade gradus", path_,
                       given, version);
    file_.metadata.erase("checksum");
    file_.metadata.erase("format");
  }

  void start_tensor(const std::string& name) {
    check<FormatError>(is_name(name), "{}: a tensor's name {}", path_, name_rule);
    file_.tensors.push_back({name});
    seen_ = {};
    offset_count_ = 0;
  }

  void end_tensor() {
    for (std::size_t i = 0; i < fields.size(); ++i) expect(seen_[i], "{} is missing", fields[i]);
    check_order();
    expect(offset_count_ == 2, "data_offsets must be two numbers");
    const std::optional<std::int64_t> count = count_of(shape());
    expect(count.has_value(), "the element count must not overflow (limit 2^60)");
    const auto [begin, end] = offsets_;
    expect(begin == at_, "data must begin at {} (got {})", at_, begin);
    expect(end >= begin && end <= payload_.size(), "data must end in [{}, {}] (got {})", begin,
           payload_.size(), end);
    const auto size =
        static_cast<std::uint64_t>(*count) * static_cast<std::uint64_t>(size_of(tensor().dtype));
    expect(end - begin == size, "shape {} of {} needs {} bytes (got {})", shape(),
           name_of(tensor().dtype), size, end - begin);
    tensor().bytes = payload_.substr(begin, size);
    at_ = end;
  }

  void check_order() {
    if (file_.tensors.size() < 2) return;
    const std::string &name = tensor().name, &last = file_.tensors.end()[-2].name;
    const bool sorted = precedes(file_.tensors.end()[-2], tensor());
    check<FormatError>(sorted || name == last, "{}: tensor '{}': must be sorted before '{}'", path_,
                       name, last);
    check<FormatError>(sorted && file_.find(name) == &tensor(), "{}: the key '{}' is there twice",
                       path_, name);
  }

  const std::string& path_;
  std::string_view payload_;
  TensorFile& file_;
  Place place_ = Place::outside;
  std::string key_;
  std::array<bool, 3> seen_ = {};
  std::array<std::uint64_t, 2> offsets_ = {};
  std::size_t offset_count_ = 0;
  std::uint64_t at_ = 0;  ///< where the next tensor's data begins
};

/// The header, after what can be told from the bytes alone has been checked.
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
  return bytes.substr(length_bytes, length);
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

/// Sorts the tensors, and returns all that comes before their bytes.
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
  for (const Dtype dtype : {Dtype::f64, Dtype::f32}) {  // either stands for all of its size
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
  HeaderReader reader(path, all.substr(length_bytes + header.size()), file);
  Json::sax_parse(header.begin(), header.end(), &reader);
  return file;
}

}  // namespace detail
}}  // namespace gradus
