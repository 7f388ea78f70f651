#include "problem/expression.h"

#include <fmt/format.h>
#include <gradus/optim/optimizers.h>
#include <gradus/schedules/canvas.h>
#include <gradus/schedules/known.h>
#include <gradus/schedules/parse.h>

#include <algorithm>

#include "terminal/command.h"
#include "terminal/text.h"

using namespace gradus;
using detail::lower;

namespace {

/// The start of the text, to quote in an error.
std::string start_of(const std::string& text) { return detail::shortened(clean(text), 60); }

/// The result of read(). Its errors become UsageErrors that quote the text instead of naming the
/// function `who`.
template <class Read>
auto reading(const std::string& text, std::string_view who, Read read) {
  try {
    return read();
  } catch (const Error& error) {
    std::string what = error.what();  // may repeat a word of the text, of any length
    if (what.starts_with(who)) what.erase(0, who.size());
    throw UsageError(fmt::format("\"{}\": {}", start_of(text), detail::shortened(what, 400)));
  }
}

}  // namespace

inline namespace GRADUS_VARIANT {

Schedule read_schedule(const std::string& text) {
  return reading(text, "parse_schedule: ", [&] { return parse_schedule(text); });
}

ScheduleExpression read_expression(const std::string& text) {
  // In an expression, brackets come before any =.
  const std::size_t equals = text.find('=');
  const std::string front = text.substr(0, equals);
  const bool named = equals != text.npos && equals > 0 && front.find_first_of("([") == front.npos;
  const std::string rest = named ? text.substr(equals + 1) : text;
  return {{clean(named ? front : text), read_schedule(rest)}, clean(rest)};
}

std::vector<std::string> optimizer_names() {
  std::vector<std::string> names;
  for (const std::string& name : known_optimizers()) names.push_back(lower(name));
  names.insert(names.begin() + 1, {"momentum", "nesterov"});
  return names;
}

OptimizerExpression read_optimizer(const std::string& text) {
  if (text == "momentum") return {parse_optimizer("SGD(momentum=0.9)"), false};
  if (text == "nesterov") return {parse_optimizer("SGD(momentum=0.9, nesterov=True)"), false};
  const std::vector<std::string> names = optimizer_names();
  if (text.find_first_of("(.") == text.npos && std::ranges::count(names, lower(text)) == 0)
    refuse_name("--optimizer", start_of(text), names);
  return reading(text, "parse_optimizer: ", [&]() -> OptimizerExpression {
    const detail::Call call = detail::parse_call("parse_optimizer", text);
    const bool has_rate = std::ranges::any_of(call.arguments, [](const detail::Argument& a) {
      return a.keyword.empty() || a.keyword == "learning_rate";
    });
    return {parse_optimizer(text), has_rate};
  });
}

std::string text_without_rate(const std::string& text) {
  const auto [optimizer, has_rate] = read_optimizer(text);
  if (!has_rate) return text;
  std::string out;
  const auto add = [&](const detail::Config& config) {
    for (const detail::Config::Field& field : config.fields)
      if (!field.at_default && field.name != "learning_rate")
        out += fmt::format("{}{}={}", out.empty() ? "" : ", ", field.name,
                           detail::text_of(field.value));
  };
  add(optimizer.config());
  add(detail::config_of(optimizer.options()));
  const std::string name(optimizer.name());
  return out.empty() ? lower(name) : fmt::format("{}({})", name, out);
}

}  // namespace GRADUS_VARIANT
