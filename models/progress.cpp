#include <gradus/models/progress.h>

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <gradus/core/error.h>

namespace gradus::inline GRADUS_VARIANT::detail {
namespace {

void write_to_stderr(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

/// As Keras prints numbers: four digits, in scientific form when tiny.
std::string number(double v) {
  return std::abs(v) > 1e-3 || v == 0 ? fmt::format("{:.4f}", v) : fmt::format("{:.4e}", v);
}

std::string shown(const std::string& name, double v) {
  return fmt::format(" - {}: {}", name, number(v));
}

std::string per_step(double seconds) {
  if (seconds >= 1 || seconds <= 0) return fmt::format("{:.0f}s/step", seconds);
  if (seconds >= 1e-3) return fmt::format("{:.0f}ms/step", seconds * 1e3);
  return fmt::format("{:.0f}us/step", seconds * 1e6);
}

}  // namespace

Progress::Progress(int verbose, ProgressSink sink, std::int64_t epochs, std::int64_t steps,
                   bool moving)
    : verbose_(verbose), sink_(std::move(sink)), epochs_(epochs), steps_(steps), moving_(moving) {
  check(verbose >= 0 && verbose <= 2, "fit: verbose must be 0, 1 or 2 (got {})", verbose);
  if (verbose_ == 1 && (sink_ || isatty(STDERR_FILENO) == 0)) verbose_ = 2;
  if (!sink_) sink_ = write_to_stderr;
}

void Progress::begin_epoch(std::int64_t epoch) {
  started_ = drawn_ = Clock::now();
  if (verbose_ > 0 && epochs_ > 1) sink_(fmt::format("Epoch {}/{}\n", epoch + 1, epochs_));
}

double Progress::seconds() const {
  return std::chrono::duration<double>(Clock::now() - started_).count();
}

std::string Progress::bar(std::int64_t done, const std::string& numbers) const {
  constexpr std::int64_t cells = 20;
  std::string drawn;
  for (std::int64_t i = 0; i < cells; ++i) drawn += i < cells * done / steps_ ? "━" : "─";
  return fmt::format("\r\x1b[K{}/{} {} {:.0f}s {}{}", done, steps_, drawn, seconds(),
                     per_step(seconds() / static_cast<double>(done)), numbers);
}

void Progress::batch(std::int64_t done, double loss) {
  if (verbose_ != 1) return;
  const Clock::time_point now = Clock::now();
  if (now - drawn_ < std::chrono::milliseconds(50)) return;
  drawn_ = now;
  sink_(bar(done, shown("loss", loss)));
}

void Progress::end_epoch(const Logs& logs) {
  if (verbose_ == 0) return;
  std::string numbers;
  for (std::size_t i = 0; i + (moving_ ? 0 : 1) < logs.size(); ++i)
    numbers += shown(logs[i].first, logs[i].second);
  if (verbose_ == 1) return sink_(bar(steps_, numbers) + "\n");
  sink_(fmt::format("{}/{} - {:.0f}s - {}{}\n", steps_, steps_, seconds(),
                    per_step(seconds() / static_cast<double>(steps_)), numbers));
}

}  // namespace gradus::inline GRADUS_VARIANT::detail
