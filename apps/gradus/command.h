#pragma once
/// What the commands of `gradus` share.

#include <gradus/schedules/plot.h>

#include <stdexcept>
#include <string>
#include <vector>

/// Exit codes: 0 done, 1 something failed while running, 2 it was called wrongly (or its output
/// could not be written), 3 training diverged.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct RunError : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct DivergedError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// How to show something, as given.
struct LookOptions {
  std::vector<std::string> plots;  ///< `term`, or files
  bool csv = false, json = false, ascii = false;
  std::string color = "auto";

  /// Whether a picture on the terminal was asked for.
  bool shown() const;
  /// Whether data is all that goes to stdout. UsageError for two kinds of it, or with a picture.
  bool data() const;
  /// For pictures on the terminal.
  gradus::PlotOptions terminal() const;
};

/// Whether the terminal at stdout wants colours: `always`, `never`, or for `auto` what NO_COLOR,
/// CLICOLOR_FORCE, FORCE_COLOR, TERM and the kind of stdout say.
bool wants_color(const std::string& choice);
/// Whether the locale can show Braille.
bool speaks_utf8();

/// On one line, with nothing that a terminal would obey, and without blanks around it.
std::string clean(std::string text);
/// A whole number in decimal digits. UsageError, naming the option, unless it is in [least, most].
std::int64_t read_whole(const std::string& option, const std::string& text, std::int64_t least,
                        std::int64_t most = std::int64_t{1} << 53);
/// A number above 0 in decimal digits, such as 0.1 or 1e-7. UsageError for anything else.
double read_positive(const std::string& option, const std::string& text);
