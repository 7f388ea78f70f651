#include <gradus/models/safetensors.h>

#include <doctest/doctest.h>
#include <zlib.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <functional>
#include <random>

#include <gradus/models/file.h>

#include "data_files.h"

namespace {

using namespace gradus;
using namespace gradus::detail;
using namespace std::string_literals;
using data_files::Folder;

constexpr std::size_t digits_at = 8 + 29;

/// Writes the right checksum into a file, as whoever forges one would.
std::string with_checksum(std::string bytes) {
  if (bytes.size() < digits_at + 8) return bytes;
  bytes.replace(digits_at, 8, "00000000");
  const uLong crc =
      crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size()));
  return bytes.replace(digits_at, 8, fmt::format("{:08x}", crc));
}

std::string with_length(std::uint64_t length, const std::string& rest) {
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + rest;
}

/// A file with this header after its beginning, whatever that makes of it.
const std::string beginning = R"({"__metadata__":{"checksum":"00000000",)";
std::string forged(const std::string& header, const std::string& payload = "") {
  return with_checksum(with_length(beginning.size() + header.size(), beginning + header + payload));
}
/// With the usual metadata, and these tensors.
std::string forged_tensors(const std::string& tensors, const std::string& payload = "") {
  return forged(R"("format":"1"},)" + tensors + "}", payload);
}

std::string tensor_text(const std::string& name, const std::string& shape, const std::string& from,
                        const std::string& to) {
  return fmt::format(R"("{}":{{"dtype":"F32","shape":[{}],"data_offsets":[{},{}]}})", name, shape,
                     from, to);
}

std::string text_of_many(const std::string& text, int count) {
  std::string all;
  while (count-- > 0) all += text;
  return all;
}

void expect_refused(const std::string& bytes, const std::string& what) {
  CAPTURE(what);
  CHECK_THROWS_WITH_AS(parse_tensors(bytes, "m.safetensors"), ("m.safetensors: " + what).c_str(),
                       FormatError);
}

// ---- three files --------------------------------------------------------------------------------

constexpr float f32s[] = {1, -2.5, 3};
constexpr double f64s[] = {0.1};
constexpr std::int64_t i64s[] = {-1, INT64_MAX};

TensorFile tiny() { return {{}, {StoredTensor::of<float>("w", {2}, {f32s, 2})}}; }
TensorFile empty() { return {}; }
TensorFile mixed() {
  return {{{"model", "Dense(units=4)\n\"quoted\" \xc3\xa9"}, {"step", "12"}},
          {StoredTensor::of<std::int64_t>("z/count", {2, 1}, i64s),
           StoredTensor::of<float>("dense/kernel", {3, 1}, f32s),
           StoredTensor::of<double>("\xe2\x82\xac", {}, f64s),
           StoredTensor::of<float>("dense/bias", {0, 4}, {}),
           StoredTensor::of<float>("\"\\", {1, 1, 1, 1, 1, 1, 1, 1}, {f32s, 1})}};
}
const std::function<TensorFile()> three_files[] = {tiny, empty, mixed};

void check_same(const TensorFile& a, TensorFile b) {
  std::sort(b.tensors.begin(), b.tensors.end(),
            [](const auto& x, const auto& y) { return x.name < y.name; });
  CHECK(a.metadata == b.metadata);
  REQUIRE(a.tensors.size() == b.tensors.size());
  for (std::size_t i = 0; i < a.tensors.size(); ++i) {
    CHECK(a.tensors[i].name == b.tensors[i].name);
    CHECK(a.tensors[i].dtype == b.tensors[i].dtype);
    CHECK(a.tensors[i].shape == b.tensors[i].shape);
    CHECK(a.tensors[i].bytes == b.tensors[i].bytes);
  }
}

/// Whether bytes are a file or refused; anything else ends the test. A file must be sound.
bool is_file(const std::string& bytes) {
  TensorFile file;
  try {
    file = parse_tensors(bytes, "m");
  } catch (const FormatError&) {
    return false;
  }
  std::uint64_t touched = 0;
  for (const StoredTensor& tensor : file.tensors) {
    const auto size = static_cast<std::uint64_t>(tensor.shape.count() * size_of(tensor.dtype));
    REQUIRE(tensor.bytes.size() == size);
    for (const char c : tensor.bytes) touched += static_cast<unsigned char>(c);
    REQUIRE(file.find(tensor.name) == &tensor);
  }
  REQUIRE(touched <= 255 * bytes.size());
  const std::string again = format_tensors(file);
  REQUIRE(format_tensors(parse_tensors(again, "m")) == again);
  return true;
}

}  // namespace

