#include "commands/completion.h"

#include <fmt/format.h>

#include <algorithm>

#include "commands/commands.h"
#include "terminal/command.h"
#include "terminal/option_words.h"
#include "terminal/text.h"

namespace {

/// The names of a command's options, separated by blanks.
template <class Command>
std::string option_names(const Command& command) {
  std::string names = "--help --config";
  Command::options(command, [&](const auto&, const std::string& name, const auto&...) {
    if (name.starts_with('-')) names += fmt::format(" --{}", key_of(name));
  });
  return names;
}

/// The values that these options accept; other options complete file names.
std::string values() {
  const std::pair<const char*, std::vector<std::string>> known[] = {
      {"--data", data_names()}, {"--activation", activation_names()},
      {"--loss", loss_names()}, {"--optimizer", optimizer_names()},
      {"--plot", {"term"}},     {"--color", {"auto", "always", "never"}},
  };
  std::string out;
  for (const auto& [option, words] : known)
    out += fmt::format("    {}) words=\"{}\" ;;\n", option, fmt::join(words, " "));
  return out;
}

template <class... Command>
std::string bash(const std::tuple<Command...>& commands) {
  std::string cases;
  ((cases += fmt::format("    {}) options=\"{}\" ;;\n", Command::name,
                         option_names(std::get<Command>(commands)))),
   ...);
  const std::vector<std::string> names = {Command::name...};
  return fmt::format(
      R"bash(# Completes the words of gradus, in bash.
_gradus() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}}
  local options="--help --help-all --version" words=""
  case ${{COMP_WORDS[1]}} in
{}  esac
  case $before in
{}  esac
  if [[ $word == -* ]]; then
    words=$options
  elif [[ $COMP_CWORD -eq 1 ]]; then
    words="{}"
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}}
complete -o default -F _gradus gradus
)bash",
      cases, values(), fmt::join(names, " "));
}

}  // namespace

std::string CompletionCommand::run() const {
  check<UsageError>(shell == "bash", "the shell must be bash (got '{}')", clean(shell));
  return bash(Commands());
}
