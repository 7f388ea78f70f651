// Three species of iris from four measurements: read a table, standardise it, train a small
// network.

#include "lesson.h"

using namespace gradus;

/// Trains on four fifths of the flowers and returns the accuracy on the rest.
double accuracy_with(const Dataset& flowers, std::uint64_t seed) {
  const Split parts = split(flowers, 0.2, seed);
  // From the training rows alone, because the test rows must stay unseen.
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

void lesson(const char* path) {
  const Dataset flowers = read_csv(path, {.label = "species"});
  fmt::print("{} flowers, {} measurements, {} species\n", flowers.x.shape()[0],
             flowers.x.shape()[1], flowers.classes.size());
  median_of_runs(5, "accuracy", 4, [&](std::uint64_t seed) {
    const double accuracy = accuracy_with(flowers, seed);
    fmt::print("seed {}: accuracy {:.4f} on the held-out fifth\n", seed, accuracy);
    return accuracy;
  });
}

int main(int argc, char** argv) {
  return run_lesson(
      argc, argv,
      "iris FILE.csv\n"
      "FILE.csv is the iris table: a header, four columns of numbers, and a column 'species'.",
      lesson);
}
