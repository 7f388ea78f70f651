#include "commands/completion.h"

#include <gradus/schedules/known.h>

#include <cctype>

#include "commands/commands.h"
#include "terminal/command.h"
#include "terminal/option_words.h"

namespace {

/// The values that an option accepts, or none: then it completes file names.
std::vector<std::string> values_of(const std::string& key) {
  const std::pair<const char*, std::vector<std::string>> known[] = {
      {"data", data_names()},
      {"activation", activation_names()},
      {"initializer", initializer_names()},
      {"bias-initializer", initializer_names()},
      {"loss", loss_names()},
      {"optimizer", optimizer_names()},
      {"plot", {"term"}},
      {"size", {"page", "slide"}},
      {"color", {"auto", "always", "never"}},
  };
  const auto found = std::ranges::find(known, key, [](const auto& entry) { return entry.first; });
  return found == std::end(known) ? std::vector<std::string>() : found->second;
}

/// The names of optimizers and schedules, which an EXPR can call.
std::vector<std::string> call_names() {
  std::vector<std::string> names = optimizer_names();
  for (const gradus::KnownSchedule& known : gradus::known_schedules())
    if (std::isalpha(static_cast<unsigned char>(known.text_name[0])))
      names.emplace_back(known.text_name);
  return names;
}

/// Adds a line to each of the cases of the script.
template <class Command>
void add_cases(const Command& command, std::string& commands, std::string& values) {
  std::string options = "--help --config", positional;
  Command::options(command, [&](const auto&, const std::string& name, const std::string&,
                                const std::string& kind = "") {
    const std::string key = key_of(name),
                      calls = kind == "EXPR" && !key.ends_with("initializer") ? "yes" : "";
    if (!name.starts_with('-')) {
      positional += calls;
      return;
    }
    options += " --" + key;
    const std::string words = fmt::format("{}", fmt::join(values_of(key), " "));
    const std::string line =
        fmt::format("    --{}) words=\"{}\" calls=\"{}\" ;;\n", key, words, calls);
    if (!(words + calls).empty() && values.find(line) == values.npos) values += line;
  });
  commands +=
      fmt::format("    {}) options=\"{}\" calls=\"{}\" ;;\n", Command::name, options, positional);
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

template <class... Command>
std::string bash(const std::tuple<Command...>& all) {
  std::string commands, values;
  (add_cases(std::get<Command>(all), commands, values), ...);
  const std::vector<std::string> names = {Command::name...};
  return fmt::format(fmt::runtime(bash_script), commands, values, fmt::join(names, " "),
                     fmt::join(call_names(), "\n"));
}

/// fish asks bash, which then treats quotes as in zsh.
constexpr const char* fish_script = R"fish(function __gradus_words
  ZSH_VERSION=fish bash -c 'source <(gradus completion bash); COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1)); _gradus gradus "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
    printf "%s\n" "${COMPREPLY[@]}"' bash (commandline -opc) (commandline -ct)
end
complete -c gradus -a '(__gradus_words)'
)fish";

}  // namespace

std::string CompletionCommand::run() const {
  if (shell == "fish") return fish_script;
  if (shell == "zsh")  // it reads completions of bash
    return "autoload -Uz compinit bashcompinit && compinit && bashcompinit\n" + bash(Commands());
  if (shell != "bash") refuse_name("shell", shell, {"bash", "zsh", "fish"});
  return bash(Commands());
}
