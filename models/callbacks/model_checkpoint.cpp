#include <gradus/models/model_checkpoint.h>

#include <fmt/args.h>
#include <fmt/format.h>

#include <cmath>
#include <filesystem>

#include <gradus/models/file.h>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace {

void check_save_freq(const char* callback, const std::optional<Extent>& save_freq) {
  check(!save_freq || *save_freq >= 1, "{}: save_freq must be >= 1 (got {})", callback,
        save_freq ? save_freq->count : 0);
}

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

/// Whether this batch is one to save after.
bool due(const std::optional<Extent>& save_freq, std::int64_t& batches) {
  if (!save_freq || ++batches < *save_freq) return false;
  batches = 0;
  return true;
}

}  // namespace

// ---- ModelCheckpoint ----------------------------------------------------------------------------

void ModelCheckpoint::validate() const {
  check(!filepath.empty(), "ModelCheckpoint: filepath must be given");
  check_save_freq("ModelCheckpoint", save_freq);
  check(!save_freq || !save_best_only,
        "ModelCheckpoint: save_freq must not come with save_best_only, which goes by epochs");
}

void ModelCheckpoint::on_train_begin(const Logs& reported, Sequential& model) {
  keys = {};
  for (const auto& [key, number] : reported)
    if (!save_freq || (!key.starts_with("val_") && key != "learning_rate")) keys.set(key, number);
  filled(filepath, 0, keys);
  if (save_best_only) mode = detail::resolve(mode, "ModelCheckpoint", monitor, reported, model);
  best = initial_value_threshold;
  batches = epoch = 0;
}

void ModelCheckpoint::on_epoch_begin(std::int64_t number) { epoch = number; }

void ModelCheckpoint::on_train_batch_end(std::int64_t, const Logs& logs, Sequential& model) {
  if (due(save_freq, batches)) save(logs, model);
}

void ModelCheckpoint::on_epoch_end(std::int64_t, const Logs& logs, Sequential& model) {
  if (save_freq) return;
  if (save_best_only) {
    if (!logs.contains(monitor)) return;  // not validated in this epoch
    const double now = logs[monitor];
    if (std::isnan(now) || (best && !detail::improves(mode, now, *best, 0))) return;
    best = now;
  }
  save(logs, model);
}

void ModelCheckpoint::save(const Logs& logs, Sequential& model) const {
  Logs numbers = keys;
  for (const auto& [key, number] : logs) numbers.set(key, number);
  const std::string path = filled(filepath, epoch, numbers);
  model.save(path, {.weights_only = save_weights_only});
  if (verbose > 0) model.report(fmt::format("Epoch {}: saved the model to {}\n", epoch + 1, path));
}

// ---- BackupAndRestore ---------------------------------------------------------------------------

void BackupAndRestore::validate() const {
  check(!backup_dir.empty(), "BackupAndRestore: backup_dir must be given");
  check_save_freq("BackupAndRestore", save_freq);
}

void BackupAndRestore::on_train_begin(const Logs&, Sequential& model) {
  batches = 0;
  detail::make_directory(backup_dir);
  if (std::filesystem::exists(path())) model.load(path());
}

void BackupAndRestore::on_train_batch_end(std::int64_t, const Logs&, Sequential& model) {
  if (due(save_freq, batches)) model.save(path());
}

void BackupAndRestore::on_epoch_end(std::int64_t, const Logs&, Sequential& model) {
  if (!save_freq) model.save(path());
}

void BackupAndRestore::on_train_end() {
  std::error_code ignored;
  if (delete_checkpoint) std::filesystem::remove(path(), ignored);
}

}}  // namespace gradus
