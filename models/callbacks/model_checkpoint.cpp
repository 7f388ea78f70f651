#include <gradus/models/model_checkpoint.h>

#include <fmt/args.h>
#include <fmt/format.h>

#include <gradus/models/file.h>

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

/// True if the model is to be saved after this batch.
bool due(const std::optional<Count>& save_freq, std::int64_t& batches) {
  if (!save_freq || ++batches < *save_freq) return false;
  batches = 0;
  return true;
}

}  // namespace

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
  filled(filepath, 0, keys);
  if (save_best_only) mode = detail::resolve(mode, "ModelCheckpoint", monitor, reported, model);
  best = initial_value_threshold;
  batches = epoch = 0;
}

void ModelCheckpoint::on_train_batch_end(std::int64_t, const Logs& logs, Sequential& model) {
  if (due(save_freq, batches)) save(logs, model);
}

void ModelCheckpoint::on_epoch_end(std::int64_t, const Logs& logs, Sequential& model) {
  if (save_freq) return;
  if (save_best_only) {
    if (!logs.contains(monitor)) return;  // not validated in this epoch
    if (!detail::improves(mode, logs[monitor], best)) return;
    best = logs[monitor];
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

void BackupAndRestore::on_train_begin(const Logs&, Sequential& model) {
  batches = 0;
  detail::make_directory(backup_dir);
  if (detail::file_exists(path())) model.load(path());
}

void BackupAndRestore::on_train_batch_end(std::int64_t, const Logs&, Sequential& model) {
  if (due(save_freq, batches)) model.save(path());
}

void BackupAndRestore::on_epoch_end(std::int64_t, const Logs&, Sequential& model) {
  if (!save_freq) model.save(path());
}

void BackupAndRestore::on_train_end() {
  if (delete_checkpoint) detail::remove_file(path());
}

}}  // namespace gradus
