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

/// The path up to its last `/`.
std::string folder_of(const std::string& path) {
  return path.substr(0, path.find_last_of('/') + 1);
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
