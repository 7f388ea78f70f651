#pragma once
/// gradus data: synthetic data as a file.

#include <string>

struct DataCommand {
  static constexpr const char* name = "data";
  static constexpr const char* about = "Write synthetic data to a CSV file";
  static constexpr const char* help =
      R"help(Writes synthetic data as CSV: a header, then a line for each row, the target
last. gradus train reads the same numbers and classes, bit for bit.

  gradus data moons -o moons.csv && gradus train --data moons.csv
  gradus data line --noise 0.5 --seed 1 > line.csv)help";

  std::string data, noise, seed = "0", out;

  static void options(auto& self, auto&& option) {
    option(self.data, "data", "line, ravine, xor, moons, spirals, blobs or digits", "NAME");
    option(self.noise, "--noise", "Deviation of the noise; without it, that of the data", "X");
    option(self.seed, "--seed", "Seed of the data", "N");
    option(self.out, "-o,--out", "File to write; without it, the rows are printed", "FILE.csv");
  }

  std::string run() const;
};
