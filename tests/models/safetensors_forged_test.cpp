/// Files that somebody forged: refused, or sound.

#include <gradus/models/safetensors.h>

#include <doctest/doctest.h>

#include <random>

#include "tensor_files.h"

using namespace tensor_files;

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
       "tensor 'v': data must begin at 0 (got 8)"},
      {forged_tensors(entry(R"("dtype":"F32","dtype":"F32")")), "the key 'dtype' is there twice"},
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
       "tensor 'w': the element count must not overflow"},
      {forged_tensors(tensor_text("w", "0,1073741824,1073741824,2", "0", "0")),
       "tensor 'w': the element count must not overflow"},
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
      {forged_tensors(entry(R"("shape":[1e999])")), "the header holds a number out of range"},
      {forged_tensors(entry(R"("shape":[NaN])")), "byte 75: the header must be JSON"},
      {forged_tensors(entry(R"("shape":[01])")), "byte 76: the header must be JSON"},
      {forged_tensors("/**/" + w("0", "8"), eight), "byte 61: the header must be JSON"},
      // depth
      {forged_tensors("\"w\":" + std::string(100'000, '[')), "the header must nest at most 4 deep"},
      {forged_tensors(entry("\"shape\":" + std::string(100'000, '['))),
       "the header must nest at most 4 deep"},
      {forged_tensors("\"w\":" + text_of_many(R"({"a":)", 100'000)),
       "the header must nest at most 4 deep"},
      // width
      {forged_tensors(entry("\"shape\":[" + text_of_many("[],", 300'000) + "[]]")),
       "tensor 'w': shape must hold whole numbers >= 0"},
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
