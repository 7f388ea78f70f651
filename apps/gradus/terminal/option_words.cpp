#include "terminal/option_words.h"

#include "terminal/text.h"

namespace {

constexpr std::string_view name_letters = "abcdefghijklmnopqrstuvwxyz_";

/// Takes a literal of C++ in quotes off the front of the text: its value.
std::string take_quoted(std::string_view& text) {
  const char quote = text[0];
  std::string value;
  std::size_t i = 1;
  for (; i < text.size() && text[i] != quote; ++i) {
    if (text.substr(i).starts_with("\\\\") || text.substr(i).starts_with("\\\"")) ++i;
    value += text[i];
  }
  text.remove_prefix(std::min(i + 1, text.size()));
  return value;
}

/// Takes a value of C++ off the front of the text, without quotes or scope, or the names of a list
/// as join_list() writes them. What else is in a list, ` and 7 more`, goes to `rest`.
std::string take_literal(std::string_view& text, std::string& rest) {
  if (text.starts_with('"') || text.starts_with('\'')) return take_quoted(text);
  if (text.starts_with('{')) {
    std::vector<std::string> names;
    for (text.remove_prefix(1); text.starts_with('"');) {
      names.push_back(take_quoted(text));
      if (text.starts_with(", \"")) text.remove_prefix(2);
    }
    const std::size_t end = std::min(text.find('}'), text.size());
    rest = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return join_list(names);
  }
  const std::string_view value = text.substr(0, text.find_first_of(" ,;)."));
  text.remove_prefix(value.size());
  return std::string(value.substr(value.rfind(':') + 1));
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
  const std::size_t name = advice.find(": ") + 2;
  const std::size_t after = std::min(advice.find_first_not_of(name_letters, name), advice.size());
  if (advice.starts_with("read_") && advice.substr(after).starts_with(" must")) {
    out = fmt::format("--{}:", advice.substr(name, after - name));
    std::ranges::replace(out, '_', '-');
    advice.remove_prefix(after);
  }
  while (!advice.empty()) {
    const std::size_t end = std::min(advice.find_first_not_of(name_letters, 1), advice.size());
    const bool field = advice[0] == '.' && end > 1 && advice.substr(end).starts_with(" = ");
    if (!field) {
      out += advice[0];
      advice.remove_prefix(1);
      continue;
    }
    const std::string field_name(advice.substr(1, end - 1));
    advice.remove_prefix(end + 3);
    std::string rest;
    const std::string option = to_option(field_name, take_literal(advice, rest));
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
