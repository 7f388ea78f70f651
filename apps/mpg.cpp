// Miles per gallon from eight facts about a car: regression, and training that ends by itself.

#include <algorithm>
#include <chrono>
#include <cstdio>

#include <fmt/format.h>
#include <gradus/gradus.h>

using namespace gradus;

/// Trains on four fifths of the cars and returns by how many miles per gallon the network is off,
/// on average, for the rest.
double error_with(const Dataset& cars, std::uint64_t seed) {
  const Split parts = split(cars, 0.2, seed);
  // The target is standardised like the inputs: a network begins with answers near 0.
  const Standardization input = standardization(parts.train.x);
  const Standardization target = standardization(parts.train.y);

  const std::int64_t epochs = 200, batches = parts.train.x.shape()[0] * 9 / 10 / 32 + 1;
  Sequential model{Dense{.units = 32, .activation = relu}, Dense{.units = 1}};
  model.compile({.optimizer = AdamW{.learning_rate = CosineDecay{.initial_learning_rate = 0.01,
                                                                 .decay_steps = batches * epochs}},
                 .loss = MeanSquaredError{},
                 .seed = seed});
  // A tenth of the training rows decides when it is enough, and which weights were the best.
  const History history =
      model.fit(input(parts.train.x), target(parts.train.y),
                {.epochs = epochs,
                 .verbose = 0,
                 .callbacks = {EarlyStopping{.patience = 30, .restore_best_weights = true}},
                 .validation_split = 0.1});

  const Tensor miles = model.predict(input(parts.test.x)) * target.deviation + target.mean;
  const double error = mean(abs(miles - parts.test.y)).item();
  fmt::print("seed {}: {} epochs, off by {:.3f} miles per gallon on the held-back fifth\n", seed,
             history["loss"].size(), error);
  return error;
}

int lesson(const char* path) {
  const Dataset cars = read_csv(
      path, {.label = "mpg", .drop_missing = true, .ignore = {"name"}, .one_hot = {"origin"}});
  fmt::print("{} cars without gaps: {}\n", cars.x.shape()[0], fmt::join(cars.columns, ", "));
  const auto start = std::chrono::steady_clock::now();
  std::vector<double> errors;
  for (std::uint64_t seed = 0; seed < 5; ++seed) errors.push_back(error_with(cars, seed));
  std::sort(errors.begin(), errors.end());
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  fmt::print("median error {:.3f}, {:.2f} s in all\n", errors[2], seconds.count());
  return 0;
}

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr,
               "usage: mpg FILE.csv\n"
               "FILE.csv is the table of cars: a header, a column 'mpg', columns of numbers, and "
               "the words 'origin' and 'name'.\n");
    return 2;
  }
  try {
    return lesson(argv[1]);
  } catch (const Error& e) {
    fmt::print(stderr, "mpg: error: {}\n", e.what());
    return 2;
  }
}
