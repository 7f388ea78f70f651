/// Time per training step, gradus beside loops written by hand; and of what a step is made of.
///
///     apt-get install libbenchmark-dev
///     cmake -B build && cmake --build build --target gradus_benchmarks
///     build/tests/benchmarks/gradus_benchmarks                   # everything, three minutes
///     build/tests/benchmarks/gradus_benchmarks --benchmark_filter='^line/'
///     build/tests/benchmarks/gradus_benchmarks --benchmark_repetitions=40  # on a noisy machine
///
/// Google Benchmark's options work, --benchmark_format aside (--benchmark_out=FILE writes every
/// repetition as JSON). By default each benchmark runs 20 times, for 20 ms, in one random order
/// over all of them, so that those compared meet the same states of a shared machine. Time is the
/// thread's CPU time.
///
/// How to read the table: `min` is the least of the repetitions, and `median/min` says how noisy
/// they were (above 1.3 run again). `x first` compares with the first row of the group, `x above`
/// with the row before; both use the minima, which other programs disturb least. Believe ratios,
/// not times: clocks differ from machine to machine and from minute to minute.
///
/// A step is forward, loss, backward and update on a batch that already lies in memory; eight
/// batches take turns. In a row of fit, shuffling, gathering, averages and history come on top.
/// Rows of an epoch of 60000 are per step, with shuffling and gathering by hand too.
/// eigen_native is compiled for this machine, eigen_plain for any x86-64, both at -O3; this program
/// at -O2, as many a user's, and gradus as the build type says (it picks its instruction set when
/// it runs).

#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gradus/core/kernels.h>

#include "benchmarks.h"

namespace {

/// Collects the repetitions and prints one table of ratios at the end.
class Ratios final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override {
    fmt::print("gradus kernels: {}\n", gradus::detail::chosen_kernels().name);
    return true;
  }

  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration) continue;
      auto& [name, times] = rows_[run.family_index];
      name = run.run_name.function_name;
      times.push_back(run.GetAdjustedCPUTime());
    }
  }

  void Finalize() override {
    fmt::print("{:<46}{:>14}{:>12}{:>10}{:>10}\n", "", "min ns", "median/min", "x first",
               "x above");
    std::string group;
    double first = 0, above = 0;
    for (auto& [_, row] : rows_) {
      auto& [name, times] = row;
      std::sort(times.begin(), times.end());
      const double least = times.front();
      const std::string own_group = name.substr(0, name.rfind('/'));
      if (own_group != group) first = above = least;
      fmt::print("{}{:<46}{:>14.1f}{:>12.2f}{:>10.2f}{:>10.2f}\n", own_group != group ? "\n" : "",
                 name, least, times[times.size() / 2] / least, least / first, least / above);
      group = own_group;
      above = least;
    }
  }

 private:
  /// Name and ns of each repetition, in the order of registration.
  std::map<std::int64_t, std::pair<std::string, std::vector<double>>> rows_;
};

}  // namespace

int main(int argc, char** argv) try {
  std::string defaults[] = {"--benchmark_repetitions=20", "--benchmark_min_time=0.02",
                            "--benchmark_enable_random_interleaving=true"};
  std::vector<char*> arguments{argv[0]};
  for (std::string& option : defaults) arguments.push_back(option.data());
  arguments.insert(arguments.end(), argv + 1, argv + argc);  // last, so that they win
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 2;

  add_training_steps();
  add_parts();
  add_schedules();
  Ratios ratios;
  benchmark::RunSpecifiedBenchmarks(&ratios);
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "gradus_benchmarks: {}\n", error.what());
  return 1;
}
