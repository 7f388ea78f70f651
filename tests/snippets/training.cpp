// A classifier with all that training has: layers, an optimizer with clipping, callbacks,
// validation, a checkpoint.
#include <gradus/gradus.h>

#include <cmath>
#include <cstdio>
#include <string>
using namespace gradus;

Sequential make_net(std::uint64_t seed) {
  Sequential net{Dense{.units = 32, .activation = relu, .kernel_regularizer = L2{1e-4}},
                 BatchNormalization{}, Dropout{.rate = 0.2}, Dense{16, tanh}, Dense{.units = 3}};
  net.compile(
      {.optimizer = Optimizer(
           Adam{.learning_rate = CosineDecay{.initial_learning_rate = 1e-2, .decay_steps = 200}},
           {.global_clipnorm = 1.0}),
       .loss = SparseCategoricalCrossentropy{.from_logits = true},
       .metrics = {Accuracy{}},
       .seed = seed});
  return net;
}

/// Counts what it is told.
struct Counter {
  int epochs = 0, batches = 0;
  void on_epoch_end(int epoch, const Logs& logs) {
    if (logs.contains("val_loss") && logs["loss"] > 0) epochs = epoch + 1;
  }
  void on_train_batch_end(std::int64_t, const Logs&, Sequential& model) {
    batches += model.optimizer().iterations() > 0;
  }
};

int main() {
  const Split parts = split(make_blobs({.rows = 300, .noise = 2, .seed = 3}), 0.2);
  const Dataset &train = parts.train, &test = parts.test;
  Sequential net = make_net(7);
  Counter counter;
  const History h = net.fit(train.x, train.y,
                            {.batch_size = 64,
                             .epochs = 10,
                             .verbose = 0,
                             .callbacks = {EarlyStopping{.patience = 20}, std::ref(counter)},
                             .validation_split = 0.1});
  const Evaluation e = net.evaluate(test.x, test.y);
  const Step n = net.optimizer().iterations();
  const double next = net.optimizer().learning_rate();

  net.save("net.safetensors");
  Sequential same = make_net(1);
  same.load("net.safetensors");
  std::remove("net.safetensors");
  const std::vector<Tensor> w = net.get_weights();
  const Evaluation again = same.evaluate(test.x, test.y);
  net.set_weights(w);

  const bool right = h["val_accuracy"].size() == 10 && counter.epochs == 10 &&
                     counter.batches == n && e["accuracy"] > 0.5 && e.loss == again.loss &&
                     same.optimizer().iterations() == n &&
                     same.optimizer().learning_rate() == next && w.size() == 10 &&
                     std::abs(h["learning_rate"].back() - next) < 1e-3;
  return right ? 0 : 1;
}
