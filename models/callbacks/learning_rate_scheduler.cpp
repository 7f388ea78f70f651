#include <gradus/models/learning_rate_scheduler.h>

namespace gradus { inline namespace GRADUS_VARIANT {

void LearningRateScheduler::on_epoch_begin(std::int64_t epoch, const Logs&, Sequential& model) {
  Optimizer& optimizer = model.optimizer();
  optimizer.set_learning_rate(schedule(epoch, optimizer.learning_rate()));
  if (verbose > 0)
    model.report(fmt::format("Epoch {}: LearningRateScheduler setting learning rate to {}.\n",
                             epoch + 1, value(optimizer.learning_rate())));
}

}}  // namespace gradus
