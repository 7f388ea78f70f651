// The only file that uses CLI11: commands become its subcommands, its errors one line.

#include "commands/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>

#include <gradus/core/from_text.h>

#include "commands/commands.h"
#include "terminal/command.h"
#include "terminal/config_file.h"
#include "terminal/files.h"

namespace {

/// The help in lines that fit beside the names of options, on 80 columns or a narrower terminal.
std::string wrapped_help(const std::string& help) {
  return wrapped(help, static_cast<std::size_t>(std::clamp(picture_columns() - 28, 20, 50)), "");
}

/// Turns the members of a command into options.
class Adder {
 public:
  explicit Adder(CLI::App& app) : app_(app) {}

  void operator()(std::string& word, const std::string& name, const std::string& help,
                  const std::string& kind) {
    app_.add_option(name, word, wrapped_help(help))
        ->type_name(kind)
        ->capture_default_str()
        ->check([](const std::string& given) {
          return std::string(given.empty() ? "must not be empty" : "");
        });
  }
  void operator()(std::vector<std::string>& list, const std::string& name, const std::string& help,
                  const std::string& kind) {
    const auto set = [&list, names = kind.ends_with(",...")](const std::vector<std::string>& all) {
      list.clear();
      for (const std::string& word : all)
        std::ranges::copy(names ? split_list(word) : std::vector{word}, std::back_inserter(list));
    };
    CLI::Option* option =
        app_.add_option_function<std::vector<std::string>>(name, set, wrapped_help(help))
            ->type_name(kind);
    if (name.starts_with("--")) option->allow_extra_args(false)->take_all();
  }
  void operator()(bool& flag, const std::string& name, const std::string& help) {
    app_.add_flag(name, flag, wrapped_help(help));
  }

 private:
  CLI::App& app_;
};

template <class Command>
void add(CLI::App& app, Command& command) {
  CLI::App* added = app.add_subcommand(Command::name, Command::about);
  added->footer(Command::help);
  Command::options(command, Adder(*added));
  added->add_option("--config", "Read the options not given from this file")
      ->type_name("FILE.toml");
}

/// The names that are accepted where the word stands: commands first, then options.
std::vector<std::string> names_for(const CLI::App& app) {
  std::vector<std::string> names;
  const auto parsed = app.get_subcommands();
  if (parsed.empty())
    for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  for (const CLI::Option* option : (parsed.empty() ? &app : parsed.front())->get_options())
    names.push_back(option->get_name());
  return names;
}

/// The error for a word that is neither a command nor an option where it stands.
std::string unexpected(const CLI::App& app, std::string word) {
  word = word.substr(0, word.find('='));
  const std::vector<std::string> names = names_for(app);
  const std::string nearest = gradus::detail::nearest(word, names);
  const auto has = [&](const auto& list, const std::string& name) {
    return std::ranges::count(list, name) > 0;
  };
  std::string advice = "see --help";
  if (has(names, "--data") && (is_there(word) || has(data_names(), word)))
    advice = fmt::format("did you mean --data {}?", shell_word(word));
  else if (word == nearest)
    advice = "options follow the command";
  else if (gradus::detail::edit_distance(word, nearest) <=
           std::max<std::size_t>(2, word.size() / 2))
    advice = fmt::format("did you mean {}?", nearest);
  return fmt::format("'{}' was not expected here; {}", clean(word), advice);
}

int fail(int code, const std::string& what) {
  write_stderr(fmt::format("gradus: error: {}\n", clean(what)));
  return code;
}

/// Success, unless stdout did not take everything, after `out`.
int finish(const std::string& out = "") {
  std::fwrite(out.data(), 1, out.size(), stdout);
  std::cout.flush();
  const bool written = std::cout.good() && std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  return written ? 0 : fail(2, "cannot write to stdout");
}

/// The keys of the options that were given.
std::vector<std::string> given_options(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options())
    if (option->count() > 0) names.push_back(key_of(option->get_name()));
  return names;
}

/// Runs the chosen command, with the options of its configuration file.
template <class... Command>
int run_chosen(const CLI::App& app, std::tuple<Command...>& commands) {
  std::string out;
  const auto run_if = [&](auto& command) {
    if (!app.got_subcommand(command.name)) return;
    const CLI::App& chosen = *app.get_subcommand(command.name);
    std::vector<std::string> given = given_options(chosen);
    if (const CLI::Option& config = *chosen.get_option("--config"); config.count() > 0)
      configure(command, config.as<std::string>(), given, {Command::name...});
    if constexpr (requires { command.given; }) command.given = given;
    out = command.run();
  };
  (run_if(std::get<Command>(commands)), ...);
  return finish(out);
}

/// The general help and the help of every command.
std::string full_help(const CLI::App& app) {
  std::string out = app.help();
  for (const CLI::App* command : app.get_subcommands({}))
    out += fmt::format("\n---- gradus {}\n\n{}", command->get_name(), command->help("gradus"));
  return out;
}

int run(int argc, const char* const* argv) {
  CLI::App app("Train toy models and see what a learning rate does", "gradus");
  app.set_version_flag("--version", "gradus " GRADUS_VERSION);
  app.require_subcommand(1);
  Commands commands;
  std::apply([&](auto&... command) { (add(app, command), ...); }, commands);
  app.set_help_all_flag("--help-all", "Print the help of every command and exit");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForAllHelp&) {
    std::cout << full_help(app);
    return finish();
  } catch (const CLI::Success& asked) {  // --help and --version
    app.exit(asked);
    return finish();
  } catch (const CLI::RequiredError&) {
    return fail(2, argc > 1 ? unexpected(app, argv[1])
                            : "give a command: try gradus demo, or see gradus --help");
  } catch (const CLI::ExtrasError&) {
    return fail(2, unexpected(app, app.remaining(true).front()));
  } catch (const CLI::ParseError& error) {
    return fail(2, error.what());
  }
  return run_chosen(app, commands);
}

}  // namespace

int run_command_line(int argc, const char* const* argv) {
  try {
    return run(argc, argv);
  } catch (const StoppedError& stopped) {
    finish(stopped.out);
    write_stderr(fmt::format("gradus: stopped {}\n", clean(stopped.what())));
    return stopped.code;
  } catch (const CommandError& error) {
    finish(error.out);
    return fail(error.code, error.what());
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
