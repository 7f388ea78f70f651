#include "terminal/option_words.h"

#include <fmt/format.h>

#include <algorithm>

#include "terminal/text.h"

namespace {

constexpr std::string_view name_letters = "abcdefghijklmnopqrstuvwxyz_";

bool is_word_letter(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == ':'; }

/// Takes a literal of C++ off the front of the text: its value, without quotes or scope, or the
/// names of a list as join_list() writes them. What else is in a list, as ` and 7 more`, goes to
/// `rest`.
std::string take_literal(std::string_view& text, std::string& rest) {
  std::vector<std::string> words;
  const bool list = text.starts_with('{');
  std::size_t at = list ? 1 : 0;
  for (bool more = true; more && at < text.size();) {
    std::string word;
    const char quote = text[at] == '"' || text[at] == '\'' ? text[at++] : '\0';
    while (at < text.size() && (quote ? text[at] != quote : is_word_letter(text[at]))) {
      const bool escape = text[at] == '\\' && text.find_first_of("\\\"'", at + 1) == at + 1;
      at += escape ? 1 : 0;  // but \t stays
      word += text.substr(at++, 1);
    }
    at += quote ? 1 : 0;
    words.push_back(quote ? word : word.substr(word.rfind(':') + 1));
    more = list && text.substr(at).starts_with(", ");
    at += more ? 2 : 0;
  }
  text.remove_prefix(std::min(text.size(), at));
  if (list) rest = text.substr(0, text.find('}'));
  text.remove_prefix(std::min(text.size(), rest.size() + (list ? 1 : 0)));
  return list ? join_list(words) : words.empty() ? "" : words[0];
}

/// The option that sets this field.
std::string to_option(std::string name, const std::string& value) {
  std::ranges::replace(name, '_', '-');
  if (value == "false") return "--no-" + name;
  if (value != "true") return fmt::format("--{} {}", name, shell_word(value));
  const std::size_t is_value = name.rfind("-auto");
  return "--" + (is_value == name.npos ? name : name.replace(is_value, 1, " "));
}

}  // namespace

/// Double quotes, unless a shell would look into them; $'...' for control characters.
std::string shell_word(const std::string& word) {
  if (std::ranges::any_of(word, is_control)) return fmt::format("${}", quoted(word, '\''));
  constexpr const char* plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+:,./@%";
  if (!word.empty() && word.find_first_not_of(plain) == word.npos) return word;
  if (word.find_first_of("\"$`\\!") == word.npos) return fmt::format("\"{}\"", word);
  return fmt::format("'{}'", replaced(word, "'", "'\\''"));
}

std::string as_options(std::string_view advice) {
  std::string out;
  while (!advice.empty()) {
    const std::size_t end = std::min(advice.find_first_not_of(name_letters, 1), advice.size());
    const bool field = advice[0] == '.' && end > 1 && advice.substr(end).starts_with(" = ");
    if (!field) {
      out += advice[0];
      advice.remove_prefix(1);
      continue;
    }
    const std::string name(advice.substr(1, end - 1));
    advice.remove_prefix(end + 3);
    std::string rest;
    const std::string option = to_option(name, take_literal(advice, rest));
    const bool off = option == "--header";
    if (out.ends_with("set ")) out.replace(out.size() - 4, 4, off ? "leave out " : "give ");
    out += (off ? "--no-header" : option) + rest;
  }
  return out;
}

std::string key_of(const std::string& name) {
  const std::size_t dashes = name.rfind("--");
  return dashes == name.npos ? name : name.substr(dashes + 2);
}

void append(std::vector<std::string>& words, const OptionWords& option) {
  std::vector<std::string> values = option.values;
  if (option.names && !values.empty()) values = {join_list(values)};
  for (const std::string& value : values) {
    const bool named = option.name.starts_with('-');
    if (named && value.starts_with('-')) {
      words.push_back(option.name + "=" + value);
      continue;
    }
    if (named) words.push_back(option.name);
    if (!option.kind.empty()) words.push_back(value);
  }
}

std::string shell_line(const std::vector<std::string>& words,
                       const std::vector<std::string>& more) {
  std::string out = "gradus";
  for (const std::vector<std::string>* list : {&words, &more})
    for (const std::string& word : *list) out += ' ' + shell_word(word);
  return out;
}
