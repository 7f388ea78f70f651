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

#include "find_command.h"
#include "schedule_command.h"

namespace {

constexpr const char* schedule_help =
    R"help(Shows learning-rate schedules before anything is trained.

  gradus schedule "linear(0, 0.1, 100) >> CosineDecay(0.1, 900)"
  gradus schedule "warm=warmup(0.1, 50)" "stairs=StepDecay(0.1, 30)" --steps 100 --table
  gradus schedule "OneCycle(0.1, 1000)" --plot rate.svg)help";

constexpr const char* find_help =
    R"help(Finds a learning rate to begin with, from one short run in which the rate rises.

  gradus find-lr
  gradus find-lr --data spirals --layers 32,32 --optimizer adam
  gradus find-lr --data iris.csv --label species --plot loss.svg)help";

void add_look(CLI::App& command, LookOptions& look) {
  command
      .add_option("--plot", look.plots,
                  "Where to draw: term (the default), or a file .svg, .png or .pdf")
      ->type_name("WHERE")
      ->allow_extra_args(false)
      ->take_all();
  command.add_flag("--csv", look.csv, "The numbers as CSV, and nothing else");
  command.add_flag("--json", look.json, "All there is to know as JSON, and nothing else");
  command.add_flag("--ascii", look.ascii, "Plain characters instead of Braille");
  command.add_option("--color", look.color, "Colours: auto, always or never")
      ->type_name("WHEN")
      ->check(CLI::IsMember({"auto", "always", "never"}));
}

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
  schedule->add_flag("--table", command.table, "The values where something happens");
  schedule->add_flag("--list", command.list, "Every schedule: arguments, formula, example");
  add_look(*schedule, command.look);
}

/// An option that takes a word, shown with its default.
void add_word(CLI::App& command, const char* name, std::string& word, const std::string& help,
              const char* type) {
  command.add_option(name, word, help)->type_name(type)->capture_default_str();
}

void add_problem(CLI::App& command, ProblemOptions& problem) {
  const auto one_of = [](const std::vector<std::string>& names) {
    return fmt::format("{}", fmt::join(names, ", "));
  };
  add_word(command, "--data", problem.data, one_of(data_names()) + ", or a file .csv", "WHAT");
  command.add_option("--label", problem.label, "The file's target column; without it, the last")
      ->type_name("COLUMN");
  for (const auto& [name, columns, help] :
       {std::tuple{"--ignore", &problem.ignore, "The file's columns to leave out"},
        std::tuple{"--one-hot", &problem.one_hot, "The file's columns of words to read"}})
    command.add_option(name, *columns, help)->type_name("COLUMN")->delimiter(',');
  command.add_flag("--drop-missing", problem.drop_missing, "Leave out rows with an empty field");
  add_word(command, "--layers", problem.layers, "Units of the hidden layers, or none", "N,N,...");
  add_word(command, "--activation", problem.activation, one_of(activation_names()), "NAME");
  add_word(command, "--optimizer", problem.optimizer, one_of(optimizer_names()), "NAME");
  add_word(command, "--loss", problem.loss, one_of(loss_names()) + ", or as the data asks", "NAME");
  add_word(command, "--batch-size", problem.batch_size, "Rows per update", "N");
  add_word(command, "--seed", problem.seed, "Of made-up data, weights and shuffles", "N");
}

void add_find(CLI::App& app, FindCommand& command) {
  CLI::App* find = app.add_subcommand("find-lr", "Find a learning rate to begin with");
  find->description(find_help);
  add_problem(*find, command.chosen);
  add_word(*find, "--start", command.start, "The rate of the first update", "RATE");
  add_word(*find, "--end", command.end, "The rate of the last update", "RATE");
  add_word(*find, "--steps", command.steps, "Updates from start to end", "N");
  add_look(*find, command.look);
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
  FindCommand find;
  add_schedule(app, schedule);
  add_find(app, find);
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
  const std::string out = app.got_subcommand("schedule") ? schedule.run() : find.run();
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
  } catch (const DivergedError& error) {
    return fail(3, error.what());
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
