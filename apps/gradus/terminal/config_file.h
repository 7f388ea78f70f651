#pragma once
/// Options in a file, written in TOML. Texts are in quotes; a list may go over several lines.
///
///     data = "moons"                              # for every command
///     [train]
///     layers = [32, 32]
///     optimizer = 'adam(learning_rate=0.01)'
///     quiet = true

#include <algorithm>

#include "terminal/option_words.h"

/// An entry of the file. Its key is an option's name without dashes.
struct ConfigEntry {
  std::string key;
  std::vector<std::string> values;  ///< as text; exactly one unless `list`
  bool list;
  std::string place;  ///< file and line

  /// UsageError unless it is true or false.
  bool flag() const;
  /// The values of a list are joined by commas if the option's kind ends in `,...`; any other list,
  /// or an empty one, is a UsageError.
  std::string text(const std::string& kind) const;
};

/// The entries for this command, in the order of the file: those before the first section, and
/// those of its section. UsageError, with the line, for a repeated key, a section that is not one
/// of `commands`, a value that is neither a text, a number, true or false, nor a list of them, and
/// for anything that is not TOML.
std::vector<ConfigEntry> read_config(const std::string& path, const std::string& command,
                                     const std::vector<std::string>& commands);
/// UsageError for an entry whose key is not one of the options.
void check_keys(const std::vector<ConfigEntry>& entries, const std::vector<std::string>& options);

/// Sets the options that the file has and the command line does not, whose keys are in `given`, and
/// adds their keys to `given`.
template <class Command>
void configure(Command& command, const std::string& path, std::vector<std::string>& given,
               const std::vector<std::string>& commands) {
  const std::vector<ConfigEntry> entries = read_config(path, Command::name, commands);
  std::vector<std::string> options;
  const std::vector<std::string> typed = given;
  Command::options(command, [&](auto& member, const std::string& name, const std::string&,
                                const std::string& kind = "") {
    using Member = std::remove_cvref_t<decltype(member)>;
    options.push_back(key_of(name));
    const auto entry = std::ranges::find(entries, options.back(), &ConfigEntry::key);
    if (entry == entries.end() || std::ranges::count(typed, options.back()) > 0) return;
    given.push_back(options.back());
    if constexpr (std::is_same_v<Member, bool>)
      member = entry->flag();
    else if constexpr (std::is_same_v<Member, std::string>)
      member = entry->text(kind);
    else
      member = entry->values;
  });
  check_keys(entries, options);
}
