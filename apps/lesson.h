#pragma once
/// The frame of a lesson: its command line, its seeds, the median of its results.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include <gradus/gradus.h>

/// Calls run(seed), which prints its result, for each seed; prints the median after `what`, with
/// this number of digits.
void median_of_runs(std::uint64_t seeds, const char* what, int digits, auto run) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<double> results;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) results.push_back(run(seed));
  std::sort(results.begin(), results.end());
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  fmt::print("median {} {:.{}f}, {:.2f} s in all\n", what, results[results.size() / 2], digits,
             seconds.count());
}

/// A main(): calls lesson(path) with the one argument. Prints the usage without it, and errors.
int run_lesson(int argc, char** argv, const char* usage, auto lesson) {
  if (argc != 2) {
    std::fputs(fmt::format("usage: {}\n", usage).c_str(), stderr);
    return 2;
  }
  try {
    lesson(argv[1]);
    return 0;
  } catch (const gradus::Error& error) {
    std::fputs(fmt::format("{}: error: {}\n", argv[0], error.what()).c_str(), stderr);
    return 2;
  }
}
