#include <gradus/models/early_stopping.h>

namespace gradus { inline namespace GRADUS_VARIANT {

void EarlyStopping::on_train_begin(const Logs& keys, Sequential& model) {
  mode = detail::resolve(mode, "EarlyStopping", monitor, keys, model);
  best.reset();
  best_epoch = wait = 0;
  stopped_epoch = -1;
  best_weights.clear();
}

void EarlyStopping::on_epoch_end(std::int64_t epoch, const Logs& logs, Sequential& model) {
  if (!logs.contains(monitor) || epoch < start_from_epoch) return;  // not validated in this epoch
  const double now = logs[monitor];
  const auto keep_weights = [&] {
    best_epoch = epoch;
    if (restore_best_weights) best_weights = model.get_weights();
  };
  if (restore_best_weights && best_weights.empty()) keep_weights();
  ++wait;
  if (detail::improves(mode, now, best, value(min_delta))) {
    best = now;
    keep_weights();
    if (detail::improves(mode, now, baseline, value(min_delta))) wait = 0;
    return;
  }
  if (wait < patience || epoch == 0) return;
  stopped_epoch = epoch;
  model.stop_training = true;
}

void EarlyStopping::on_train_end(const Logs&, Sequential& model) {
  if (verbose > 0 && stopped_epoch >= 0)
    model.report(fmt::format("Epoch {}: early stopping\n", stopped_epoch + 1));
  if (best_weights.empty()) return;
  if (verbose > 0)
    model.report(fmt::format("Restoring model weights from the end of the best epoch: {}.\n",
                             best_epoch + 1));
  model.set_weights(best_weights);
}

}}  // namespace gradus
