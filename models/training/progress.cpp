#include <gradus/models/progress.h>

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include <gradus/core/error.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {
namespace {

void write_to_stderr(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

/// As Keras prints numbers: four digits, in scientific form when tiny.
std::string shown(const std::string& name, double v) {
  const bool tiny = std::abs(v) <= 1e-3 && v != 0;
  return fmt::format(fmt::runtime(tiny ? " - {}: {:.4e}" : " - {}: {:.4f}"), name, v);
}

std::string per_step(double seconds) {
  if (seconds >= 1 || seconds <= 0) return fmt::format("{:.0f}s/step", seconds);
  if (seconds >= 1e-3) return fmt::format("{:.0f}ms/step", seconds * 1e3);
  return fmt::format("{:.0f}us/step", seconds * 1e6);
}

/// 75 s as `1:15`, as Keras has it.
std::string duration(double seconds) {
  const auto s = static_cast<std::int64_t>(std::lround(seconds));
  if (s >= 3600) return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
  return s >= 60 ? fmt::format("{}:{:02}", s / 60, s % 60) : fmt::format("{}s", s);
}

/// Whether the terminal that standard error may be knows how to redraw a line.
bool can_redraw() {
  const char* const terminal = std::getenv("TERM");
  return isatty(STDERR_FILENO) != 0 && !(terminal && std::string_view(terminal) == "dumb");
}

constexpr std::string_view clear_line = "\r\x1b[K";

}  // namespace

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Progress::Progress(int verbose, ProgressSink sink, std::int64_t epochs, std::int64_t steps,
                   bool moving)
    : verbose_(verbose), sink_(std::move(sink)), epochs_(epochs), steps_(steps), moving_(moving) {
  if (verbose_ == 1 && (sink_ || !can_redraw())) verbose_ = 2;
  if (!sink_) sink_ = write_to_stderr;
  const char* no_colour = std::getenv("NO_COLOR");
  colour_ = !no_colour || !*no_colour;
}

Progress::~Progress() {
  if (open_) write_to_stderr("\n");
}

void Progress::begin_epoch(std::int64_t epoch) {
  if (verbose_ == 0) return;
  started_ = drawn_ = steady_seconds();
  if (epochs_ > 1) sink_(fmt::format("Epoch {}/{}\n", epoch + 1, epochs_));
}

double Progress::seconds() const { return steady_seconds() - started_; }

/// `12/60 ━━━━──── 3s 5ms/step - loss: ...`: while it runs, the time is what is left.
std::string Progress::bar(std::int64_t done, const std::string& numbers, bool ended) const {
  constexpr std::int64_t cells = 20;
  const double each = seconds() / static_cast<double>(std::max<std::int64_t>(1, done));
  const std::int64_t steps = ended ? done : steps_, filled = steps > 0 ? cells * done / steps : 0;
  const double time = ended || steps == 0 ? seconds() : each * static_cast<double>(steps - done);
  const char* const green = colour_ ? "\x1b[32m" : "";
  const char* const plain = colour_ ? "\x1b[0m" : "";
  const auto rest = fmt::format(fmt::runtime(colour_ ? "{:━<{}}" : "{:─<{}}"), "", cells - filled);
  return fmt::format("{}{}/{} {}{:━<{}}{}{} {} {}{}", clear_line, done,
                     steps > 0 ? fmt::format("{}", steps) : "?", green, "", filled, plain, rest,
                     duration(time), per_step(each), numbers);
}

bool Progress::due() {
  if (verbose_ != 1) return false;
  const double time = steady_seconds();
  const bool is_due = time - drawn_ >= 0.05;
  if (is_due) drawn_ = time;
  return is_due;
}

void Progress::batch(std::int64_t done, const Logs& logs) {
  std::string numbers;
  for (const auto& [name, v] : logs) numbers += shown(name, v);
  // Cut at the terminal's edge, for of a bar of two lines only the second would be redrawn. What
  // comes last stands at the edge: the blank.
  constexpr std::string_view no_wrap = "\x1b[?7l", wrap = "\x1b[?7h";
  sink_(fmt::format("{}{} {}", no_wrap, bar(done, numbers, false), wrap));
  open_ = true;
}

void Progress::say(std::string_view line) {
  sink_(open_ ? fmt::format("{}{}", clear_line, line) : std::string(line));
  open_ = false;
}

void Progress::end_epoch(std::int64_t done, const Logs& logs) {
  open_ = false;
  if (verbose_ == 0) return;
  std::string numbers;
  for (const auto& [name, v] : logs)
    if (moving_ || name != "learning_rate") numbers += shown(name, v);
  if (verbose_ == 1) return sink_(bar(done, numbers, true) + "\n");
  sink_(fmt::format("{}/{} - {} - {}{}\n", done, done, duration(seconds()),
                    per_step(seconds() / static_cast<double>(std::max<std::int64_t>(1, done))),
                    numbers));
}

}}}  // namespace gradus::detail
