#pragma once
/// What the commands of `gradus` share.
///
/// A command is a plain struct that says all about itself; commands.h lists them:
///
/// ~~~
/// struct TrainCommand {
///   static constexpr const char* name = "train";
///   static constexpr const char* about = "Train a model";  // a line of gradus --help
///   static constexpr const char* help = "...";  // the end of its own --help: examples
///   std::string epochs = "20";  // as given: texts, lists and flags
///   bool quiet = false;
///   LookOptions look;
///   static void options(auto& self, auto&& option) {
///     option(self.epochs, "--epochs", "Passes over the data", "N");
///     option(self.quiet, "--quiet", "Nothing but the result");
///     LookOptions::options(self.look, option);
///   }
///   std::string run() const;  // what goes to stdout; throws CommandError, or gradus::Error
/// };
/// ~~~
///
/// A name without dashes is an argument by position, which may be of several words for a list. A
/// list whose kind ends in `,...` may be given with commas. The command line, its help, its
/// completion and the keys of --config come from this one list.

#include <gradus/schedules/plot.h>

#include <stdexcept>
#include <string>
#include <vector>

/// What ends a command before it is done, with the exit code. 0 is for done.
struct CommandError : std::runtime_error {
  CommandError(int exit_code, const std::string& what)
      : std::runtime_error(what), code(exit_code) {}
  int code;
};
/// Something failed while running.
struct RunError : CommandError {
  explicit RunError(const std::string& what) : CommandError(1, what) {}
};
/// It was called wrongly, or its output could not be written.
struct UsageError : CommandError {
  explicit UsageError(const std::string& what) : CommandError(2, what) {}
};
/// Training diverged.
struct DivergedError : CommandError {
  explicit DivergedError(const std::string& what) : CommandError(3, what) {}
};

/// A signal ended training, which did as it should.
struct StoppedError : CommandError {
  StoppedError(int signal, const std::string& what) : CommandError(128 + signal, what) {}
};

/// How to show something, as given.
struct LookOptions {
  std::vector<std::string> plots;  ///< `term`, or files
  bool csv = false, json = false, ascii = false;
  std::string color = "auto";

  static void options(auto& self, auto&& option) {
    option(self.plots, "--plot", "Where to draw: term (the default), or a file .svg, .png or .pdf",
           "WHERE");
    option(self.csv, "--csv", "The numbers as CSV, and nothing else");
    option(self.json, "--json", "All there is to know as JSON, and nothing else");
    option(self.ascii, "--ascii", "Plain characters instead of Braille");
    option(self.color, "--color", "Colours: auto, always or never", "WHEN");
  }

  /// Whether a picture on the terminal was asked for.
  bool shown() const;
  /// Whether data is all that goes to stdout. UsageError for two kinds of it, or with a picture,
  /// and for anything else that is wrong with these options.
  bool data() const;
  /// For pictures on the terminal.
  gradus::PlotOptions terminal() const;
};

/// An option's name without dashes, the long one of several: `out` of `-o,--out`.
std::string key_of(const std::string& name);

/// Whether the terminal at stdout wants colours: `always`, `never`, or for `auto` what NO_COLOR,
/// CLICOLOR_FORCE, FORCE_COLOR, TERM and the kind of stdout say.
bool wants_color(const std::string& choice);
/// Whether the terminal that stderr may be can draw over what it has drawn.
bool can_redraw();
/// The columns of a picture on stdout: those of the terminal, but for the last, up to 100.
int picture_columns();
/// Whether the locale can show Braille.
bool speaks_utf8();

/// Whether a terminal may obey it.
bool is_control(char c);
/// On one line, with nothing that a terminal would obey, and without blanks around it.
std::string clean(std::string text);
/// In such quotes, on one line, with nothing that a terminal would obey, which is spelt out: as C++
/// reads it and, after a $, a shell.
std::string quoted(const std::string& text, char quote);
/// A cell of a CSV file, in quotes where it needs them.
std::string csv_cell(const std::string& text);
/// Where a file is, or would be: links are followed, even one that leads to no file. "" if unknown.
std::string place_of(const std::string& path);
/// Whether writing to the one writes to the other, however they are spelt. No file is named "".
bool same_file(const std::string& a, const std::string& b);
/// A whole number in decimal digits. UsageError, naming the option, unless it is in [least, most].
std::int64_t read_whole(const std::string& option, const std::string& text, std::int64_t least,
                        std::int64_t most = std::int64_t{1} << 53);
/// A number above 0 in decimal digits, such as 0.1 or 1e-7. UsageError for anything else.
double read_positive(const std::string& option, const std::string& text);
