// Three species of penguin from four measurements, some of them missing, with a rate that drops
// when training stalls.

#include "lesson.h"

using namespace gradus;

/// Trains on three quarters of the birds and returns the accuracy on the rest.
double accuracy_with(const Dataset& birds, std::uint64_t seed) {
  const Split parts = split(birds, 0.25, seed);
  const Standardization standard = standardization(parts.train.x);

  Sequential model{Dense{.units = 16, .activation = tanh}, Dense{.units = 3}};
  model.compile({.optimizer = SGD{.learning_rate = 0.1, .momentum = 0.9},
                 .loss = SparseCategoricalCrossentropy{.from_logits = true},
                 .metrics = {Accuracy{}},
                 .seed = seed});
  // Halves the rate when the loss has not improved by 0.001 for five epochs.
  const ReduceLROnPlateau halving{
      .monitor = "loss", .factor = 0.5, .patience = 5, .min_delta = 1e-3};
  const History history =
      model.fit(standard(parts.train.x), parts.train.y,
                {.batch_size = 16, .epochs = 60, .verbose = 0, .callbacks = {halving}});
  const double accuracy = model.evaluate(standard(parts.test.x), parts.test.y)["accuracy"];
  fmt::print("seed {}: accuracy {:.4f} on the held-out quarter, last rate {:.2g}\n", seed, accuracy,
             history["learning_rate"].back());
  return accuracy;
}

void lesson(const char* path) {
  const Dataset birds =
      read_csv(path, {.label = "species", .drop_missing = true, .ignore = {"island", "sex"}});
  fmt::print("{} penguins with all values, {} measurements, {} species\n", birds.x.shape()[0],
             birds.x.shape()[1], birds.classes.size());
  median_of_runs(5, "accuracy", 4, [&](std::uint64_t seed) { return accuracy_with(birds, seed); });
}

int main(int argc, char** argv) {
  return run_lesson(
      argc, argv,
      "penguins FILE.csv\n"
      "FILE.csv is the table of penguins: a header, a column 'species', four columns of numbers, "
      "and the words 'island' and 'sex'.",
      lesson);
}
