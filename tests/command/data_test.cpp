#include "commands/data.h"

#include <doctest/doctest.h>
#include <gradus/models/read_csv.h>

#include <filesystem>

#include "command/in_process.h"

using namespace gradus;

TEST_CASE("a file of gradus data holds the bits of the data") {
  const Dataset all[] = {make_line({.rows = 200, .seed = 7}),
                         make_line({.rows = 200, .seed = 7, .low = 0, .high = 5}),
                         make_xor({.rows = 200, .noise = 0.1, .seed = 7}),
                         make_moons({.rows = 200, .seed = 7}),
                         make_spirals({.seed = 7}),
                         make_blobs({.rows = 200, .seed = 7}),
                         make_digits({.seed = 7})};
  const char* names[] = {"line", "ravine", "xor", "moons", "spirals", "blobs", "digits"};
  const std::string path = std::filesystem::temp_directory_path() / "gradus_data_test.csv";
  for (std::size_t i = 0; i < std::size(names); ++i) {
    CAPTURE(names[i]);
    CHECK(in_process::call({"data", names[i], "--seed", "7", "-o", path}).code == 0);
    const Dataset read = read_csv(path);
    CHECK(std::ranges::equal(read.x.values(), all[i].x.values()));
    CHECK(std::ranges::equal(read.y.values(), all[i].y.values()));
    CHECK(read.columns == all[i].columns);
  }
  std::filesystem::remove(path);
}
