/// EarlyStopping, ReduceLROnPlateau and how they find their number, LearningRateScheduler,
/// GradientNoise.

#include <gradus/core/from_text.h>
#include <gradus/models/early_stopping.h>
#include <gradus/models/gradient_noise.h>
#include <gradus/models/learning_rate_scheduler.h>
#include <gradus/models/reduce_lr_on_plateau.h>
#include <gradus/models/rows.h>

namespace gradus { inline namespace GRADUS_VARIANT {

MonitorMode detail::resolve(MonitorMode mode, const char* callback, const std::string& name,
                            const Logs& keys, const Sequential& model) {
  std::vector<std::string> names;
  for (const auto& [key, _] : keys) names.push_back(key);
  check(keys.contains(name),
        "{}: monitor must be a number that the run reports (got '{}'; did you mean '{}'?)",
        callback, name, nearest(name, names));
  if (mode != MonitorMode::automatic) return mode;
  const std::string metric = name.starts_with("val_") ? name.substr(4) : name;
  mode = metric == "loss" ? MonitorMode::min : model.direction_of(metric);
  check(mode != MonitorMode::automatic,
        "{}: mode must be MonitorMode::min or max, since '{}' does not say which is better",
        callback, name);
  return mode;
}

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

void LearningRateScheduler::on_epoch_begin(std::int64_t epoch, const Logs&, Sequential& model) {
  Optimizer& optimizer = model.optimizer();
  optimizer.set_learning_rate(schedule(epoch, optimizer.learning_rate()));
  if (verbose > 0)
    model.report(fmt::format("Epoch {}: LearningRateScheduler setting learning rate to {}.\n",
                             epoch + 1, value(optimizer.learning_rate())));
}

/// In one pass (Welford, 1962), since the mean of squares less the square of the mean loses digits.
void GradientNoise::on_train_batch_begin(std::int64_t, const Logs&, Sequential& model) {
  const Step step = model.optimizer().iterations();
  if (step % every.count != 0 || std::exchange(measured, step) == step) return;
  const Batch& rows = model.training_rows();
  std::vector<double> mean;
  double noise = 0, square = 0;
  for (std::int64_t i = 0; i < rows.rows(); ++i) {
    std::size_t place = 0;
    const Tensor loss = model.batch_loss(detail::row_range(rows, i, i + 1));
    for (const Tensor& gradient : gradients(loss, model.parameters()))
      for (const Scalar& element : gradient.values()) {
        if (i == 0) mean.push_back(0);
        const double from_mean = value(element) - mean[place];
        mean[place] += from_mean / static_cast<double>(i + 1);
        noise += from_mean * (value(element) - mean[place++]);
      }
  }
  for (const double element : mean) square += element * element;
  traces.push_back(noise / static_cast<double>(rows.rows()));
  values.push_back(traces.back() / square);
}

}}  // namespace gradus
