#include "problem/entry.h"

#include <fmt/format.h>
#include <gradus/schedules/config.h>

#include <algorithm>
#include <map>

#include "terminal/command.h"
#include "terminal/config_file.h"
#include "terminal/text.h"

using namespace gradus;

namespace {

/// The parts of the text between separators outside brackets.
std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  int depth = 0;
  for (const char c : text) {
    depth += (c == '(' || c == '[') - (c == ')' || c == ']');
    if (c == separator && depth == 0)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  std::ranges::transform(parts, parts.begin(), clean);
  return parts;
}

/// An optimizer as typed: `adam(CosineDecay(0.1, all), beta_1=0.8)`.
struct Call {
  std::string name;                              ///< in lower case
  std::map<std::string, std::string> arguments;  ///< without the rate
  std::string rate;                              ///< or ""

  std::string text() const {
    std::string out = rate;
    for (const auto& [key, value] : arguments)
      out += fmt::format("{}{}={}", out.empty() ? "" : ", ", key, value);
    return out.empty() ? name : fmt::format("{}({})", name, out);
  }
};

/// The options of the rule, then those of any optimizer. UsageError for a text that cannot be read
/// with any lengths.
std::vector<detail::Config::Field> fields_of(const std::string& text) {
  const Optimizer optimizer = read_optimizer(text, {.all = 1'000'000, .epoch = 1'000}).optimizer;
  std::vector<detail::Config::Field> fields = optimizer.config().fields;
  for (const auto& field : detail::config_of(optimizer.options()).fields) fields.push_back(field);
  return fields;
}

/// Splits the text of a call. UsageError for a text that cannot be read.
Call read_call(const std::string& text) {
  const auto fields = fields_of(text);
  Call call{name_of(text), {}, ""};
  const std::size_t open = std::min(text.find('('), text.size()), close = text.rfind(')');
  const auto parts = split(text.substr(open, close - open).erase(0, 1), ',');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].empty()) continue;
    const auto [keyword, value] = split_name(parts[i]);
    const std::string key = keyword.empty() ? std::string(fields[i].name) : keyword;
    (key == "learning_rate" || key == "lr" ? call.rate : call.arguments[key]) = value;
  }
  return call;
}

/// One text of the command line.
struct Typed {
  std::string name;  ///< that was given, or ""
  std::string text;
  bool has_optimizer;  ///< in the text; otherwise `call` is the optimizer of the other options
  Call call;           ///< with the rate of the text
};

Typed read_typed(const std::string& given, const EntryOptions& chosen) {
  const auto [name, text] = split_name(given);
  if (!names_optimizer(text)) {
    Call call = read_call(chosen.problem.network.optimizer);
    call.rate = text;
    return {name, text, false, call};
  }
  Call call = read_call(text);
  if (call.rate.empty()) call.rate = detail::text_of(fields_of(call.name)[0].value);
  return {name, text, true, call};
}

/// What differs from the other texts: the optimizer, then rate and arguments if they differ between
/// texts with this optimizer.
std::string label_of(const Typed& one, const std::vector<Typed>& all) {
  if (!one.name.empty()) return one.name;
  if (!one.has_optimizer || all.size() == 1) return one.text;
  const auto same = [&](const Typed& other) { return other.call.name == one.call.name; };
  std::vector<std::string> parts;
  if (!std::ranges::all_of(all, same)) parts.push_back(one.call.name);
  if (std::ranges::any_of(
          all, [&](const Typed& other) { return same(other) && other.call.rate != one.call.rate; }))
    parts.push_back(one.call.rate);
  for (const auto& argument : one.call.arguments)
    if (std::ranges::any_of(all, [&](const Typed& other) {
          const auto found = other.call.arguments.find(argument.first);
          return same(other) && (found == other.call.arguments.end() || *found != argument);
        }))
      parts.push_back(argument.first + ' ' + argument.second);
  return parts.empty() ? one.call.name : fmt::format("{}", fmt::join(parts, ", "));
}

struct Variation {
  std::string key;
  std::vector<std::string> values;
};

Variation read_variation(const std::string& text) {
  const auto [key, rest] = split_name(text);
  const Variation out{key, split(rest, rest.find('|') == rest.npos ? ',' : '|')};
  check<UsageError>(!key.empty() && std::ranges::count(out.values, "") == 0,
                    "--vary: must be KEY=VALUE,VALUE,... (got '{}')", clean(text));
  for (const std::string& value : out.values)
    check<UsageError>(std::ranges::count(out.values, value) == 1,
                      "--vary: {} must have different values (got {} twice); put | between values "
                      "that hold commas",
                      key, value);
  return out;
}

/// Sets the option, or else the argument of the optimizer, of this key. UsageError.
void set(EntryOptions& options, const std::string& key, const std::string& value) {
  std::vector<std::string> keys;
  EntryOptions::options(options, [&](auto& member, const std::string& name, const auto&...) {
    using Member = std::remove_cvref_t<decltype(member)>;
    keys.push_back(key_of(name));
    if (keys.back() != key) return;
    if constexpr (std::is_same_v<Member, bool>)
      member = ConfigEntry{key, {value}, false, "--vary"}.flag();
    else if constexpr (std::is_same_v<Member, std::string>)
      member = value;
    else
      member = split(value, ',');
  });
  if (std::ranges::count(keys, key) > 0) return;
  std::string& text = options.problem.network.optimizer;
  for (const detail::Config::Field& field : fields_of(text)) keys.emplace_back(field.name);
  if (std::ranges::count(keys, key) == 0) refuse_name("--vary", key, keys);
  Call call = read_call(text);
  call.arguments[key] = value;
  text = call.text();
}

/// The text crossed with the values; its label goes before theirs.
std::vector<Entry> crossed(const Typed& typed, const std::string& label,
                           const std::vector<Variation>& vary, const EntryOptions& chosen) {
  std::vector<Entry> entries{{label, chosen, typed.call.rate}};
  if (typed.has_optimizer)
    entries[0].options.problem.network.optimizer =
        Call{typed.call.name, typed.call.arguments, ""}.text();
  for (const auto& [key, values] : vary) {
    check<UsageError>(!typed.has_optimizer || key != "optimizer",
                      "--vary: optimizer must vary only under schedules (got \"{}\")", typed.text);
    std::vector<Entry> more;
    for (const Entry& entry : entries)
      for (const std::string& value : values) {
        Entry& added = more.emplace_back(entry);
        set(added.options, key, value);
        added.label += fmt::format("{}{} {}", added.label.empty() ? "" : ", ", key, value);
      }
    entries = std::move(more);
  }
  return entries;
}

}  // namespace

std::vector<Entry> read_entries(const std::vector<std::string>& texts,
                                const std::vector<std::string>& vary, const EntryOptions& chosen) {
  std::vector<Typed> all;
  std::vector<Variation> variations;
  for (const std::string& text : texts) all.push_back(read_typed(text, chosen));
  for (const std::string& text : vary) variations.push_back(read_variation(text));
  std::vector<Entry> entries;
  for (const Typed& typed : all) {
    const bool one = all.size() == 1 && !vary.empty() && typed.name.empty();
    std::ranges::move(crossed(typed, one ? "" : label_of(typed, all), variations, chosen),
                      std::back_inserter(entries));
  }
  return entries;
}
