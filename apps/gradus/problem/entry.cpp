#include "problem/entry.h"

#include <fmt/format.h>
#include <gradus/schedules/config.h>

#include <algorithm>
#include <map>

#include "terminal/command.h"
#include "terminal/option_words.h"
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
  std::map<std::string, std::string> arguments;  ///< the rate has the name ""

  std::string text() const {
    std::string out;
    for (const auto& [key, value] : arguments)
      out += fmt::format("{}{}{}{}", out.empty() ? "" : ", ", key, key.empty() ? "" : "=", value);
    return out.empty() ? name : fmt::format("{}({})", name, out);
  }
};

/// The options of the rule, then those of any optimizer. UsageError for a text that cannot be read.
std::vector<detail::Config::Field> fields_of(const std::string& text) {
  const Optimizer optimizer = read_optimizer(text, {.all = 1'000'000, .epoch = 1'000}).optimizer;
  std::vector<detail::Config::Field> fields = optimizer.config().fields;
  for (const auto& field : detail::config_of(optimizer.options()).fields) fields.push_back(field);
  return fields;
}

Call read_call(const std::string& text) {
  const auto fields = fields_of(text);
  Call call{name_of(text), {}};
  const std::size_t open = std::min(text.find('('), text.size()), close = text.rfind(')');
  const auto parts = split(text.substr(open, close - open).erase(0, 1), ',');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto [keyword, value] = split_name(parts[i]);
    const std::string key = keyword.empty() ? std::string(fields[i].name) : keyword;
    if (!value.empty())
      call.arguments[key == "learning_rate" || key == "lr" ? "" : key] = clean(value);
  }
  return call;
}

/// One text of the command line.
struct Typed {
  std::string name;  ///< that was given, or ""
  std::string text;
  bool has_optimizer;  ///< in the text; otherwise `call` has that of the other options
  Call call;           ///< with the rate of the text
};

Typed read_typed(const std::string& given, const EntryOptions& chosen) {
  const auto [name, expression] = split_name(given);
  const std::string text = clean(expression);
  const bool own = names_optimizer(text);
  Call call = read_call(own ? text : chosen.problem.network.optimizer);
  if (!own) call.arguments[""] = text;
  call.arguments.try_emplace("", detail::text_of(fields_of(call.name)[0].value));
  return {name, text, own, call};
}

/// What differs from the other texts: the optimizer, then rate and arguments if they differ between
/// texts with this optimizer.
std::string label_of(const Typed& one, const std::vector<Typed>& all) {
  if (!one.name.empty()) return one.name;
  if (!one.has_optimizer || all.size() == 1) return one.text;
  const auto alike = [&](const Typed& other) { return other.call.name == one.call.name; };
  std::vector<std::string> parts;
  if (!std::ranges::all_of(all, alike)) parts.push_back(one.call.name);
  for (const auto& argument : one.call.arguments)
    if (std::ranges::any_of(all, [&](const Typed& other) {
          return alike(other) && std::ranges::count(other.call.arguments, argument) == 0;
        }))
      parts.push_back(clean(argument.first + ' ' + argument.second));
  return parts.empty() ? one.call.name : fmt::format("{}", fmt::join(parts, ", "));
}

/// Sets the option, or else the argument of the optimizer, of this key. UsageError.
void set(EntryOptions& options, const std::string& key, const std::string& value) {
  std::vector<std::string> keys;
  EntryOptions::options(options, [&](auto& member, const std::string& name, const auto&...) {
    if constexpr (std::is_same_v<decltype(member), std::string&>) {
      keys.push_back(key_of(name));
      if (keys.back() == key) member = value;
    }
  });
  if (std::ranges::count(keys, key) > 0) return;
  std::string& text = options.problem.network.optimizer;
  for (const auto& field : fields_of(text)) keys.emplace_back(field.name);
  if (std::ranges::count(keys, key) == 0) refuse_name("--vary", key, keys);
  Call call = read_call(text);
  call.arguments[key] = value;
  text = call.text();
}

/// Each entry with each of the values, such as `batch-size=1,8`.
std::vector<Entry> crossed(const std::vector<Entry>& entries, const std::string& vary) {
  const auto [key, rest] = split_name(vary);
  const auto values = split(rest, rest.find('|') == rest.npos ? ',' : '|');
  check<UsageError>(!key.empty() && std::ranges::count(values, "") == 0,
                    "--vary: must be KEY=VALUE,VALUE,... (got '{}')", clean(vary));
  std::vector<Entry> out;
  for (const Entry& entry : entries)
    for (const std::string& value : values) {
      check<UsageError>(std::ranges::count(values, value) == 1,
                        "--vary: {} must have different values (got {} twice); put | between "
                        "values that hold commas",
                        key, value);
      out.push_back(entry);
      set(out.back().options, key, value);
      out.back().label += fmt::format("{}{} {}", entry.label.empty() ? "" : ", ", key, value);
    }
  return out;
}

}  // namespace

std::vector<Entry> read_entries(const std::vector<std::string>& texts,
                                const std::vector<std::string>& vary, const EntryOptions& chosen) {
  std::vector<Typed> all;
  for (const std::string& text : texts) all.push_back(read_typed(text, chosen));
  std::vector<Entry> entries;
  for (Typed& typed : all) {
    const bool needless = all.size() == 1 && !vary.empty() && typed.name.empty();
    entries.push_back({needless ? "" : label_of(typed, all), chosen, typed.call.arguments[""]});
    if (!typed.has_optimizer) continue;
    Call others = typed.call;
    others.arguments.erase("");
    entries.back().options.problem.network.optimizer = others.text();
  }
  for (const std::string& text : vary) {
    check<UsageError>(
        !text.starts_with("optimizer=") || std::ranges::none_of(all, &Typed::has_optimizer),
        "--vary: optimizer must vary only under schedules");
    entries = crossed(entries, text);
  }
  return entries;
}
