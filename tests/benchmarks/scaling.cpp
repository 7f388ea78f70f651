/// How a step's time grows with batch, width and depth, and that a million steps leave no memory
/// behind. Prints a table; draws scaling.svg in the folder given, where gnuplot is installed.
///
///     gradus-scaling [FOLDER]

#include <gradus/gradus.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <string>
#include <vector>

namespace {

using namespace gradus;

/// A chain of square layers with tanh between them, trained towards 0.
struct Chain {
  Chain(int layers, std::int64_t width, std::int64_t batch) {
    Random random(1);
    const double limit = std::sqrt(3.0 / static_cast<double>(width));
    x = Tensor::uniform({batch, width}, -1, 1, random);
    for (int i = 0; i < layers; ++i) {
      weights.push_back(parameter(Tensor::uniform({width, width}, -limit, limit, random)));
      weights.push_back(parameter(Tensor::zeros({width})));
    }
  }
  void step() {
    Tensor h = x;
    for (std::size_t i = 0; i < weights.size(); i += 2)
      h = tanh(affine(h, weights[i], weights[i + 1]));
    mean(square(h)).backward();
    opt.step(weights);
  }

  Tensor x;
  std::vector<Tensor> weights;
  Optimizer opt = SGD{.learning_rate = 1e-3};
};

/// The least of several chunks of at least 2 ms, in microseconds per step.
double time_of(Chain chain) {
  using Clock = std::chrono::steady_clock;
  const auto timed = [&](int steps) {
    const auto start = Clock::now();
    for (int i = 0; i < steps; ++i) chain.step();
    return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
  };
  timed(2);
  const int steps = std::max(1, static_cast<int>(2000 / timed(1)));
  double least = timed(steps);
  for (int i = 0; i < 20; ++i) least = std::min(least, timed(steps));
  return least / steps;
}

std::int64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::int64_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

struct Series {
  const char* name;
  std::vector<std::pair<double, double>> points;
};

template <class Make>
Series measured(const char* name, std::vector<int> sizes, Make make) {
  Series series{name, {}};
  fmt::print("{}\n", name);
  for (const int size : sizes) {
    const double time = time_of(make(size));
    fmt::print("{:>8} {:>12.3f} us {:>12.4f} us each\n", size, time, time / size);
    series.points.emplace_back(size, time);
  }
  return series;
}

std::vector<int> doubled(int first, int last) {
  std::vector<int> sizes;
  for (int n = first; n <= last; n *= 2) sizes.push_back(n);
  return sizes;
}

void draw(const std::string& file, const std::vector<Series>& all) {
  FILE* gnuplot = popen("gnuplot", "w");
  if (!gnuplot) return;
  std::string text = fmt::format(
      "set terminal svg size 800,500\nset output '{}'\nset logscale xy\nset key left top\n"
      "set xlabel 'batch, width or depth'\nset ylabel 'microseconds per step'\nset grid\nplot ",
      file);
  for (const Series& series : all)
    text += fmt::format("'-' with linespoints title '{}', ", series.name);
  text += '\n';
  for (const Series& series : all) {
    for (const auto& [x, y] : series.points) text += fmt::format("{} {}\n", x, y);
    text += "e\n";
  }
  std::fputs(text.c_str(), gnuplot);
  if (pclose(gnuplot) == 0) fmt::print("{}\n", file);
}

void check_memory() {
  Chain chain(1, 1, 4);
  for (int i = 0; i < 1000; ++i) chain.step();
  const std::int64_t before = resident_bytes();
  for (int i = 0; i < 1'000'000; ++i) chain.step();
  fmt::print("memory after 10^3 steps {} KiB, after 10^6 more {} KiB\n", before / 1024,
             resident_bytes() / 1024);
}

}  // namespace

int main(int argc, char** argv) try {
  check_memory();
  std::vector<Series> all;
  all.push_back(measured("batch, 2 layers of 64", doubled(1, 4096),
                         [](int batch) { return Chain(2, 64, batch); }));
  all.push_back(measured("width, 1 layer, batch 32", doubled(8, 2048),
                         [](int width) { return Chain(1, width, 32); }));
  all.push_back(measured("depth, width 16, batch 32", {1, 10, 100, 1000},
                         [](int depth) { return Chain(depth, 16, 32); }));
  draw(std::string(argc > 1 ? argv[1] : ".") + "/scaling.svg", all);
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "gradus-scaling: {}\n", error.what());
  return 1;
}
