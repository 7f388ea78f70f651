#pragma once
/// The options of a command, turned back into the words that give them.

#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "terminal/command.h"
#include "terminal/text.h"

/// An option's key, its name without dashes and the long one of several: `out` of `-o,--out`.
std::string key_of(const std::string& name);

/// An option and its values: none for a flag that is off.
struct OptionWords {
  std::string name;
  std::vector<std::string> values;
  std::string kind;  ///< "" for a flag
  bool names;        ///< a list that may be given with commas
};

template <class Options>
std::vector<OptionWords> all_options(const Options& options) {
  std::vector<OptionWords> out;
  Options::options(options, [&](const auto& member, const std::string& name, const std::string&,
                                const std::string& kind = "") {
    using Member = std::remove_cvref_t<decltype(member)>;
    OptionWords option{name, {}, kind, false};
    if constexpr (std::is_same_v<Member, std::string>)
      option.values = {member};
    else if constexpr (std::is_same_v<Member, bool>)
      option.values.resize(member ? 1 : 0);
    else
      option.values = member, option.names = kind.ends_with(",...");
    out.push_back(option);
  });
  return out;
}

/// Appends `--name value` for each value, or once with commas for a list of names; `--name=value`
/// where the value looks like an option; for a positional argument the values.
void append(std::vector<std::string>& words, const OptionWords& option);

/// The options that differ from their defaults, after `words`: `--data`, `line`, `--layers`,
/// `none`.
template <class Options>
std::vector<std::string> words_of(const Options& options, std::vector<std::string> words = {}) {
  const Options unchanged;
  const std::vector<OptionWords> all = all_options(options), defaults = all_options(unchanged);
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i].values != defaults[i].values) append(words, all[i]);
  return words;
}

/// Sets options from words such as those of words_of(): `--name value`, `--name=value` or a flag.
/// UsageError for another word.
template <class Options>
void set_words(Options& options, std::vector<std::string> words) {
  words.push_back("");  // the value of a last word that lacks one
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const std::size_t equals = words[i].find('=');
    const std::string given = words[i].substr(0, equals);
    bool known = false;
    Options::options(options, [&](auto& member, const std::string& name, const auto&...) {
      if (name != given) return;
      known = true;
      if constexpr (std::is_same_v<decltype(member), bool&>) return void(member = true);
      const std::string text = equals == given.npos ? words[++i] : words[i].substr(equals + 1);
      if constexpr (std::is_same_v<decltype(member), std::string&>) member = text;
      if constexpr (requires { member.push_back(text); }) member = split_list(text);
    });
    check<UsageError>(known, "'{}' is not an option of the training", clean(given));
  }
}

/// The word as a shell takes it, in quotes where it needs them.
std::string shell_word(const std::string& word);
/// Advice of the library as options that a shell takes: `set .one_hot = {"a", "b"}` becomes `give
/// --one-hot a,b`. Likewise `.task = Task::regression` becomes `--task regression`,
/// `.drop_missing = true` `--drop-missing`, `.one_hot_auto = true` `--one-hot auto` and
/// `.header = false` `--no-header`; `set .header = true` becomes `leave out --no-header`,
/// and `read_csv: one_hot must` `--one-hot: must`.
std::string as_options(std::string_view advice);
/// `gradus` and these words as a shell takes them.
std::string shell_line(const std::vector<std::string>& words,
                       const std::vector<std::string>& more = {});
