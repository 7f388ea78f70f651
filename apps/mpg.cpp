// Miles per gallon from eight facts about a car: regression, and training that stops early.

#include "lesson.h"

using namespace gradus;

/// Trains on four fifths of the cars and returns the mean absolute error in miles per gallon on the
/// rest.
double error_with(const Dataset& cars, std::uint64_t seed) {
  const Split parts = split(cars, 0.2, seed);
  // The target is standardised like the inputs, because an untrained network predicts about 0.
  const Standardization input = standardization(parts.train.x);
  const Standardization target = standardization(parts.train.y);

  const std::int64_t epochs = 200, batches = parts.train.x.shape()[0] * 9 / 10 / 32 + 1;
  Sequential model{Dense{.units = 32, .activation = relu}, Dense{.units = 1}};
  model.compile({.optimizer = AdamW{.learning_rate = CosineDecay{.initial_learning_rate = 0.01,
                                                                 .decay_steps = batches * epochs}},
                 .loss = MeanSquaredError{},
                 .seed = seed});
  // A tenth of the training rows decides when to stop, and which weights were best.
  const History history =
      model.fit(input(parts.train.x), target(parts.train.y),
                {.epochs = epochs,
                 .verbose = 0,
                 .callbacks = {EarlyStopping{.patience = 30, .restore_best_weights = true}},
                 .validation_split = 0.1});

  const Tensor miles = model.predict(input(parts.test.x)) * target.deviation + target.mean;
  const double error = mean(abs(miles - parts.test.y)).item();
  fmt::print("seed {}: {} epochs, off by {:.3f} miles per gallon on the held-out fifth\n", seed,
             history["loss"].size(), error);
  return error;
}

void lesson(const char* path) {
  const Dataset cars = read_csv(
      path, {.label = "mpg", .drop_missing = true, .ignore = {"name"}, .one_hot = {"origin"}});
  fmt::print("{} cars with all values: {}\n", cars.x.shape()[0], fmt::join(cars.columns, ", "));
  median_of_runs(5, "error", 3, [&](std::uint64_t seed) { return error_with(cars, seed); });
}

int main(int argc, char** argv) {
  return run_lesson(
      argc, argv,
      "mpg FILE.csv\n"
      "FILE.csv is the table of cars: a header, a column 'mpg', columns of numbers, and the "
      "words 'origin' and 'name'.",
      lesson);
}