TEST_CASE("a small file, byte by byte") {
  const std::string bytes =
      "\x70\x00\x00\x00\x00\x00\x00\x00"
      R"({"__metadata__":{"checksum":"1fcf10da","format":"1"},)"
      R"("w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}      )"
      "\x00\x00\x80\x3f\x00\x00\x20\xc0"s;
  CHECK(format_tensors(tiny()) == bytes);
  check_same(parse_tensors(bytes, "m"), tiny());
}

TEST_CASE("what is saved is read back") {
  const Folder folder;
  const std::string path = folder.path("m.safetensors");
  for (const auto& file : three_files) {
    save_tensors(path, file());
    CHECK(read_file(path, 1 << 20) == format_tensors(file()));
    CHECK(read_file(path, 1 << 20).size() % 4 == 0);
    check_same(load_tensors(path), file());
  }
  const TensorFile file = load_tensors(path);
  const TensorFile copy = file;
  REQUIRE(copy.find("dense/kernel") != nullptr);
  std::vector<float> kernel(3);
  copy.find("dense/kernel")->copy_to<float>(kernel);
  CHECK(kernel == std::vector<float>{1, -2.5, 3});
  std::vector<std::int64_t> counts(2);
  copy.find("z/count")->copy_to<std::int64_t>(counts);
  CHECK(counts == std::vector<std::int64_t>{-1, INT64_MAX});
  CHECK(copy.find("dense") == nullptr);
  CHECK(copy.find("zz") == nullptr);
  copy.find("dense/bias")->copy_to<float>({});
  std::vector<double> doubles(3);
  CHECK_THROWS_WITH_AS(copy.find("dense/kernel")->copy_to<double>(doubles),
                       "StoredTensor: 'dense/kernel' must be 3 of F64 (got 3 of F32)", ValueError);
  kernel.resize(2);
  CHECK_THROWS_AS(copy.find("dense/kernel")->copy_to<float>(kernel), ValueError);
  CHECK_THROWS_WITH_AS(
      load_tensors(folder.path("none")),
      ("cannot open '" + folder.path("none") + "': No such file or directory").c_str(), IoError);
}

