#include "terminal/terminal.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

std::string_view variable(const char* name) {
  const char* text = std::getenv(name);
  return text ? text : "";
}

/// The size as the terminal says, or else the variable; 0 unless stdout is a terminal.
int terminal_size(const char* name, unsigned short winsize::*of) {
  winsize size{};
  if (!isatty(STDOUT_FILENO)) return 0;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.*of > 0) return size.*of;
  return std::max(std::atoi(variable(name).data()), 0);
}

constexpr int watched[] = {SIGINT, SIGTERM};
struct sigaction before[2];     // the one SignalWatch
std::atomic<int> recorded = 0;  // free of locks, so for handlers and threads alike

void record(int signal) {
  if (recorded) _exit(128 + signal);
  recorded = signal;
}

}  // namespace

bool wants_color(const std::string& choice) {
  if (choice != "auto") return choice == "always";
  if (!variable("NO_COLOR").empty()) return false;
  for (const char* force : {"CLICOLOR_FORCE", "FORCE_COLOR"})
    if (const std::string_view v = variable(force); !v.empty() && v != "0") return true;
  return isatty(STDOUT_FILENO) && variable("TERM") != "dumb";
}

int picture_columns() {
  const int columns = terminal_size("COLUMNS", &winsize::ws_col);
  return columns == 0 ? 72 : std::clamp(columns - 1, 24, 200);
}

int picture_rows() { return std::max(terminal_size("LINES", &winsize::ws_row) - 1, 0); }

void write_stderr(const std::string& text) { std::fputs(text.c_str(), stderr); }

bool can_redraw() { return isatty(STDERR_FILENO) && variable("TERM") != "dumb"; }

bool speaks_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* const locale = variable(name).data();
    if (*locale) return strcasestr(locale, "utf-8") || strcasestr(locale, "utf8");
  }
  return false;
}

SignalWatch::SignalWatch() {
  recorded = 0;
  struct sigaction action = {};
  action.sa_handler = record;
  action.sa_flags = SA_RESTART;
  for (int i = 0; i < 2; ++i) {
    sigaction(watched[i], nullptr, &before[i]);
    if (before[i].sa_handler != SIG_IGN) sigaction(watched[i], &action, nullptr);
  }
}

SignalWatch::~SignalWatch() {
  for (int i = 0; i < 2; ++i) sigaction(watched[i], &before[i], nullptr);
  recorded = 0;
}

int SignalWatch::caught() { return recorded; }

std::string bar(const std::string& head, double share, const std::string& tail) {
  constexpr std::int64_t cells = 20;
  const auto filled = static_cast<std::int64_t>(cells * share);
  const char* const line = speaks_utf8() ? "{:━<{}}{:─<{}}" : "{:=<{}}{:-<{}}";
  // Cut at the edge of the terminal, because only one line can be drawn again.
  return fmt::format("\r\x1b[K\x1b[?7l{} {}{}\x1b[?7h", head,
                     fmt::format(fmt::runtime(line), "", filled, "", cells - filled), tail);
}

EraseBar::~EraseBar() {
  if (drawn) write_stderr("\r\x1b[K");
}
