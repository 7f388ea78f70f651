#include <gradus/models/reduce_lr_on_plateau.h>

namespace gradus { inline namespace GRADUS_VARIANT {

void ReduceLROnPlateau::on_train_begin(const Logs& keys, Sequential& model) {
  mode = detail::resolve(mode, "ReduceLROnPlateau", monitor, keys, model);
  plateau = {factor, patience, mode, min_delta, cooldown, min_lr};
}

void ReduceLROnPlateau::on_epoch_end(std::int64_t epoch, const Logs& logs, Sequential& model) {
  if (!logs.contains(monitor)) return;  // not validated in this epoch
  Optimizer& optimizer = model.optimizer();
  if (!plateau.observe(logs[monitor], value(optimizer.learning_rate()))) return;
  optimizer.set_learning_rate(reduced(optimizer.schedule(), factor, min_lr));
  if (verbose > 0)
    model.report(fmt::format("Epoch {}: ReduceLROnPlateau reducing learning rate to {}.\n",
                             epoch + 1, value(optimizer.learning_rate())));
}

}}  // namespace gradus
