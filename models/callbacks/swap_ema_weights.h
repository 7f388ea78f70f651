#pragma once
/// SwapEMAWeights: validation at the averages of the weights, training at the weights themselves.

#include <gradus/models/sequential.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// Shows the averages of an optimizer with use_ema while evaluate() or predict() runs, and so in
/// each validation of fit(). They are hidden when it ends, also by an exception. A file that is
/// saved meanwhile holds both, and training goes on from it bit for bit. Keras:
/// keras.callbacks.SwapEMAWeights.
///
///     model.fit(x, y, {.callbacks = {SwapEMAWeights{}}, .validation_split = 0.2});
///
/// Callbacks that come before it in the list see the raw weights in on_test_begin. ValueError, when
/// fit(), evaluate() or predict() begins, for an optimizer without use_ema.
struct SwapEMAWeights {
  /// Also shows them in on_epoch_end to the callbacks after it, such as ModelCheckpoint.
  bool swap_on_epoch = false;

  void on_train_begin(const Logs&, Sequential& model) const { check_averages(model); }
  void on_test_begin(const Logs&, Sequential& model) const { show(model); }
  void on_predict_begin(const Logs&, Sequential& model) const { show(model); }
  void on_epoch_end(std::int64_t, const Logs&, Sequential& model) const {
    if (swap_on_epoch) show(model);
  }
  static void fields(auto& self, auto&& field) { field("swap_on_epoch", self.swap_on_epoch); }

 private:
  static void check_averages(const Sequential& model) {
    check(model.optimizer().options().use_ema,
          "SwapEMAWeights: the optimizer must have use_ema (got {})", to_string(model.optimizer()));
  }
  static void show(Sequential& model) {
    check_averages(model);
    model.optimizer().finalize();
  }
};

}}  // namespace gradus
