// Handwritten digits: 28 x 28 grey values in, ten classes out, one hidden layer; Adam with a rate
// that warms up and then falls along a cosine.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>

#include <gradus/gradus.h>

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
  // Adam's first steps rest on few gradients: a twentieth of the run begins gently.
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

int lesson(const std::string& folder) {
  const Dataset train = read_digits(folder, "train"), test = read_digits(folder, "test");
  fmt::print("{} images to learn from, {} to test on\n", train.x.shape()[0], test.x.shape()[0]);
  std::vector<double> accuracies;
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    const auto start = std::chrono::steady_clock::now();
    accuracies.push_back(accuracy_with(train, test, seed));
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    fmt::print("seed {}: test accuracy {:.4f}, {:.2f} s\n", seed, accuracies.back(),
               seconds.count());
  }
  std::sort(accuracies.begin(), accuracies.end());
  fmt::print("median test accuracy {:.4f}\n", accuracies[1]);
  return 0;
}

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr,
               "usage: digits FOLDER\n"
               "FOLDER holds digits-train-images-idx3-ubyte.gz, digits-train-labels-idx1-ubyte.gz "
               "and the same with 'test'.\n");
    return 2;
  }
  try {
    return lesson(argv[1]);
  } catch (const Error& e) {
    fmt::print(stderr, "digits: error: {}\n", e.what());
    return 2;
  }
}
