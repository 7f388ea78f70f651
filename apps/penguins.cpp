// Three species of penguin from four measurements, some of them missing, with a rate that drops
// whenever training stalls.

#include <algorithm>
#include <chrono>
#include <cstdio>

#include <gradus/gradus.h>

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
  // Halves the rate when the loss has not got better by 0.001 for five epochs.
  const ReduceLROnPlateau halving{
      .monitor = "loss", .factor = 0.5, .patience = 5, .min_delta = 1e-3};
  const History history =
      model.fit(standard(parts.train.x), parts.train.y,
                {.batch_size = 16, .epochs = 60, .verbose = 0, .callbacks = {halving}});
  const double accuracy = model.evaluate(standard(parts.test.x), parts.test.y)["accuracy"];
  fmt::print("seed {}: accuracy {:.4f} on the held-back quarter, last rate {:.2g}\n", seed,
             accuracy, history["learning_rate"].back());
  return accuracy;
}

int lesson(const char* path) {
  const Dataset birds =
      read_csv(path, {.label = "species", .drop_missing = true, .ignore = {"island", "sex"}});
  fmt::print("{} penguins without gaps, {} measurements, {} species\n", birds.x.shape()[0],
             birds.x.shape()[1], birds.classes.size());
  const auto start = std::chrono::steady_clock::now();
  std::vector<double> accuracies;
  for (std::uint64_t seed = 0; seed < 5; ++seed) accuracies.push_back(accuracy_with(birds, seed));
  std::sort(accuracies.begin(), accuracies.end());
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  fmt::print("median accuracy {:.4f}, {:.2f} s in all\n", accuracies[2], seconds.count());
  return 0;
}

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr,
               "usage: penguins FILE.csv\n"
               "FILE.csv is the table of penguins: a header, a column 'species', four columns of "
               "numbers, and the words 'island' and 'sex'.\n");
    return 2;
  }
  try {
    return lesson(argv[1]);
  } catch (const Error& e) {
    fmt::print(stderr, "penguins: error: {}\n", e.what());
    return 2;
  }
}
