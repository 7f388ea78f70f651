#include <gradus/models/read_idx.h>

#include <doctest/doctest.h>

#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "data_files.h"

namespace {

using namespace gradus;
using namespace data_files;
using namespace std::string_literals;
namespace fs = std::filesystem;

/// An IDX file: its first four bytes, the extents, then the elements.
std::string idx(const std::string& magic, const std::vector<std::uint32_t>& extents,
                const std::string& elements) {
  std::string bytes = magic;
  for (const std::uint32_t e : extents)
    for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(e >> shift & 255);
  return bytes + elements;
}
const std::string magic1 = "\0\0\x08\x01"s, magic2 = "\0\0\x08\x02"s, magic3 = "\0\0\x08\x03"s;

void expect_idx_refused(const std::string& bytes, const std::string& expected) {
  const Folder folder;
  const std::string path = folder.write("data.idx", bytes);
  CHECK_THROWS_WITH_AS(read_idx(path), (path + expected).c_str(), FormatError);
}

}  // namespace

TEST_CASE("an IDX file is read plain or compressed") {
  const Folder folder;
  const std::string bytes = idx(magic3, {2, 1, 3}, "\x00\x01\x7f\x80\xfe\xff"s);
  for (const std::string& path : {folder.write("a", bytes), folder.write_gz("a.gz", bytes)}) {
    const Tensor images = read_idx(path);
    CHECK(images.shape() == Shape{2, 1, 3});
    CHECK(numbers(images) == std::vector<double>{0, 1, 127, 128, 254, 255});
  }
  CHECK(read_idx(folder.write("b", idx(magic1, {0}, ""))).shape() == Shape{0});
  CHECK(read_idx(folder.write("c", idx("\0\0\x08\x08"s, {1, 1, 1, 1, 1, 1, 1, 1}, "z"))).rank() ==
        8);
  const std::string large(200000, 'x');
  CHECK(read_idx(folder.write_gz("d", idx(magic1, {200000}, large))).size() == 200000);
}

TEST_CASE("an IDX file that is not in form is refused with the byte") {
  expect_idx_refused("", ": byte 0: not an IDX file");
  expect_idx_refused("label,pixel\n", ": byte 0: not an IDX file");
  expect_idx_refused("\0\1\x08\x01"s, ": byte 0: not an IDX file");
  expect_idx_refused("\0\0\x0d\x01"s,
                     ": byte 2: the element type must be 0x08, unsigned byte (got 0x0d)");
  expect_idx_refused("\0\0\x08\0"s, ": byte 3: the rank must be 1 to 8 (got 0)");
  expect_idx_refused("\0\0\x08\x09"s, ": byte 3: the rank must be 1 to 8 (got 9)");
  expect_idx_refused(magic2 + "\0\0\0\1\0\0\0"s, ": byte 8: the header ends early");
  expect_idx_refused(idx(magic2, {2, 2}, "abc"),
                     ": byte 15: the data ends early, shape (2,2) needs 4 bytes");
  expect_idx_refused(idx(magic2, {2, 2}, "abcde"),
                     ": byte 16: the data goes on, shape (2,2) needs only 4 bytes");
  const std::uint32_t most = 0xffffffffu;
  expect_idx_refused(idx(magic3, {most, most, 0}, ""),
                     ": byte 8: the extents multiply to more than 2^60");
  expect_idx_refused(
      idx(magic2, {most, 1 << 20}, "abc"),  // a promise of 4 PiB
      ": byte 15: the data ends early, shape (4294967295,1048576) needs 4503599626321920 bytes");
}

TEST_CASE("an IDX file cut short anywhere is refused and so is damaged gzip data") {
  const Folder folder;
  std::string bytes = idx(magic2, {20, 10}, "");
  for (int i = 0; i < 200; ++i) bytes += static_cast<char>(i * i);
  std::ifstream packed_file(folder.write_gz("whole.gz", bytes), std::ios::binary);
  const std::string packed{std::istreambuf_iterator<char>(packed_file), {}};
  REQUIRE(packed.size() > 100);
  for (const std::string& whole : {bytes, packed})
    for (std::size_t length = 0; length < whole.size(); ++length) {
      CAPTURE(length);
      CHECK_THROWS_AS(read_idx(folder.write("cut", whole.substr(0, length))), FormatError);
    }
  for (std::size_t at = 10; at < packed.size(); ++at) {  // behind gzip's own header
    std::string damaged = packed;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    CAPTURE(at);
    CHECK_THROWS_AS(read_idx(folder.write("damaged", damaged)), FormatError);
  }
  const std::string path = folder.write("half", packed.substr(0, packed.size() / 2));
  CHECK_THROWS_WITH_AS(read_idx(path), doctest::Contains(": the gzip data ends early"),
                       FormatError);
}

