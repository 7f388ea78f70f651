// The first program anybody sees, word for word as the README has it.
#include <gradus/gradus.h>
using namespace gradus;

int main() {
  Tensor x{{1}, {2}, {3}, {4}};  // nested braces, any rank; ragged -> ShapeError
  Tensor y{{3}, {5}, {7}, {9}};

  Sequential model{Dense{.units = 1}};
  model.compile({.optimizer = SGD{.learning_rate = ExponentialDecay{.initial_learning_rate = 0.1,
                                                                    .decay_steps = 2,
                                                                    .decay_rate = 0.5,
                                                                    .staircase = true}},
                 .loss = MeanSquaredError{}});
  History history = model.fit(x, y, {.epochs = 5, .verbose = 2});
  Tensor prediction = model.predict({{5}});
  fmt::print("Prediction for input 5.0: {:.4f}\n", prediction(0, 0));

  const bool right = history["loss"].size() == 5 && std::isfinite(prediction(0, 0)) &&
                     history["learning_rate"] == std::vector<double>{0.1, 0.1, 0.05, 0.05, 0.025};
  return right ? 0 : 1;
}
