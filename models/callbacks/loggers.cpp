#include <gradus/models/loggers.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include <gradus/models/event_file.h>
#include <gradus/models/file.h>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace {

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Opens the log to go on after `offset` bytes, where the checkpoint ended.
std::shared_ptr<detail::AppendFile> open_log(const std::string& filename, bool append,
                                             std::int64_t offset) {
  auto file = std::make_shared<detail::AppendFile>(filename, append || offset > 0);
  check<StateError>(offset <= file->size(),
                    "Logger: to go on, '{}' must hold at least the {} bytes of the checkpoint "
                    "(got {})",
                    filename, offset, file->size());
  if (offset > 0) file->truncate(offset);
  return file;
}

std::string json_number(double v) { return std::isfinite(v) ? fmt::format("{}", v) : "null"; }

/// A name as a JSON text.
std::string json_text(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') text += '\\';
    if (static_cast<unsigned char>(c) >= ' ')
      text += c;
    else
      text += fmt::format("\\u{:04x}", static_cast<int>(c));
  }
  return text + '"';
}

}  // namespace

void CSVLogger::on_train_begin(const Logs& keys) {
  offset = 0;
  file = nullptr;
  columns.clear();
  for (const auto& [key, _] : keys) columns.push_back(key);
  std::sort(columns.begin(), columns.end());
  const bool added_to = append && detail::file_size(filename) > 0;
  check<StateError>(!added_to || detail::read_file(filename, 1 << 30).starts_with(header()),
                    "CSVLogger: '{}' must have the columns of this run to be appended to (it has "
                    "other ones)",
                    filename);
}

std::string CSVLogger::header() const {
  std::string text = "epoch";
  for (const std::string& column : columns) text += separator + column;
  return text + '\n';
}

void CSVLogger::on_epoch_end(std::int64_t epoch, const Logs& logs) {
  if (!file) file = open_log(filename, append, offset);
  std::string text = file->size() == 0 ? header() : "";
  text += fmt::format("{}", epoch);
  for (const std::string& column : columns)
    text += separator + (logs.contains(column) ? fmt::format("{}", logs[column]) : "NA");
  file->write(text + '\n');
  offset = file->size();
}

void JSONLogger::on_train_begin(const Logs&) {
  offset = epoch = 0;
  file = nullptr;
  started = seconds_now();
}

void JSONLogger::on_train_batch_end(std::int64_t batch, const Logs& logs, Sequential& model) {
  if (!every_batch) return;
  const Optimizer& optimizer = model.optimizer();
  write(fmt::format("{{\"step\": {}, \"epoch\": {}, \"batch\": {}, \"learning_rate\": {}, "
                    "\"batch_loss\": {}",
                    optimizer.iterations(), epoch, batch,
                    json_number(value(optimizer.last_learning_rate())),
                    json_number(model.last_loss())),
        logs);
}

void JSONLogger::on_epoch_end(std::int64_t number, const Logs& logs) {
  write(fmt::format("{{\"epoch\": {}", number), logs);
}

void JSONLogger::write(const std::string& start, const Logs& logs) {
  if (!file) file = open_log(filename, append, offset);
  std::string text = start;
  for (const auto& [key, number] : logs)
    text += fmt::format(", {}: {}", json_text(key), json_number(number));
  file->write(fmt::format("{}, \"seconds\": {:.6f}}}\n", text, seconds_now() - started));
  offset = file->size();
}

void TensorBoard::on_train_begin() { file = std::make_shared<detail::EventFile>(log_dir); }

void TensorBoard::on_train_batch_end(std::int64_t, const Logs& logs, Sequential& model) {
  if (!every_batch) return;
  const Step step = model.optimizer().iterations();
  for (const auto& [key, number] : logs)
    file->add(fmt::format("batch_{}/train", key), number, step);
  file->add("batch_learning_rate", value(model.optimizer().last_learning_rate()), step);
}

void TensorBoard::on_epoch_end(std::int64_t epoch, const Logs& logs) {
  for (const auto& [key, number] : logs) {
    const bool held_back = key.starts_with("val_");
    const std::string tag = key == "learning_rate" ? key
                            : held_back            ? key.substr(4) + "/validation"
                                                   : key + "/train";
    file->add(tag, number, epoch);
  }
}

}}  // namespace gradus
