// Learning y = 2x + 1 from four points, with a learning rate that halves every two steps.

#include <gradus/gradus.h>

using namespace gradus;

/// Trains one straight line, w x + b with w = b = 0, on all four points at a time.
History train(Sequential& line, int decay_steps, int epochs) {
  const Tensor x{{1}, {2}, {3}, {4}};
  const Tensor y{{3}, {5}, {7}, {9}};
  line.compile({.optimizer = SGD{.learning_rate = ExponentialDecay{.initial_learning_rate = 0.1,
                                                                   .decay_steps = decay_steps,
                                                                   .decay_rate = 0.5,
                                                                   .staircase = true}},
                .loss = MeanSquaredError{}});
  return line.fit(x, y, {.batch_size = 4, .epochs = epochs, .verbose = 0});
}

int main() {
  const Sequential untrained{Dense{.units = 1, .kernel_initializer = Zeros{}}};

  // Each epoch is one batch and so one step: the rate halves every two epochs.
  Sequential fast = untrained;
  const History history = train(fast, 2, 5);
  fmt::print("epoch   learning rate      loss\n");
  for (std::size_t epoch = 0; epoch < history["loss"].size(); ++epoch)
    fmt::print("{:5} {:15} {:9.6g}\n", epoch + 1, history["learning_rate"][epoch],
               history["loss"][epoch]);
  const std::vector<Tensor> weights = fast.get_weights();
  fmt::print("w = {:.6g}, b = {:.6g}\n", weights[0](0, 0), weights[1](0));
  fmt::print("Prediction for input 5.0: {:.6g}\n\n", fast.predict({{5}})(0, 0));

  // Why not 11? Each step moves the weights by rate times gradient, however long training lasts.
  const Schedule rate = fast.optimizer().schedule();
  double still_to_come = 0;
  for (Step step = fast.optimizer().iterations(); step < 1000; ++step) still_to_come += rate(step);
  fmt::print(
      "It stops short of 11 because the rates still to come add up to almost nothing: {:.3f}\n"
      "in all, less than the first step alone.\n\n",
      still_to_come);

  // The same staircase with longer steps leaves time to arrive.
  Sequential slow = untrained;
  train(slow, 200, 1000);
  fmt::print("Halving every 200 steps instead: prediction {:.3f}\n", slow.predict({{5}})(0, 0));
}
