/// EarlyStopping, ReduceLROnPlateau, LearningRateScheduler, and what they share.

#include <algorithm>
#include <cmath>
#include <limits>

#include <gradus/core/nearest.h>
#include <gradus/models/early_stopping.h>
#include <gradus/models/learning_rate_scheduler.h>
#include <gradus/models/reduce_lr_on_plateau.h>

namespace gradus { inline namespace GRADUS_VARIANT {

// ---- what they share ----------------------------------------------------------------------------

MonitorMode detail::resolve(MonitorMode mode, const char* callback, const std::string& name,
                            const Logs& keys, const Sequential& model) {
  std::vector<std::string> names;
  for (const auto& [key, _] : keys) names.push_back(key);
  check(keys.contains(name),
        "{}: monitor must be a number that the run reports (got '{}'; did you mean '{}'?)",
        callback, name, nearest(name, names));
  if (mode != MonitorMode::automatic) return mode;
  const std::string metric = name.starts_with("val_") ? name.substr(4) : name;
  const auto direction = metric == "loss" ? Metric::Direction::down : model.direction_of(metric);
  check(direction != Metric::Direction::none,
        "{}: mode must be MonitorMode::min or max, since '{}' does not say which is better",
        callback, name);
  return direction == Metric::Direction::up ? MonitorMode::max : MonitorMode::min;
}

// ---- EarlyStopping ------------------------------------------------------------------------------

void EarlyStopping::validate() const {
  detail::check_field("EarlyStopping", "min_delta", min_delta, rules::not_negative);
  check(patience >= 0, "EarlyStopping: patience must be >= 0 (got {})", patience.count);
  check(start_from_epoch >= 0, "EarlyStopping: start_from_epoch must be >= 0 (got {})",
        start_from_epoch.count);
}

void EarlyStopping::on_train_begin(const Logs& keys, Sequential& model) {
  mode = detail::resolve(mode, "EarlyStopping", monitor, keys, model);
  best.reset();
  best_epoch = wait = 0;
  stopped_epoch = -1;
  best_weights.clear();
}

void EarlyStopping::on_epoch_end(std::int64_t epoch, const Logs& logs, Sequential& model) {
  if (!logs.contains(monitor) || epoch < start_from_epoch) return;  // not validated this time
  const double now = logs[monitor];
  const auto keep_weights = [&] {
    best_epoch = epoch;
    if (restore_best_weights) best_weights = model.get_weights();
  };
  if (restore_best_weights && best_weights.empty()) keep_weights();
  ++wait;
  if (!std::isnan(now) && (!best || detail::improves(mode, now, *best, value(min_delta)))) {
    best = now;
    keep_weights();
    if (!baseline || detail::improves(mode, now, *baseline, value(min_delta))) wait = 0;
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

// ---- ReduceLROnPlateau --------------------------------------------------------------------------

void ReduceLROnPlateau::validate() const {
  check(value(factor) > 0 && value(factor) < 1,
        "ReduceLROnPlateau: factor must be in (0, 1) (got {})", value(factor));
  check(patience >= 0, "ReduceLROnPlateau: patience must be >= 0 (got {})", patience.count);
  check(cooldown >= 0, "ReduceLROnPlateau: cooldown must be >= 0 (got {})", cooldown.count);
  detail::check_field("ReduceLROnPlateau", "min_delta", min_delta, rules::not_negative);
  detail::check_field("ReduceLROnPlateau", "min_lr", min_lr, rules::not_negative);
}

namespace {

/// As many epochs as a Plateau can count.
int counted(Extent epochs) {
  return static_cast<int>(std::min<std::int64_t>(epochs, std::numeric_limits<int>::max()));
}

}  // namespace

void ReduceLROnPlateau::on_train_begin(const Logs& keys, Sequential& model) {
  mode = detail::resolve(mode, "ReduceLROnPlateau", monitor, keys, model);
  plateau = {.factor = factor,
             .patience = counted(patience),
             .mode = mode,
             .min_delta = min_delta,
             .cooldown = counted(cooldown),
             .min_lr = min_lr};
}

namespace {

/// The rate once more reduced: a number stays a number, reductions are not nested.
Schedule lowered(const Schedule& rate, Real factor, Real min_lr) {
  const Reduced* before = rate.get_if<Reduced>();
  if (before && before->min_lr == min_lr)
    return Reduced{before->schedule, before->scale * factor, min_lr};
  const auto number = rate.constant();
  if (!number) return Reduced{rate, factor, min_lr};
  const Real lower = *number * factor;
  return value(lower) > value(min_lr) ? lower : min_lr;
}

}  // namespace

void ReduceLROnPlateau::on_epoch_end(std::int64_t epoch, const Logs& logs, Sequential& model) {
  if (!logs.contains(monitor)) return;  // not validated this time
  Optimizer& optimizer = model.optimizer();
  if (!plateau.observe(logs[monitor], value(optimizer.learning_rate()))) return;
  optimizer.set_learning_rate(lowered(optimizer.schedule(), factor, min_lr));
  if (verbose > 0)
    model.report(fmt::format("Epoch {}: ReduceLROnPlateau reducing learning rate to {}.\n",
                             epoch + 1, value(optimizer.learning_rate())));
}

// ---- LearningRateScheduler ----------------------------------------------------------------------

void LearningRateScheduler::validate() const {
  check(static_cast<bool>(schedule), "LearningRateScheduler: schedule must be given");
}

void LearningRateScheduler::on_epoch_begin(std::int64_t epoch, const Logs&, Sequential& model) {
  Optimizer& optimizer = model.optimizer();
  optimizer.set_learning_rate(schedule(epoch, optimizer.learning_rate()));
  if (verbose > 0)
    model.report(fmt::format("Epoch {}: LearningRateScheduler setting learning rate to {}.\n",
                             epoch + 1, value(optimizer.learning_rate())));
}

}}  // namespace gradus
