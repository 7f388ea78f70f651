#include <gradus/models/loggers.h>

#include <gradus/models/event_file.h>
#include <gradus/schedules/json_tree.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

/// Opens a log, whose lines stay for now. Returns where those of a new run begin.
std::int64_t open_log(std::shared_ptr<detail::AppendFile>& file, const std::string& filename,
                      bool append) {
  file = std::make_shared<detail::AppendFile>(filename, true);
  if (!append) return 0;
  file->end_line();
  return file->size();
}

/// Removes what is after the lines of the run: of a run before it, or written after its checkpoint.
void go_on(detail::AppendFile& file, std::int64_t& offset, const Sequential& model) {
  if (offset > 0 && file.size() == 0) {
    model.report(
        fmt::format("Logger: '{}' was removed or emptied, and begins anew\n", file.path()));
    offset = 0;
  }
  check<StateError>(offset <= file.size(),
                    "Logger: to go on, '{}' must hold at least the {} bytes of the checkpoint "
                    "(got {})",
                    file.path(), offset, file.size());
  file.truncate(offset);
}

void write_line(detail::AppendFile& file, std::int64_t& offset, const std::string& line,
                const Sequential& model) {
  go_on(file, offset, model);
  file.write(line + '\n');
  offset = file.size();
}

std::string json_number(double v) { return std::isfinite(v) ? fmt::format("{}", v) : "null"; }

}  // namespace

void CSVLogger::on_train_begin(const Logs& keys) {
  columns.clear();
  for (const auto& [key, _] : keys) columns.push_back(key);
  std::sort(columns.begin(), columns.end());
  const bool added_to = append && detail::file_size(filename) > 0;
  check<StateError>(
      !added_to || (detail::read_file(filename, 1 << 30) + '\n').starts_with(header() + '\n'),
      "CSVLogger: '{}' must have the columns of this run to be appended to (it has other ones)",
      filename);
  offset = open_log(file, filename, append);
}

std::string CSVLogger::header() const {
  std::string text = "epoch";
  for (const std::string& column : columns) text += separator + column;
  return text;
}

void CSVLogger::on_epoch_begin(std::int64_t, const Logs&, Sequential& model) {
  go_on(*file, offset, model);
}

void CSVLogger::on_epoch_end(std::int64_t epoch, const Logs& logs, Sequential& model) {
  std::string line = fmt::format("{}", epoch);
  for (const std::string& column : columns)
    line += separator + (logs.contains(column) ? fmt::format("{}", logs[column]) : "NA");
  go_on(*file, offset, model);
  write_line(*file, offset, offset == 0 ? header() + '\n' + line : line, model);
}

void JSONLogger::on_train_begin(const Logs&) {
  epoch = 0;
  started = detail::steady_seconds();
  offset = open_log(file, filename, append);
}

void JSONLogger::on_epoch_begin(std::int64_t number, const Logs&, Sequential& model) {
  epoch = number;
  go_on(*file, offset, model);
}

void JSONLogger::on_train_batch_end(std::int64_t batch, const Logs& logs, Sequential& model) {
  if (!every_batch) return;
  const Optimizer& optimizer = model.optimizer();
  write(fmt::format("{{\"step\": {}, \"epoch\": {}, \"batch\": {}, \"learning_rate\": {}, "
                    "\"batch_loss\": {}",
                    optimizer.iterations(), epoch, batch,
                    json_number(value(optimizer.last_learning_rate())),
                    json_number(model.last_loss())),
        logs, model);
}

void JSONLogger::on_epoch_end(std::int64_t number, const Logs& logs, Sequential& model) {
  write(fmt::format("{{\"epoch\": {}", number), logs, model);
}

void JSONLogger::write(const std::string& start, const Logs& logs, const Sequential& model) {
  std::string text = start;
  for (const auto& [key, v] : logs)
    text += fmt::format(", {}: {}", detail::in_quotes(key, false, "JSONLogger"), json_number(v));
  write(fmt::format("{}, \"seconds\": {:.6f}}}", text, detail::steady_seconds() - started), model);
}

void JSONLogger::write(const std::string& line, const Sequential& model) {
  write_line(*file, offset, line, model);
}

void TensorBoard::on_train_begin(const Logs& keys, Sequential& model) {
  detail::make_directory(log_dir);
  const auto open = [&](const char* name) {
    const std::string path = fmt::format("{}/{}", log_dir, name);
    return Folder{path, std::make_shared<detail::EventFile>(path)};
  };
  train = open("train");
  validation = keys.contains("val_loss") ? open("validation") : Folder{};
  epoch = 0;
  updates = model.optimizer().iterations();
  begun = false;
}

/// What an interrupted run wrote after its checkpoint is cut off, as no step parts it from what
/// stays where curves by epoch and by update are in one folder.
void TensorBoard::begin() {
  if (std::exchange(begun, true)) return;
  for (Folder* folder : {&train, &validation}) {
    if (!folder->file) continue;
    const Place& old = folder->place;
    const std::string path = folder->path + '/' + old.name;
    if (detail::EventFile::is_name(old.name) && detail::file_size(path) > old.end)
      detail::AppendFile(path, true).truncate(old.end);
    const bool by_update = every_batch && folder == &train && updates > 0;
    folder->file->start_session(by_update ? std::max(epoch, updates + 1) : epoch);
    folder->place = {folder->file->path().substr(folder->path.size() + 1), folder->file->size()};
  }
}

void TensorBoard::add(Folder& folder, const std::string& tag, double value, Step step) {
  begin();
  if (!folder.file) return;
  folder.file->add(tag, value, step);
  folder.place.end = folder.file->size();
}

void TensorBoard::on_epoch_begin(std::int64_t number) {
  epoch = number;
  begin();
}

void TensorBoard::on_train_batch_end(std::int64_t, const Logs& logs, Sequential& model) {
  const Optimizer& optimizer = model.optimizer();
  if (!every_batch || optimizer.iterations() == updates) return;  // gradients were only collected
  for (const auto& [key, number] : logs) add(train, "batch_" + key, number, optimizer.iterations());
  add(train, "batch_learning_rate", value(optimizer.last_learning_rate()), optimizer.iterations());
  updates = optimizer.iterations();
}

void TensorBoard::on_epoch_end(std::int64_t number, const Logs& logs) {
  for (const auto& [key, value] : logs)
    if (key.starts_with("val_"))
      add(validation, "epoch_" + key.substr(4), value, number);
    else
      add(train, "epoch_" + key, value, number);
  epoch = number + 1;
}

}}  // namespace gradus
