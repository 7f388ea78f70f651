#include "commands/completion.h"

#include <fmt/format.h>
#include <gradus/schedules/known.h>

#include <algorithm>
#include <cctype>

#include "commands/commands.h"
#include "terminal/command.h"
#include "terminal/option_words.h"
#include "terminal/text.h"

namespace {

/// The values that an option accepts, or none: then it completes file names.
std::vector<std::string> values_of(const std::string& key) {
  const std::pair<const char*, std::vector<std::string>> known[] = {
      {"data", data_names()},
      {"activation", activation_names()},
      {"initializer", initializer_names()},
      {"loss", loss_names()},
      {"optimizer", optimizer_names()},
      {"plot", {"term"}},
      {"color", {"auto", "always", "never"}},
  };
  const auto found = std::ranges::find(known, key, [](const auto& entry) { return entry.first; });
  return found == std::end(known) ? std::vector<std::string>() : found->second;
}

/// What can be called in an EXPR.
std::vector<std::string> call_names() {
  std::vector<std::string> names = optimizer_names();
  for (const gradus::KnownSchedule& known : gradus::known_schedules())
    if (std::isalpha(static_cast<unsigned char>(known.text_name[0])))
      names.emplace_back(known.text_name);
  return names;
}

struct OptionFacts {
  std::string name, key, help, kind;  ///< the kind of a flag is ""
  bool call() const { return kind == "EXPR" && key != "initializer"; }
};
struct CommandFacts {
  std::string name, about;
  std::vector<OptionFacts> options;
};

std::vector<CommandFacts> all_commands() {
  std::vector<CommandFacts> out;
  const auto add = [&](const auto& command) {
    CommandFacts& facts = out.emplace_back(CommandFacts{command.name, command.about, {}});
    command.options(command, [&](const auto&, const std::string& name, const std::string& help,
                                 const std::string& kind = "") {
      facts.options.push_back({name, key_of(name), help, kind});
    });
  };
  std::apply([&](const auto&... command) { (add(command), ...); }, Commands());
  return out;
}

/// With {} for cases of commands, cases of options, commands, and names to call.
constexpr const char* bash_script = R"bash(_gradus() {{
  local word=$2 options="--help --help-all --version" words="" calls="" quote=""
  case ${{COMP_WORDS[1]}} in
{}  esac
  case $3 in
{}    -*) calls="" ;;
  esac
  if [[ $word == -* ]]; then
    words=$options
  elif [[ $COMP_CWORD -eq 1 ]]; then
    words="{}"
  elif [[ -n $calls && ( -z $words || $word == *[!a-z]* ) ]]; then
    # The last name of an expression. Two replies, since a single one would close the quotes.
    # zsh keeps the quotes in the word and adds none.
    [[ -n ${{ZSH_VERSION-}} || ${{COMP_WORDS[$COMP_CWORD]}} == [\"\']* ]] || quote='"'
    [[ -z ${{ZSH_VERSION-}} ]] || word=${{word#[\"\']}}
    local IFS=$'\n' last=${{word##*[!A-Za-z0-9_]}}
    COMPREPLY=($(compgen -P "$quote${{word%"$last"}}" -S "(" -W "{}" -- "$last"))
    [[ ${{#COMPREPLY[@]}} -ne 1 ]] || COMPREPLY+=("${{COMPREPLY[0]}}...)")
    return
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}}
complete -o default -F _gradus gradus
)bash";

std::string bash() {
  std::string names, commands, values;
  for (const CommandFacts& command : all_commands()) {
    std::string options = "--help --config", calls;
    for (const OptionFacts& option : command.options) {
      const std::string call = option.call() ? "yes" : "";
      if (!option.name.starts_with('-')) {
        calls += call;
        continue;
      }
      options += " --" + option.key;
      const std::string words = fmt::format("{}", fmt::join(values_of(option.key), " "));
      const std::string line =
          fmt::format("    --{}) words=\"{}\" calls=\"{}\" ;;\n", option.key, words, call);
      if (!(words + call).empty() && values.find(line) == values.npos) values += line;
    }
    names += ' ' + command.name;
    commands +=
        fmt::format("    {}) options=\"{}\" calls=\"{}\" ;;\n", command.name, options, calls);
  }
  return fmt::format(fmt::runtime(bash_script), commands, values, names,
                     fmt::join(call_names(), "\n"));
}

std::string fish() {
  std::string out;
  for (const CommandFacts& command : all_commands()) {
    out += fmt::format("complete -c gradus -n __fish_use_subcommand -xa {} -d {}\n", command.name,
                       quoted(command.about, '\''));
    for (const OptionFacts& option : command.options) {
      std::string words = fmt::format("{}", fmt::join(values_of(option.key), " "));
      if (option.call() && words.empty())
        words = fmt::format("{}\\(", fmt::join(call_names(), "\\( "));
      out += fmt::format("complete -c gradus -n '__fish_seen_subcommand_from {}'", command.name);
      if (option.name.starts_with('-')) out += " -l " + option.key;
      out += !words.empty() ? fmt::format(" -ra '{}'\n", words)
                            : fmt::format(" {} -d {}\n", option.kind.empty() ? "-f" : "-r",
                                          quoted(option.help, '\''));
    }
  }
  return out;
}

}  // namespace

std::string CompletionCommand::run() const {
  if (shell == "fish") return fish();
  if (shell == "zsh")  // it reads completions of bash
    return "autoload -Uz compinit bashcompinit && compinit && bashcompinit\n" + bash();
  if (shell != "bash") refuse_name("shell", shell, {"bash", "zsh", "fish"});
  return bash();
}
