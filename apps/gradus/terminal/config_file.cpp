// The only file that uses toml++.

#include "terminal/config_file.h"

#include <gradus/core/from_text.h>
#include <gradus/models/file.h>
#include <gradus/models/utf8.h>

// As headers alone, for a limit of our own: tables and lists in each other are freed by recursion.
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#define TOML_MAX_NESTED_VALUES 16
#include <toml++/toml.h>

#include <set>
#include <sstream>

#include "terminal/command.h"

namespace {

constexpr std::int64_t longest_file = 1 << 20;
constexpr int most_parts = 200;  ///< of a key such as a.b.c: so many tables in each other

[[noreturn]] void fail(const std::string& path, std::int64_t line, const std::string& what) {
  throw UsageError(fmt::format("{}:{}: {}", clean(path), line, clean(what)));
}

/// Refuses a line on which a key could have too many parts. A comment has no keys.
void check_parts(const std::string& path, const std::string& text) {
  std::istringstream lines(text);
  std::string line;
  for (std::int64_t number = 1; std::getline(lines, line); ++number)
    for (std::size_t begin = 0; begin < line.size() && !clean(line).starts_with('#');) {
      const std::size_t end = std::min(line.find_first_of(",=[]{}", begin), line.size());
      if (std::ranges::count(line.substr(begin, end - begin), '.') > most_parts)
        fail(path, number, fmt::format("a key must have at most {} parts", most_parts));
      begin = end + 1;
    }
}

toml::table parse(const std::string& path) {
  const std::string text = gradus::detail::read_file(path, longest_file);
  check_parts(path, text);
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    std::string what(error.description());
    if (what.starts_with("Error ")) what.erase(0, 6);
    what = fmt::format("must be TOML ({:.300})", what);
    if (!gradus::detail::is_utf8(text)) what = "must be UTF-8 text";
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first != text.npos && text[first] == '{') what = "must be TOML, key = value (got JSON?)";
    fail(path, error.source().begin.line, what);
  }
}

std::string text_of(const std::string& path, const toml::node& value) {
  if (const auto* number = value.as_integer()) return fmt::format("{}", number->get());
  if (const auto* number = value.as_floating_point()) return fmt::format("{}", number->get());
  if (const auto* truth = value.as_boolean()) return truth->get() ? "true" : "false";
  const std::int64_t line = value.source().begin.line;
  const auto* const text = value.as_string();
  if (!text) fail(path, line, "a value must be a text, a number, true or false, or a list of them");
  if (text->get().empty()) fail(path, line, "a value must not be empty");
  if (!gradus::detail::is_utf8(text->get())) fail(path, line, "a value must not hold NUL");
  return text->get();
}

/// The keys of a table with their values, in the order of the file.
std::vector<std::pair<const toml::key*, const toml::node*>> in_order(const toml::table& table) {
  std::vector<std::pair<const toml::key*, const toml::node*>> out;
  for (const auto& [key, value] : table) out.emplace_back(&key, &value);
  std::ranges::stable_sort(out, {},
                           [](const auto& entry) { return entry.first->source().begin.line; });
  return out;
}

[[noreturn]] void refuse(const ConfigEntry& entry, const char* rule) {
  const std::string all = clean(fmt::format("{}", fmt::join(entry.values, ", ")));
  throw UsageError(fmt::format("{}: {} must {} (got {})", entry.place, entry.key, rule,
                               entry.list ? fmt::format("[{}]", all) : all));
}

}  // namespace

std::vector<ConfigEntry> read_config(const std::string& path, const std::string& command,
                                     const std::vector<std::string>& commands) {
  const toml::table root = parse(path);
  std::vector<ConfigEntry> entries;
  std::set<std::string_view> keys;
  const auto add = [&](const toml::key& key, const toml::node& value) {
    const std::int64_t line = key.source().begin.line;
    if (!keys.insert(key.str()).second)
      fail(path, line, fmt::format("the key '{:.60}' is repeated", key.str()));
    const toml::array* const list = value.as_array();
    ConfigEntry entry{
        std::string(key.str()), {}, list != nullptr, fmt::format("{}:{}", clean(path), line)};
    if (!list) entry.values.push_back(text_of(path, value));
    for (std::size_t i = 0; list && i < list->size(); ++i)
      entry.values.push_back(text_of(path, *list->get(i)));
    entries.push_back(std::move(entry));
  };
  for (const auto& [key, value] : in_order(root)) {
    const toml::table* const section = value->as_table();
    if (!section) add(*key, *value);
    if (section && std::ranges::count(commands, key->str()) == 0)
      fail(path, key->source().begin.line,
           fmt::format("unknown command '{:.60}'; did you mean {}?", key->str(),
                       gradus::detail::nearest(std::string(key->str()), commands)));
    if (!section || key->str() != command) continue;
    for (const auto& [name, option] : in_order(*section)) add(*name, *option);
  }
  return entries;
}

void check_keys(const std::vector<ConfigEntry>& entries, const std::vector<std::string>& options) {
  for (const ConfigEntry& entry : entries)
    check<UsageError>(std::ranges::count(options, entry.key) > 0,
                      "{}: unknown key '{:.60}'; did you mean {}?", entry.place, entry.key,
                      gradus::detail::nearest(entry.key, options));
}

bool ConfigEntry::flag() const {
  const std::string word = list ? "" : values[0];
  if (word != "true" && word != "false") refuse(*this, "be true or false");
  return word == "true";
}

std::string ConfigEntry::text(const std::string& kind) const {
  if (list && !kind.ends_with(",...")) refuse(*this, "be one value");
  if (values.empty()) refuse(*this, "not be empty");
  return fmt::format("{}", fmt::join(values, ","));
}
