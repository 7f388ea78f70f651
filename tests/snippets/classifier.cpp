// A classifier: layers, metrics, the options of fit(), and what can be asked afterwards.
#include <gradus/gradus.h>

#include <cmath>
using namespace gradus;

int main() {
  const auto [train, test] = split(make_blobs({.rows = 200, .seed = 1, .features = 8}), 0.25);

  Sequential net{Dense{.units = 128, .activation = relu}, Dropout{.rate = 0.2}, Dense{16, tanh},
                 Dense{.units = 10}};
  net.compile({.optimizer = SGD{.learning_rate = 1e-2},
               .loss = SparseCategoricalCrossentropy{.from_logits = true},
               .metrics = {Accuracy{}},
               .seed = 7});
  History h = net.fit(train.x, train.y,
                      {.batch_size = 64,
                       .epochs = 10,
                       .verbose = 1,  // fields in Keras's argument order
                       .validation_split = 0.1});
  double final_loss = h["loss"].back();  // also "accuracy", "val_loss", "learning_rate" (USED by
                                         // the epoch's last update)
  Evaluation e = net.evaluate(test.x, test.y);    // e.loss, e["accuracy"]
  Step n = net.optimizer().iterations();          // updates so far; goes on across fit calls
  double next = net.optimizer().learning_rate();  // the rate of the NEXT update, as in Keras
  std::vector<Tensor> w = net.get_weights();
  net.set_weights(w);  // Keras order: kernel (in, units), bias (units)

  // 135 of 150 rows are trained on: 64 + 64 + 7.
  const bool right = final_loss < h["loss"].front() && h["val_loss"].size() == 10 &&
                     h["accuracy"].size() == 10 && h["learning_rate"].back() == 1e-2 &&
                     std::isfinite(e.loss) && e["accuracy"] >= 0 && e["accuracy"] <= 1 && n == 30 &&
                     next == 1e-2 && w.size() == 6 && w[0].shape() == Shape{8, 128} &&
                     w[5].shape() == Shape{10};
  return right ? 0 : 1;
}
