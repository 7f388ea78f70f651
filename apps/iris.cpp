// Three kinds of iris from four measurements: reading a table, standardising it, and a small
// network.

#include <algorithm>
#include <chrono>
#include <cstdio>

#include <gradus/gradus.h>

using namespace gradus;

/// Trains on four fifths of the flowers and returns the accuracy on the rest.
double accuracy_with(const Dataset& flowers, std::uint64_t seed) {
  const Split parts = split(flowers, 0.2, seed);
  // Fitted on the training rows alone: the test rows must stay unseen.
  const Standardization standard = standardization(parts.train.x);

  Sequential model{Dense{16, tanh}, Dense{.units = 3}};
  model.compile({.optimizer = SGD{.learning_rate = ExponentialDecay{.initial_learning_rate = 0.1,
                                                                    .decay_steps = 200,
                                                                    .decay_rate = 0.5},
                                  .momentum = 0.9},
                 .loss = SparseCategoricalCrossentropy{.from_logits = true},
                 .metrics = {Accuracy{}},
                 .seed = seed});
  model.fit(standard(parts.train.x), parts.train.y, {.batch_size = 16, .epochs = 60, .verbose = 0});
  return model.evaluate(standard(parts.test.x), parts.test.y)["accuracy"];
}

int lesson(const char* path) {
  const Dataset flowers = read_csv(path, {.label = "species"});
  fmt::print("{} flowers, {} measurements, {} species\n", flowers.x.shape()[0],
             flowers.x.shape()[1], flowers.classes.size());
  const auto start = std::chrono::steady_clock::now();
  std::vector<double> accuracies;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    accuracies.push_back(accuracy_with(flowers, seed));
    fmt::print("seed {}: accuracy {:.4f} on the held-back fifth\n", seed, accuracies.back());
  }
  std::sort(accuracies.begin(), accuracies.end());
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  fmt::print("median accuracy {:.4f}, {:.2f} s in all\n", accuracies[2], seconds.count());
  return 0;
}

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr,
               "usage: iris FILE.csv\n"
               "FILE.csv is the iris table: a header, four columns of numbers, and a column "
               "'species'.\n");
    return 2;
  }
  try {
    return lesson(argv[1]);
  } catch (const Error& e) {
    fmt::print(stderr, "iris: error: {}\n", e.what());
    return 2;
  }
}