TEST_CASE("an IDX .gz file without its trailer or with a wrong one is refused at any size") {
  const Folder folder;
  constexpr std::uint32_t buffer = 8192;  // zlib's
  for (const std::uint32_t size :
       {0u, 1u, 2u, buffer - 9, buffer - 8, buffer - 7, buffer, 2 * buffer - 8, 2 * buffer,
        8 * buffer - 8, 8 * buffer, 8 * buffer + 1, 200000u})
    for (const bool random : {false, true}) {
      CAPTURE(size);
      std::string data(size, 'x');
      for (std::size_t i = 0, state = 7; random && i < size; ++i)
        data[i] =
            static_cast<char>((state = state * 6364136223846793005u + 1442695040888963407u) >> 33);
      std::ifstream file(folder.write_gz("whole.gz", idx(magic1, {size}, data)), std::ios::binary);
      const std::string packed{std::istreambuf_iterator<char>(file), {}};
      CHECK(read_idx(folder.path("whole.gz")).size() == size);
      for (std::size_t cut = 1; cut <= 9; ++cut) {
        CAPTURE(cut);
        CHECK_THROWS_WITH_AS(read_idx(folder.write("cut", packed.substr(0, packed.size() - cut))),
                             doctest::Contains(": the gzip data ends early"), FormatError);
        if (cut > 8) continue;
        std::string wrong = packed;
        wrong[wrong.size() - cut] = static_cast<char>(wrong[wrong.size() - cut] ^ 0x10);
        CHECK_THROWS_WITH_AS(read_idx(folder.write("wrong", wrong)),
                             doctest::Contains(": the gzip data is damaged"), FormatError);
      }
    }
}

TEST_CASE("an IDX .gz file may have several members, each whole, and something after them") {
  const Folder folder;
  const auto packed = [&](const std::string& bytes) {
    std::ifstream file(folder.write_gz("part.gz", bytes), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const std::string bytes = idx(magic1, {6}, "abcdef");
  for (std::size_t at = 0; at <= bytes.size(); ++at) {
    CAPTURE(at);
    const std::string two = packed(bytes.substr(0, at)) + packed(bytes.substr(at));
    for (const std::string& after : {""s, "\0\0\0"s, "end"s})
      CHECK(numbers(read_idx(folder.write("two", two + after))) ==
            std::vector<double>{97, 98, 99, 100, 101, 102});
    for (std::size_t cut = 1; cut < 20; ++cut)
      CHECK_THROWS_AS(read_idx(folder.write("cut", two.substr(0, two.size() - cut))), FormatError);
  }
}

TEST_CASE("a small .gz file that decompresses to much takes no memory") {
  const Folder folder;
  const std::string many(std::size_t{1} << 26, '\0');
  const auto peak = [] {
    rusage usage = {};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
  };
  const std::string paths[] = {
      folder.write_gz("promise", idx(magic1, {0xffffffffu}, many)),  // more than there is
      folder.write_gz("more", idx(magic1, {100}, many)),             // there is more than that
      folder.write_gz("damaged", idx(magic2, {1u << 13, 1u << 13}, many)),
  };
  fs::resize_file(paths[2], fs::file_size(paths[2]) - 1);
  const auto before = peak();
  for (const std::string& path : paths) CHECK_THROWS_AS(read_idx(path), FormatError);
  CHECK(peak() < before + (1 << 17));  // KiB; the numbers would take twice that
}

TEST_CASE("the handwritten digits are images of 28 by 28 with labels 0 to 9") {
  const std::string images_path = shared("digits-test-images-idx3-ubyte.gz");
  const std::string labels_path = shared("digits-test-labels-idx1-ubyte.gz");
  if (images_path.empty() || labels_path.empty()) return;
  const Tensor images = read_idx(images_path), labels = read_idx(labels_path);
  CHECK(images.shape() == Shape{2000, 28, 28});
  CHECK(labels.shape() == Shape{2000});
  const std::vector<double> pixels = numbers(images), digits = numbers(labels);
  CHECK(*std::max_element(pixels.begin(), pixels.end()) == 255);
  CHECK(*std::min_element(pixels.begin(), pixels.end()) == 0);
  CHECK(std::set<double>(digits.begin(), digits.end()).size() == 10);
}
