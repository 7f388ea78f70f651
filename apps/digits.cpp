// Handwritten digits: 28 x 28 grey values in, ten classes out, one hidden layer; Adam with a
// rate that warms up and then falls along a cosine.

#include "lesson.h"

using namespace gradus;

/// Images scaled to [0, 1], and their digits.
Dataset read_digits(const std::string& folder, const std::string& part) {
  const std::string stem = folder + "/digits-" + part;
  return {read_idx(stem + "-images-idx3-ubyte.gz") / 255.0,
          read_idx(stem + "-labels-idx1-ubyte.gz")};
}

double accuracy_with(const Dataset& train, const Dataset& test, std::uint64_t seed) {
  const std::int64_t batch = 32, epochs = 10;
  const std::int64_t steps = (train.x.shape()[0] + batch - 1) / batch * epochs;
  // The first steps of Adam average few gradients, so a twentieth of the run warms up.
  const Schedule rate =
      warmup(CosineDecay{.initial_learning_rate = 2e-3, .decay_steps = steps}, steps / 20);

  Sequential model{Flatten{}, Dense{.units = 128, .activation = relu}, Dense{.units = 10}};
  model.compile({.optimizer = Adam{.learning_rate = rate},
                 .loss = SparseCategoricalCrossentropy{.from_logits = true},
                 .metrics = {Accuracy{}},
                 .seed = seed});
  model.fit(train.x, train.y, {.batch_size = batch, .epochs = epochs, .verbose = 2});
  return model.evaluate(test.x, test.y)["accuracy"];
}

void lesson(const std::string& folder) {
  const Dataset train = read_digits(folder, "train"), test = read_digits(folder, "test");
  fmt::print("{} images to train on, {} to test on\n", train.x.shape()[0], test.x.shape()[0]);
  median_of_runs(3, "test accuracy", 4, [&](std::uint64_t seed) {
    const double accuracy = accuracy_with(train, test, seed);
    fmt::print("seed {}: test accuracy {:.4f}\n", seed, accuracy);
    return accuracy;
  });
}

int main(int argc, char** argv) {
  return run_lesson(
      argc, argv,
      "digits FOLDER\n"
      "FOLDER holds digits-train-images-idx3-ubyte.gz, digits-train-labels-idx1-ubyte.gz and "
      "the same with 'test'.",
      lesson);
}
