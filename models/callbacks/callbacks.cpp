/// The callbacks that stop, measure, change the rate and save, and how they find their number.

#include <fmt/args.h>
#include <fmt/format.h>

#include <gradus/core/from_text.h>
#include <gradus/models/early_stopping.h>
#include <gradus/models/file.h>
#include <gradus/models/gradient_noise.h>
#include <gradus/models/greedy_lr.h>
#include <gradus/models/learning_rate_scheduler.h>
#include <gradus/models/model_checkpoint.h>
#include <gradus/models/reduce_lr_on_plateau.h>
#include <gradus/models/rows.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

/// The path with its placeholders filled in.
std::string filled(const std::string& path, std::int64_t epoch, const Logs& logs) {
  fmt::dynamic_format_arg_store<fmt::format_context> numbers;
  numbers.push_back(fmt::arg("epoch", epoch + 1));
  for (const auto& [name, number] : logs) numbers.push_back(fmt::arg(name.c_str(), number));
  try {
    return fmt::vformat(path, numbers);
  } catch (const fmt::format_error& why) {
    throw ValueError(fmt::format(
        "ModelCheckpoint: filepath must hold no placeholders but epoch and the logs' names, as in "
        "'{{epoch:02}}-{{val_loss:.2f}}' (got '{}': {})",
        path, why.what()));
  }
}

/// Saves if enough has happened since the last time. The file holds the count that begins then.
template <class Save>
void save_if_due(std::int64_t& count, const std::optional<Count>& freq, Save save) {
  if (count < freq.value_or(1)) return;
  const std::int64_t due = std::exchange(count, 0);
  try {
    save();
  } catch (...) {
    count = due;
    throw;
  }
}

/// Sets and reports the rate; `doing` is the callback's name and a verb.
void set_rate(Sequential& model, const Schedule& rate, int verbose, std::int64_t epoch,
              std::string_view doing) {
  Optimizer& optimizer = model.optimizer();
  optimizer.set_learning_rate(rate);
  if (verbose > 0)
    model.report(fmt::format("Epoch {}: {} learning rate to {}.\n", epoch + 1, doing,
                             value(optimizer.learning_rate())));
}

/// The path up to its last `/`.
std::string folder_of(const std::string& path) {
  return path.substr(0, path.find_last_of('/') + 1);
}

}  // namespace

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
  const Optimizer& optimizer = model.optimizer();
  if (!plateau.observe(logs[monitor], value(optimizer.learning_rate()))) return;
  set_rate(model, reduced(optimizer.schedule(), factor, min_lr), verbose, epoch,
           "ReduceLROnPlateau reducing");
}

void GreedyLR::on_train_begin(const Logs& keys, Sequential& model) {
  mode = greedy.mode = detail::resolve(mode, "GreedyLR", monitor, keys, model);
  greedy.restart();
}

void GreedyLR::on_epoch_end(std::int64_t epoch, const Logs& logs, Sequential& model) {
  if (!logs.contains(monitor)) return;  // not validated in this epoch
  const Optimizer& optimizer = model.optimizer();
  const Real before = greedy.scale;
  const GreedyEvent event = greedy.observe(logs[monitor], value(optimizer.learning_rate()));
  if (greedy.scale == before) return;
  set_rate(model,
           reduced(optimizer.schedule(), greedy.scale / before, greedy.min_lr, greedy.max_lr),
           verbose, epoch,
           event == GreedyEvent::raise   ? "GreedyLR raising"
           : event == GreedyEvent::lower ? "GreedyLR lowering"
                                         : "GreedyLR resetting");
}

void LearningRateScheduler::on_epoch_begin(std::int64_t epoch, const Logs&, Sequential& model) {
  set_rate(model, schedule(epoch, model.optimizer().learning_rate()), verbose, epoch,
           "LearningRateScheduler setting");
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

// ---- saving -------------------------------------------------------------------------------------

void ModelCheckpoint::validate() const {
  check(!save_freq || !save_best_only,
        "ModelCheckpoint: save_freq must not come with save_best_only, which goes by epochs");
  for (const std::string_view suffix : {".h5", ".hdf5", ".keras", ".tf"})
    check(!filepath.ends_with(suffix),
          "ModelCheckpoint: filepath must not end in {}, since the file's format is safetensors "
          "(got '{}'; write '{}.safetensors')",
          suffix, filepath, filepath.substr(0, filepath.rfind('.')));
}

void ModelCheckpoint::on_train_begin(const Logs& reported, Sequential& model) {
  keys = {};
  for (const auto& [key, number] : reported)
    if (!save_freq || (!key.starts_with("val_") && key != "learning_rate")) keys.set(key, number);
  const std::string first = filled(filepath, 0, keys);
  if (save_best_only) mode = detail::resolve(mode, "ModelCheckpoint", monitor, reported, model);
  // A folder with placeholders in its name is made when they are known.
  const std::string folder = folder_of(filepath);
  if (folder.find('{') == folder.npos) detail::check_writable(first);
  best = initial_value_threshold;
  count = epoch = 0;
}

void ModelCheckpoint::on_epoch_end(std::int64_t, const Logs& logs) {
  if (save_freq) return;
  if (save_best_only) {
    if (!logs.contains(monitor)) return;  // not validated in this epoch
    if (!detail::improves(mode, logs[monitor], best)) return;
    best = logs[monitor];
  }
  count = 1;
}

void ModelCheckpoint::after_hook(const Logs& logs, Sequential& model) {
  save_if_due(count, save_freq, [&] {
    Logs numbers = keys;
    for (const auto& [key, number] : logs) numbers.set(key, number);
    const std::string path = filled(filepath, epoch, numbers);
    detail::make_directories(folder_of(path));
    model.save(path, {.weights_only = save_weights_only});
    if (verbose > 0)
      model.report(fmt::format("Epoch {}: saved the model to {}\n", epoch + 1, path));
  });
}

void BackupAndRestore::on_train_begin(const Logs&, Sequential& model) {
  count = 0;
  detail::make_directory(backup_dir);
  detail::check_writable(path());
  if (detail::file_size(path()) >= 0) model.load(path());
}

void BackupAndRestore::after_hook(const Logs&, Sequential& model) {
  save_if_due(count, save_freq, [&] { model.save(path()); });
}

void BackupAndRestore::on_train_end() {
  if (delete_checkpoint) detail::remove_file(path());
}

}}  // namespace gradus
