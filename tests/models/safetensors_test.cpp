#include <gradus/models/safetensors.h>

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <gradus/models/file.h>

#include "data_files.h"
#include "tensor_files.h"

using data_files::Folder;
using namespace tensor_files;

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

TEST_CASE("NumPy reads a saved file") {
  if (std::system("/usr/bin/python3 -c 'import numpy' 2>/dev/null") != 0) {
    MESSAGE("no /usr/bin/python3 with numpy: skipped");
    return;
  }
  const Folder folder;
  save_tensors(folder.path("m.safetensors"), mixed());
  const std::string script = folder.write("read.py", R"(
import json, numpy, sys, zlib
raw = open(sys.argv[1], 'rb').read()
n = int(numpy.frombuffer(raw, '<u8', 1)[0])
header = json.loads(raw[8:8 + n].decode('utf-8'))
texts = header.pop('__metadata__')
given = texts.pop('checksum').encode()
assert n % 8 == 0 and raw[37:45] == given
assert b'%08x' % zlib.crc32(raw[:37] + b'0' * 8 + raw[45:]) == given
print(json.dumps(texts))
types, end = {'F32': '<f4', 'F64': '<f8', 'I64': '<i8'}, 0
for name, entry in header.items():
    begin, end = entry['data_offsets']
    array = numpy.frombuffer(raw[8 + n + begin:8 + n + end], types[entry['dtype']])
    array = array.reshape(entry['shape'])
    assert begin % array.itemsize == 0
    print(json.dumps(name), list(array.shape), array.ravel().tolist())
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
"z/count" [2, 1] [-1, 9223372036854775807]
"\u20ac" [] [0.1]
"\"\\" [1, 1, 1, 1, 1, 1, 1, 1] [1.0]
"dense/bias" [0, 4] []
"dense/kernel" [3, 1] [1.0, -2.5, 3.0]
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
  refused({{{"a", std::string(1 << 24, 'x')}}},
          "names and metadata must be at most 16777216 bytes of JSON (got 16777280)");
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
  const std::string large = forged(R"("format":"1"}})" + std::string(1 << 24, ' '));
  expect_refused(large, "byte 0: the header's length must be in [39, 16777216] (got 16777269)");
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
