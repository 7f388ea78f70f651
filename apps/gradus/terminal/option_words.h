#pragma once
/// A command's options back as the words that give them.

#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace words {

/// An option as it stands: none of its values for a flag that is off.
struct Given {
  std::string name;
  std::vector<std::string> values;
  bool flag;
};

template <class Options>
std::vector<Given> all_of(const Options& options) {
  std::vector<Given> out;
  Options::options(options, [&](const auto& member, const std::string& name, const auto&...) {
    using Member = std::remove_cvref_t<decltype(member)>;
    Given given{name, {}, std::is_same_v<Member, bool>};
    if constexpr (std::is_same_v<Member, std::string>)
      given.values = {member};
    else if constexpr (std::is_same_v<Member, bool>)
      given.values.resize(member ? 1 : 0);
    else
      given.values = member;
    out.push_back(given);
  });
  return out;
}

/// `--name value`, or `--name=value` where the value looks like an option, for each value.
void append(std::vector<std::string>& to, const Given& given);

}  // namespace words

/// What differs from the defaults, such as `--data`, `line`, `--layers`, `none`.
template <class Options>
std::vector<std::string> words_of(const Options& options) {
  const std::vector<words::Given> given = words::all_of(options);
  const std::vector<words::Given> defaults = words::all_of(Options{});
  std::vector<std::string> out;
  for (std::size_t i = 0; i < given.size(); ++i)
    if (given[i].values != defaults[i].values) words::append(out, given[i]);
  return out;
}

/// The words as a shell takes them, in quotes where it would see more than letters.
std::string shell_line(std::span<const std::string> words);
