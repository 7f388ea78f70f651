#include "training/train_callbacks.h"

#include <fmt/format.h>

#include <cstdio>

#include "problem/saved.h"
#include "terminal/command.h"
#include "terminal/option_words.h"

using namespace gradus;

namespace {

/// The rate is worth a word only if it moves.
std::string numbers_of(const Logs& logs, const Sequential& model) {
  std::string out;
  const bool moving = !model.optimizer().schedule().constant();
  for (const auto& [name, number] : logs)
    if (moving || name != "learning_rate") out += fmt::format(" - {}: {:.4g}", name, number);
  return out;
}

std::string repeated(const char* piece, std::int64_t times) {
  std::string out;
  for (std::int64_t i = 0; i < times; ++i) out += piece;
  return out;
}

}  // namespace

void Lines::on_epoch_end(std::int64_t epoch, const Logs& logs, Sequential& model) const {
  if (10 * (epoch + 1) / epochs > 10 * epoch / epochs)
    model.report(fmt::format("epoch {}/{}{}\n", epoch + 1, epochs, numbers_of(logs, model)));
}

void Bar::on_train_batch_end(std::int64_t batch, const Logs& logs, Sequential& model) {
  const Clock::time_point now = Clock::now();
  if (now - drawn < std::chrono::milliseconds(50)) return;
  drawn = now;
  constexpr double cells = 20;
  const double share =
      (static_cast<double>(epoch) + static_cast<double>(batch + 1) / static_cast<double>(batches)) /
      static_cast<double>(epochs);
  const auto filled = static_cast<std::int64_t>(cells * share);
  const bool utf8 = speaks_utf8();
  // Cut at the terminal's edge: of two lines only one would be drawn over.
  model.report(fmt::format("\r\x1b[K\x1b[?7lepoch {}/{} {}{}{}\x1b[?7h", epoch + 1, epochs,
                           repeated(utf8 ? "━" : "=", filled),
                           repeated(utf8 ? "─" : "-", static_cast<std::int64_t>(cells) - filled),
                           numbers_of(logs, model)));
}

EraseBar::~EraseBar() {
  if (drawn) fmt::print(stderr, "\r\x1b[K");
}

void Keeper::on_epoch_end(std::int64_t number, const Logs&, Sequential& model) {
  if (number + 1 == epochs) return;  // the end is saved when fit() is over
  if (signals.caught()) stop(model);
  if (path.empty() || Clock::now() - saved < std::chrono::milliseconds(250)) return;
  save(model, text, path);
  saved = Clock::now();
}

void Keeper::stop(const Sequential& model) const {
  if (!path.empty()) save(model, text, path);
  const std::vector<std::string> on = {"gradus", "train", "--resume", path};
  throw StoppedError(
      signals.caught(),
      fmt::format("after {} updates, in epoch {} of {}; {}", model.optimizer().iterations(),
                  epoch + 1, epochs,
                  path.empty() ? "not saved, as there is no --save"
                               : fmt::format("saved; to go on: {}", shell_line(on))));
}
