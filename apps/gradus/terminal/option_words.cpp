#include "terminal/option_words.h"

#include <fmt/format.h>

#include <algorithm>

#include "terminal/text.h"

namespace {

/// Double quotes, unless a shell would look into them; $'...' for control characters.
std::string shell_word(const std::string& word) {
  if (std::ranges::any_of(word, is_control)) return fmt::format("${}", quoted(word, '\''));
  constexpr const char* plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+:,./@%";
  if (!word.empty() && word.find_first_not_of(plain) == word.npos) return word;
  if (word.find_first_of("\"$`\\!") == word.npos) return fmt::format("\"{}\"", word);
  return fmt::format("'{}'", replaced(word, "'", "'\\''"));
}

}  // namespace

std::string key_of(const std::string& name) {
  const std::size_t dashes = name.rfind("--");
  return dashes == name.npos ? name : name.substr(dashes + 2);
}

void append(std::vector<std::string>& words, const OptionWords& option) {
  for (const std::string& value : option.values) {
    const bool named = option.name.starts_with('-');
    if (named && value.starts_with('-')) {
      words.push_back(option.name + "=" + value);
      continue;
    }
    if (named) words.push_back(option.name);
    if (!option.flag) words.push_back(value);
  }
}

std::string shell_line(const std::vector<std::string>& words,
                       const std::vector<std::string>& more) {
  std::string out = "gradus";
  for (const std::vector<std::string>* list : {&words, &more})
    for (const std::string& word : *list) out += ' ' + shell_word(word);
  return out;
}
