/// Training steps on one thread and on more, in pairs: what `.threads = 2` gains.
///
///     cmake --build build --target gradus-threads && build/tests/benchmarks/gradus-threads
///     build/tests/benchmarks/gradus-threads 4 400    # four threads, 400 rounds
///
/// Each pair trains for some epochs on the same data with the same kind of model, one after the
/// other, in wall-clock time; both must give the same loss, bit for bit. Believe the least times
/// and their ratio: other programs on the machine cost two threads more than one.

#include <fmt/core.h>
#include <gradus/gradus.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <vector>

namespace {

using namespace gradus;

/// One measurement: long enough for the system to give both threads a core.
constexpr int batches = 8, epochs = 10;

struct Workload {
  const char* name;
  std::vector<int> units;  ///< of the layers after the 784 inputs
  int batch;
};

Sequential make_model(const Workload& load, int threads) {
  std::vector<Layer> layers;
  for (const int units : load.units)
    layers.push_back(units == load.units.back() ? Dense{units} : Dense{units, relu});
  Sequential model(layers);
  model.compile({.optimizer = SGD{.learning_rate = 0.01},
                 .loss = SparseCategoricalCrossentropy{.from_logits = true},
                 .threads = threads});
  return model;
}

/// Microseconds per step.
double time_step(Sequential& model, const Tensor& x, const Tensor& y, int batch) {
  const auto start = std::chrono::steady_clock::now();
  model.fit(x, y, {.batch_size = batch, .epochs = epochs, .verbose = 0});
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start)
             .count() /
         (batches * epochs);
}

double least(const std::vector<double>& times) {
  return *std::min_element(times.begin(), times.end());
}
double median(std::vector<double> numbers) {
  std::sort(numbers.begin(), numbers.end());
  return numbers[numbers.size() / 2];
}

/// The two models of a workload, and what they took.
class Pair {
 public:
  Pair(const Workload& load, int threads)
      : load_(load), one_(make_model(load, 1)), more_(make_model(load, threads)) {
    Random random(1);
    const int rows = load.batch * batches;
    x_ = Tensor::uniform({rows, 784}, 0, 1, random);
    std::vector<Scalar> classes;
    for (int i = 0; i < rows; ++i) classes.push_back(static_cast<Scalar>(i % 10));
    y_ = Tensor({rows}, classes);
  }

  void measure() {
    alone_.push_back(time_step(one_, x_, y_, load_.batch));
    together_.push_back(time_step(more_, x_, y_, load_.batch));
    ratios_.push_back(alone_.back() / together_.back());
  }

  bool report() const {
    fmt::print("{:<28}{:>10.0f}{:>10.0f}{:>10.2f}{:>10.2f}\n", load_.name, least(alone_),
               least(together_), least(alone_) / least(together_), median(ratios_));
    return one_.last_loss() == more_.last_loss();
  }

 private:
  Workload load_;
  Sequential one_, more_;
  Tensor x_, y_;
  std::vector<double> alone_, together_, ratios_;
};

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::atoi(argv[1]) : 2,
            rounds = argc > 2 ? std::atoi(argv[2]) : 40;
  std::vector<Pair> pairs;
  for (const Workload& load : {Workload{"784-128-10, batch 32", {128, 10}, 32},
                               Workload{"784-128-10, batch 128", {128, 10}, 128},
                               Workload{"784-128-10, batch 512", {128, 10}, 512},
                               Workload{"784-512-512-10, batch 32", {512, 512, 10}, 32},
                               Workload{"784-512-512-10, batch 128", {512, 512, 10}, 128}})
    pairs.emplace_back(load, threads);
  for (int i = 0; i < rounds; ++i)
    for (Pair& pair : pairs) pair.measure();
  fmt::print("{:<28}{:>10}{:>7} thr{:>10}{:>10}\n{:<28}{:>10}{:>10}{:>10}{:>10}\n", "us per step",
             "1 thread", threads, "ratio", "paired", "", "least", "least", "of least", "median");
  bool same = true;
  for (const Pair& pair : pairs) same = pair.report() && same;
  if (!same) fmt::print("the losses DIFFER\n");
  return same ? 0 : 1;
}
