#include "training/train_callbacks.h"

#include "problem/saved.h"
#include "terminal/command.h"
#include "terminal/option_words.h"

using namespace gradus;
using gradus::detail::AppendFile, gradus::detail::file_size, gradus::detail::read_file;

namespace {

/// ` - loss: 0.5 - ...`, with the learning rate only if it changes.
std::string to_text(const Logs& logs, const Sequential& model) {
  std::string out;
  const bool moving = !model.optimizer().schedule().constant();
  for (const auto& [name, number] : logs)
    if (moving || name != "learning_rate") out += fmt::format(" - {}: {:.4g}", name, number);
  return out;
}

}  // namespace

void ProgressLines::on_epoch_end(std::int64_t epoch, const Logs& logs, Sequential& model) const {
  if (10 * (epoch + 1) / epochs > 10 * epoch / epochs)
    model.report(fmt::format("epoch {}/{}{}\n", epoch + 1, epochs, to_text(logs, model)));
}

void ProgressBar::on_train_batch_end(std::int64_t batch, const Logs& logs, Sequential& model) {
  const Clock::time_point now = Clock::now();
  if (now - drawn < std::chrono::milliseconds(50)) return;
  drawn = now;
  const double share =
      (static_cast<double>(epoch) + static_cast<double>(batch + 1) / static_cast<double>(batches)) /
      static_cast<double>(epochs);
  model.report(bar(fmt::format("epoch {}/{}", epoch + 1, epochs), share, to_text(logs, model)));
}

void SaveAndStop::on_epoch_end(std::int64_t number, const Logs&, Sequential& model) {
  if (number + 1 == epochs) return;  // Session saves the end of the training
  if (signals.caught()) stop(model);
  if (path.empty() || Clock::now() - saved < std::chrono::milliseconds(250)) return;
  save(model, text, path);
  saved = Clock::now();
}

void SaveAndStop::stop(const Sequential& model) const {
  if (!path.empty()) save(model, text, path);
  throw StoppedError(
      signals.caught(),
      fmt::format("after {} updates, in epoch {} of {}; {}", model.optimizer().iterations(),
                  epoch + 1, epochs,
                  path.empty() ? "not saved: --save was not given"
                               : fmt::format("saved; to continue: {}",
                                             shell_line({"train", "--resume", path}))));
}

void check_length(const AppendFile& log, std::int64_t offset) {
  check<UsageError>(log.size() == 0 || offset <= log.size(),
                    "--log: '{}' must hold at least the {} bytes that it held when training was "
                    "saved (got {}); give another --log",
                    clean(log.path()), offset, log.size());
}

void JsonLog::on_train_batch_begin(std::int64_t, const Logs&, Sequential& model) {
  if (header.empty()) return;
  check_length(*file, offset);
  write(std::exchange(header, ""), model);
}

void check_is_log(const std::string& path) {
  constexpr std::int64_t most_bytes = std::int64_t{1} << 30;
  const char* const start = path.ends_with(".csv") ? "epoch," : "{\"gradus\":";
  check<UsageError>(file_size(path) < 0 || read_file(path, most_bytes).starts_with(start),
                    "--log: must be a log of gradus train (got '{}'); give another --log",
                    clean(path));
}