TEST_CASE("Python reads a saved file") {
  if (!std::filesystem::exists("/usr/bin/python3")) {
    MESSAGE("no /usr/bin/python3: skipped");
    return;
  }
  const Folder folder;
  save_tensors(folder.path("m.safetensors"), mixed());
  const std::string script = folder.write("read.py", R"(
import json, struct, sys, zlib
raw = open(sys.argv[1], 'rb').read()
n, = struct.unpack('<Q', raw[:8])
header = json.loads(raw[8:8 + n].decode('utf-8'))
texts = header.pop('__metadata__')
given = texts.pop('checksum').encode()
assert n % 8 == 0 and raw[37:45] == given
assert b'%08x' % zlib.crc32(raw[:37] + b'0' * 8 + raw[45:]) == given
print(json.dumps(texts))
letters, end = {'F32': 'f', 'F64': 'd', 'I64': 'q'}, 0
for name, entry in header.items():
    begin, end = entry['data_offsets']
    data = raw[8 + n + begin:8 + n + end]
    letter = letters[entry['dtype']]
    numbers = struct.unpack('<%d%s' % (len(data) // struct.calcsize(letter), letter), data)
    print(json.dumps(name), entry['shape'], *numbers)
assert len(raw) == 8 + n + end
)");
  const std::string command =
      "/usr/bin/python3 " + script + " " + folder.path("m.safetensors") + " 2>&1";
  std::FILE* const output = popen(command.c_str(), "r");
  REQUIRE(output != nullptr);
  std::string printed;
  for (int c = 0; (c = std::fgetc(output)) != EOF;) printed += static_cast<char>(c);
  CHECK(pclose(output) == 0);
  CHECK(printed == R"({"format": "1", "model": "Dense(units=4)\n\"quoted\" \u00e9", "step": "12"}
"\"\\" [1, 1, 1, 1, 1, 1, 1, 1] 1.0
"dense/bias" [0, 4]
"dense/kernel" [3, 1] 1.0 -2.5 3.0
"z/count" [2, 1] -1 9223372036854775807
"\u20ac" [] 0.1
)");
}

TEST_CASE("what breaks a rule is not saved") {
  const auto refused = [](const TensorFile& file, const std::string& what) {
    CHECK_THROWS_WITH_AS(format_tensors(file), ("save_tensors: " + what).c_str(), ValueError);
  };
  const auto named = [](const std::string& name) {
    return TensorFile{{}, {StoredTensor::of<float>(name, {}, {f32s, 1})}};
  };
  const std::string rule = "must be 1 to 256 bytes of UTF-8 without control characters";
  for (const std::string& name : {""s, "a\nb"s, "a\0"s, "\xff"s, "\xed\xa0\x80"s, "\x7f"s,
                                  std::string(257, 'n'), "__metadata__"s})
    refused(named(name), "a tensor's name " + rule + " (got '" + name + "')");
  CHECK(is_file(format_tensors(named(std::string(256, 'n')))));
  refused({{{"", "x"}}}, "a metadata key " + rule + " (got '')");
  refused({{{"format", "1"}}}, "a metadata key must not be checksum or format (got 'format')");
  refused({{{"a", "\xff"}}}, "metadata 'a' must be UTF-8 without NUL");
  TensorFile twice = tiny();
  twice.tensors.push_back(twice.tensors[0]);
  refused(twice, "the tensors' names must differ (got 'w' twice)");
  TensorFile wrong = tiny();
  wrong.tensors[0].shape = {3};
  refused(wrong, "'w' of shape (3) must be 3 of F32 (got 8 bytes)");
  refused({{{"a", std::string(1 << 20, 'x')}}},
          "names and metadata must be at most 1048576 bytes of JSON (got 1048640)");
}

TEST_CASE("what is no checkpoint is refused") {
  const std::string magic = "byte 8: not a gradus checkpoint (bad magic)";
  for (const std::string& bytes :
       {""s, "x"s, "a text that is longer than the header of a checkpoint must be\n"s,
        std::string(100, '\0'), "PK\3\4"s + std::string(100, 'z'),
        with_checksum(with_length(40, R"({"__metadata__":{"checksum":"00000000"}})")),
        with_length(10, R"({"w":{}}  )"),  // safetensors, not ours
        with_length(40, R"({"__metadata__":{"format":"pt"}}        )")})
    expect_refused(bytes, magic);
}

TEST_CASE("a header of the wrong length is refused") {
  const std::string whole = format_tensors(tiny()), rest = whole.substr(8);
  const auto refused = [&](std::uint64_t length) {
    expect_refused(
        with_checksum(with_length(length, rest)),
        fmt::format("byte 0: the header's length must be in [39, 120] (got {})", length));
  };
  for (const std::uint64_t length :
       {std::uint64_t{0}, std::uint64_t{38}, std::uint64_t{121}, std::uint64_t{1} << 32,
        std::uint64_t{1} << 63, ~std::uint64_t{0}, ~std::uint64_t{7}})
    refused(length);
  const std::string large = forged(R"("format":"1"}})" + std::string(1 << 20, ' '));
  expect_refused(large, "byte 0: the header's length must be in [39, 1048576] (got 1048629)");
}

TEST_CASE("every cut and every changed byte is found") {
  for (const auto& file : three_files) {
    const std::string whole = format_tensors(file());
    REQUIRE(is_file(whole));
    std::size_t found = 0, tried = 0;
    for (std::size_t n = 0; n < whole.size(); ++n, ++tried)
      found += is_file(whole.substr(0, n)) ? 0 : 1;
    for (std::size_t i = 0; i < whole.size(); ++i)
      for (int change = 1; change < 256; ++change, ++tried) {
        std::string damaged = whole;
        damaged[i] = static_cast<char>(damaged[i] ^ change);
        found += is_file(damaged) ? 0 : 1;
      }
    for (const std::string& more : {"\0"s, " "s, "\0\0\0\0\0\0\0\0"s}) {
      ++tried;
      found += is_file(whole + more) ? 0 : 1;
    }
    CHECK(tried > 10'000);
    CHECK(found == tried);
  }
  std::string damaged = format_tensors(tiny());
  damaged.back() = 'x';
  expect_refused(damaged,
                 "byte 37: the file is damaged: its checksum is da752b64, not the one written "
                 "here");
}

TEST_CASE("a forged header is refused with the reason") {
  const auto w = [](const std::string& from, const std::string& to) {
    return tensor_text("w", "2", from, to);
  };
  const std::string eight(8, 'x'), sixteen(16, 'x'), version = R"("format":"1"})";
  const auto entry = [](const std::string& members) { return "\"w\":{" + members + "}"; };
  CHECK(is_file(forged_tensors(w("0", "8"), eight)));
  const struct {
    std::string bytes, what;
  } cases[] = {
      // versions
      {forged(R"("format":"9"}})"), "version 9 is newer than 1; upgrade gradus"},
      {forged(R"("format":"9"},"w":{"new":[[]]}})"), "version 9 is newer than 1; upgrade gradus"},
      {forged(R"("a":"b"}})"), "metadata 'format' must be a version"},
      {forged(R"("format":"0"}})"), "metadata 'format' must be a version"},
      {forged(R"("format":"1.0"}})"), "metadata 'format' must be a version"},
      {forged(R"("format":1}})"), "metadata 'format' must be a text"},
      // keys
      {forged(R"("checksum":"1"}})"), "the key 'checksum' is there twice"},
      {forged(R"("format":"1","a":"","a":""}})"), "the key 'a' is there twice"},
      {forged(version + R"(,"__metadata__":{}})"), "the key '__metadata__' is there twice"},
      {forged_tensors(w("0", "8") + "," + w("0", "8"), eight), "the key 'w' is there twice"},
      {forged_tensors(w("0", "8") + "," + tensor_text("v", "2", "8", "16"), sixteen),
       "tensor 'v': must be sorted before 'w'"},
      {forged_tensors(entry(R"("dtype":"F32","dtype":"F32")")),
       "tensor 'w': the key 'dtype' is there twice"},
      {forged_tensors(entry(R"("dtype":"F32","strides":[1])")),
       "tensor 'w': keys must be dtype, shape and data_offsets"},
      {forged_tensors(entry(R"("dtype":"F32","shape":[2])"), eight),
       "tensor 'w': data_offsets is missing"},
      {forged_tensors(entry("")), "tensor 'w': dtype is missing"},
      // types
      {forged_tensors(entry(R"("dtype":"F16")")), "tensor 'w': dtype must be F32, F64 or I64"},
      {forged_tensors(entry(R"("dtype":"f32")")), "tensor 'w': dtype must be F32, F64 or I64"},
      {forged_tensors(entry(R"("dtype":1)")), "tensor 'w': dtype must be a text"},
      {forged_tensors(entry(R"("dtype":["F32"])")), "tensor 'w': dtype must be a text"},
      {forged_tensors(entry(R"("shape":2)")), "tensor 'w': shape must be a list"},
      {forged_tensors(entry(R"("shape":{"a":2})")), "tensor 'w': shape must be a list"},
      {forged_tensors(entry(R"("shape":[[2]])")), "tensor 'w': shape must hold whole numbers >= 0"},
      {forged_tensors(entry(R"("shape":[-1])")), "tensor 'w': shape must hold whole numbers >= 0"},
      {forged_tensors(entry(R"("shape":[2.0])")), "tensor 'w': shape must hold whole numbers >= 0"},
      {forged_tensors(entry(R"("shape":[null])")),
       "tensor 'w': shape must hold whole numbers >= 0"},
      {forged_tensors(entry(R"("shape":["2"])")), "tensor 'w': shape must hold whole numbers >= 0"},
      {forged_tensors(entry(R"("shape":[true])")),
       "tensor 'w': shape must hold whole numbers >= 0"},
      {forged_tensors(entry(R"("data_offsets":"0")")), "tensor 'w': data_offsets must be a list"},
      {forged_tensors(R"("w":[])"), "tensor 'w': must be a JSON object"},
      {forged_tensors(R"("w":null)"), "tensor 'w': must be a JSON object"},
      {forged(R"("a":{}}})"), "metadata 'a' must be a text"},
      {forged(R"("a":null}})"), "metadata 'a' must be a text"},
      {forged(R"("a":"\u0000","format":"1"}})"), "metadata 'a' must not hold NUL"},
      // extents
      {forged_tensors(tensor_text("w", "1,1,1,1,1,1,1,1,1", "0", "4"), "xxxx"),
       "tensor 'w': shape must be at most 8 extents up to 2^60"},
      {forged_tensors(tensor_text("w", "18446744073709551615", "0", "0")),
       "tensor 'w': shape must be at most 8 extents up to 2^60"},
      {forged_tensors(tensor_text("w", "18446744073709551616", "0", "0")),
       "tensor 'w': shape must hold whole numbers >= 0"},
      {forged_tensors(tensor_text("w", "1073741824,1073741824,2", "0", "0")),
       "tensor 'w': the element count must not overflow (limit 2^60)"},
      {forged_tensors(tensor_text("w", "0,1073741824,1073741824,2", "0", "0")),
       "tensor 'w': the element count must not overflow (limit 2^60)"},
      {forged_tensors(tensor_text("w", "1152921504606846976", "0", "0")),
       "tensor 'w': shape (1152921504606846976) of F32 needs 4611686018427387904 bytes (got 0)"},
      {forged_tensors(entry(R"("dtype":"F64","shape":[1152921504606846976],"data_offsets":[0,0])")),
       "tensor 'w': shape (1152921504606846976) of F64 needs 9223372036854775808 bytes (got 0)"},
      // places
      {forged_tensors(entry(R"("dtype":"F32","shape":[],"data_offsets":[0])"), "xxxx"),
       "tensor 'w': data_offsets must be two numbers"},
      {forged_tensors(entry(R"("dtype":"F32","shape":[],"data_offsets":[0,4,4])"), "xxxx"),
       "tensor 'w': data_offsets must be two numbers"},
      {forged_tensors(entry("\"data_offsets\":[4" + text_of_many(",4", 10'000) + "]")),
       "tensor 'w': data_offsets must be two numbers"},
      {forged_tensors(w("8", "16"), sixteen), "tensor 'w': data must begin at 0 (got 8)"},
      {forged_tensors(w("8", "0"), eight), "tensor 'w': data must begin at 0 (got 8)"},
      {forged_tensors(w("0", "8"), "xxxx"), "tensor 'w': data must end in [0, 4] (got 8)"},
      {forged_tensors(w("0", "18446744073709551615"), eight),
       "tensor 'w': data must end in [0, 8] (got 18446744073709551615)"},
      {forged_tensors(w("0", "4"), eight), "tensor 'w': shape (2) of F32 needs 8 bytes (got 4)"},
      {forged_tensors(w("0", "8") + "," + tensor_text("x", "2", "4", "12"), sixteen),  // overlap
       "tensor 'x': data must begin at 8 (got 4)"},
      {forged_tensors(w("0", "8") + "," + tensor_text("x", "1", "12", "16"), sixteen),  // a hole
       "tensor 'x': data must begin at 8 (got 12)"},
      {forged_tensors(w("0", "8") + "," + tensor_text("x", "1", "8", "4"), sixteen),
       "tensor 'x': data must end in [8, 16] (got 4)"},
      {forged_tensors(w("0", "8"), eight + "x"), "1 bytes come after the last tensor"},
      {forged(version + "}", eight), "8 bytes come after the last tensor"},
      // names
      {forged_tensors(tensor_text("", "", "0", "4"), "xxxx"),
       "a tensor's name must be 1 to 256 bytes of UTF-8 without control characters"},
      {forged_tensors(tensor_text("a\\u0000b", "", "0", "4"), "xxxx"),
       "a tensor's name must be 1 to 256 bytes of UTF-8 without control characters"},
      {forged_tensors(tensor_text("a\\u001b[2J", "", "0", "4"), "xxxx"),
       "a tensor's name must be 1 to 256 bytes of UTF-8 without control characters"},
      {forged_tensors(tensor_text(std::string(257, 'n'), "", "0", "4"), "xxxx"),
       "a tensor's name must be 1 to 256 bytes of UTF-8 without control characters"},
      {forged("\"" + std::string(257, 'n') + R"(":"","format":"1"}})"),
       "a metadata key must be 1 to 256 bytes of UTF-8 without control characters"},
      // no JSON
      {forged(version), "byte 60: the header must be JSON"},
      {forged(version + "}}"), "byte 61: the header must be JSON"},
      {forged(version + "} x"), "byte 62: the header must be JSON"},
      {forged(version + ",}"), "byte 61: the header must be JSON"},
      {forged(R"("format":"1)"), "byte 58: the header must be JSON"},
      {forged(R"("format":"\ud800"}})"), "byte 63: the header must be JSON"},
      {forged(R"("format":"\ud800\ud800"}})"), "byte 68: the header must be JSON"},
      {forged("\"format\":\"\xff\"}}"), "byte 57: the header must be JSON"},
      {forged("\"format\":\"\xed\xa0\x80\"}}"), "byte 58: the header must be JSON"},
      {forged("\"format\":\"\n\"}}"), "byte 57: the header must be JSON"},
      {forged("\"format\":\"1\0\"}}"s), "byte 58: the header must be JSON"},
      {forged_tensors(entry(R"("shape":[1e999])")), "byte 79: the header must be JSON"},
      {forged_tensors(entry(R"("shape":[NaN])")), "byte 75: the header must be JSON"},
      {forged_tensors(entry(R"("shape":[01])")), "byte 76: the header must be JSON"},
      {forged_tensors("/**/" + w("0", "8"), eight), "byte 61: the header must be JSON"},
      // depth
      {forged_tensors("\"w\":" + std::string(100'000, '[')), "tensor 'w': must be a JSON object"},
      {forged_tensors(entry("\"shape\":" + std::string(100'000, '['))),
       "tensor 'w': shape must hold whole numbers >= 0"},
      {forged(R"("a":)" + std::string(100'000, '{')), "metadata 'a' must be a text"},
  };
  for (const auto& c : cases) expect_refused(c.bytes, c.what);
}

namespace {

using Numbers = std::mt19937;

std::size_t below(std::size_t n, Numbers& random) {
  return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
}

const std::string tokens[] = {"{",
                              "}",
                              "[",
                              "]",
                              ",",
                              ":",
                              "\"",
                              "\"dtype\"",
                              "\"shape\"",
                              "\"data_offsets\"",
                              "\"F32\"",
                              "\"F64\"",
                              "\"I64\"",
                              "\"w\"",
                              "\"__metadata__\"",
                              "\"format\"",
                              "\"1\"",
                              "\"2\"",
                              "0",
                              "1",
                              "2",
                              "4",
                              "8",
                              "16",
                              "24",
                              "-1",
                              "1e999",
                              "0.5",
                              "9223372036854775807",
                              "18446744073709551615",
                              "18446744073709551616",
                              "1152921504606846976",
                              "null",
                              "true",
                              "[0,8]",
                              "[8,16]",
                              "[2]",
                              "[0]",
                              "[]",
                              "{}",
                              "\\u0000",
                              "\\ud800",
                              "\xff",
                              "\0"s,
                              " ",
                              "    ",
                              R"("a":"b",)",
                              R"("x":{"dtype":"F32","shape":[0],"data_offsets":[8,8]},)"};

/// One change, seldom in the fixed beginning.
void mutate(std::string& header, std::string& payload, Numbers& random) {
  const std::size_t from = below(16, random) == 0 ? 0 : std::min(beginning.size(), header.size());
  const std::size_t at = from + below(header.size() - from + 1, random);
  const std::string& token = tokens[below(std::size(tokens), random)];
  const std::size_t digit = header.find_first_of("0123456789", at);
  switch (below(8, random)) {
    case 0:
      header.insert(at, token);
      break;
    case 1:
      header.replace(at, token.size(), token);
      break;
    case 2:
      header.erase(at, 1 + below(12, random));
      break;
    case 3:
      header.insert(at, header.substr(below(header.size() + 1, random), 60));
      break;
    case 4:
      payload.resize(below(40, random));
      break;
    case 5:
      payload += std::string(below(9, random), 'p');
      break;
    case 6:
      if (digit != header.npos) header[digit] = static_cast<char>('0' + below(10, random));
      break;
    default:
      if (at < header.size()) header[at] = static_cast<char>(below(256, random));
  }
}

}  // namespace

TEST_CASE("mutated files are refused or sound") {
  Numbers random(7);
  const int rounds = 100'000;
  int files = 0;
  for (int round = 0; round < rounds; ++round) {
    const std::string whole = format_tensors(three_files[below(3, random)]());
    std::uint64_t length = 0;
    std::memcpy(&length, whole.data(), 8);
    std::string header = whole.substr(8, length), payload = whole.substr(8 + length);
    for (std::size_t changes = 1 + below(3, random); changes > 0; --changes)
      mutate(header, payload, random);
    if (below(20, random) != 0) length = header.size();
    files += is_file(with_checksum(with_length(length, header + payload))) ? 1 : 0;
  }
  MESSAGE(files, " of ", rounds, " mutated files were sound");
  CHECK(files > rounds / 100);
  CHECK(files < rounds / 2);
}
