#pragma once
/// The form of a command of `gradus`, and the errors that end one.
///
/// A command is a plain struct that describes itself; commands.h lists all commands:
///
/// ~~~
/// struct TrainCommand {
///   static constexpr const char* name = "train";
///   static constexpr const char* about = "Train a model";  // its line in gradus --help
///   static constexpr const char* help = "...";  // the end of gradus train --help: examples
///   std::string epochs = "20";  // options are texts, lists of texts and flags
///   bool quiet = false;
///   LookOptions look;
///   static void options(auto& self, auto&& option) {
///     option(self.epochs, "--epochs", "Passes over the data", "N");
///     option(self.quiet, "--quiet", "Print only errors");
///     LookOptions::options(self.look, option);
///   }
///   std::string run() const;  // returns the text for stdout; throws CommandError or gradus::Error
/// };
/// ~~~
///
/// A name without dashes is a positional argument; a positional list takes several words. A list
/// whose kind ends in `,...` may be given with commas. The parser, --help, the completion and the
/// keys of --config are all made from options(). A command with a member
/// `std::vector<std::string> given` receives there the keys of the options that were given.

#include <gradus/core/error.h>

#include "terminal/text.h"

using gradus::check;  // check<UsageError>(epochs > 0, "--epochs: must be above 0 (got {})", epochs)

/// Ends a command with this exit code; `out` is printed to stdout first.
struct CommandError : std::runtime_error {
  CommandError(int exit_code, const std::string& what, const std::string& printed = "")
      : std::runtime_error(what), code(exit_code), out(printed) {}
  int code;
  std::string out;
};
/// Something failed while the command ran.
struct RunError : CommandError {
  explicit RunError(const std::string& what) : CommandError(1, what) {}
};
/// An argument is wrong, or the output cannot be written.
struct UsageError : CommandError {
  explicit UsageError(const std::string& what) : CommandError(2, what) {}
};
/// Training diverged.
struct DivergedError : CommandError {
  explicit DivergedError(const std::string& what, const std::string& printed = "")
      : CommandError(3, what, printed) {}
};
/// A signal ended training in good order.
struct StoppedError : CommandError {
  StoppedError(int signal, const std::string& what, const std::string& printed = "")
      : CommandError(128 + signal, what, printed) {}
};
