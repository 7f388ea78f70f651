/// gradus: the library's one command line.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <new>

#include <gradus/core/error.h>
#include <gradus/core/nearest.h>

#include "command.h"

namespace {

constexpr const char* schedule_help =
    R"help(Shows learning-rate schedules before anything is trained.

  gradus schedule "linear(0, 0.1, 100) >> CosineDecay(0.1, 900)"
  gradus schedule "warm=warmup(0.1, 50)" "stairs=StepDecay(0.1, 30)" --steps 100 --table
  gradus schedule "OneCycle(0.1, 1000)" --plot rate.svg)help";

void add_schedule(CLI::App& app, ScheduleCommand& command) {
  CLI::App* schedule = app.add_subcommand("schedule", "Show learning-rate schedules");
  schedule->description(schedule_help);
  schedule
      ->add_option("expressions", command.expressions,
                   "Schedules as text, each EXPR or NAME=EXPR with a name for the legend")
      ->type_name("EXPR");
  schedule
      ->add_option("--steps", command.steps,
                   "Updates in the run; without it, until the last schedule ends, or 1000")
      ->type_name("N");
  schedule
      ->add_option("--plot", command.plots,
                   "Where to draw: term (the default), or a file .svg, .png or .pdf")
      ->type_name("WHERE")
      ->allow_extra_args(false)
      ->take_all();
  schedule->add_flag("--table", command.table, "The values where something happens");
  schedule->add_flag("--csv", command.csv, "Every step's rates as CSV, and nothing else");
  schedule->add_flag("--json", command.json, "All there is to know as JSON, and nothing else");
  schedule->add_flag("--list", command.list, "Every schedule: arguments, formula, example");
  schedule->add_flag("--ascii", command.ascii, "Plain characters instead of Braille");
  schedule->add_option("--color", command.color, "Colours: auto, always or never")
      ->type_name("WHEN")
      ->check(CLI::IsMember({"auto", "always", "never"}));
}

/// The names of what may stand where the word is: commands first, options after.
std::vector<std::string> names_for(const CLI::App& app) {
  std::vector<std::string> names;
  const auto parsed = app.get_subcommands();
  if (parsed.empty())
    for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  for (const CLI::Option* option : (parsed.empty() ? &app : parsed.front())->get_options())
    names.push_back(option->get_name());
  return names;
}

/// The first word that is neither a command nor an option where it stands.
std::string unexpected(const CLI::App& app, std::string word) {
  word = word.substr(0, word.find('='));
  return fmt::format("'{}' was not expected here; did you mean {}?", word,
                     gradus::detail::nearest(word, names_for(app)));
}

int fail(int code, std::string what) {
  std::replace(what.begin(), what.end(), '\n', ' ');
  fmt::print(stderr, "gradus: error: {}\n", what);
  return code;
}

/// Done, unless stdout did not take it all.
int finish() {
  std::cout.flush();
  const bool written = std::cout.good() && std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  return written ? 0 : fail(2, "stdout could not be written to");
}

int run(int argc, char** argv) {
  CLI::App app("Train toy models, and look at what a learning rate does", "gradus");
  app.set_version_flag("--version", "gradus " GRADUS_VERSION);
  app.require_subcommand(1);
  ScheduleCommand schedule;
  add_schedule(app, schedule);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help and --version
    app.exit(asked);
    return finish();
  } catch (const CLI::RequiredError&) {
    return fail(2, argc > 1 ? unexpected(app, argv[1]) : "a command is needed; see gradus --help");
  } catch (const CLI::ExtrasError&) {
    return fail(2, unexpected(app, app.remaining(true).front()));
  } catch (const CLI::ParseError& error) {
    return fail(2, error.what());
  }
  const std::string out = schedule.run();
  std::fwrite(out.data(), 1, out.size(), stdout);
  return finish();
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_DFL);  // `gradus ... | head` ends quietly
  try {
    return run(argc, argv);
  } catch (const UsageError& error) {
    return fail(2, error.what());
  } catch (const gradus::NumericError& error) {
    return fail(1, error.what());
  } catch (const gradus::Error& error) {
    return fail(2, error.what());
  } catch (const std::bad_alloc&) {
    return fail(2, "out of memory");
  } catch (const std::exception& error) {
    return fail(1, error.what());
  }
}
