#include "terminal/option_words.h"

#include <fmt/format.h>

#include <algorithm>

#include "terminal/command.h"

namespace words {

void append(std::vector<std::string>& to, const Given& given) {
  for (const std::string& value : given.values) {
    if (value.starts_with('-')) {
      to.push_back(given.name + "=" + value);
      continue;
    }
    to.push_back(given.name);
    if (!given.flag) to.push_back(value);
  }
}

}  // namespace words

namespace {

/// In double quotes, unless a shell would look into them; as bash has it, where a terminal would.
std::string shell_word(const std::string& word) {
  if (std::ranges::any_of(word, is_control)) return fmt::format("${}", quoted(word, '\''));
  constexpr const char* plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+:,./@%";
  if (!word.empty() && word.find_first_not_of(plain) == word.npos) return word;
  if (word.find_first_of("\"$`\\!") == word.npos) return fmt::format("\"{}\"", word);
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

std::string shell_line(std::span<const std::string> words) {
  std::string out;
  for (const std::string& word : words)
    out += fmt::format("{}{}", out.empty() ? "" : " ", shell_word(word));
  return out;
}
