#include "problem/expression.h"

#include <gradus/optim/optimizers.h>
#include <gradus/schedules/canvas.h>
#include <gradus/schedules/inspect.h>
#include <gradus/schedules/known.h>

#include "terminal/command.h"

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

/// Whether a length may be in the text.
bool names_length(const std::string& text) {
  return text.find("all") != text.npos || text.find("epoch") != text.npos;
}

/// `SGD(0.1, momentum=0.9)`.
std::string describe(const Optimizer& optimizer, bool with_rate) {
  std::string out;
  for (const detail::Config::Field& field : fields_of(optimizer)) {
    const bool rate = field.name == "learning_rate";
    if (rate ? !with_rate : field.at_default) continue;
    out += fmt::format("{}{}{}{}", out.empty() ? "" : ", ", rate ? "" : field.name, rate ? "" : "=",
                       detail::text_of(field.value, true));
  }
  const std::string name(optimizer.name());
  return out.empty() ? lower(name) : fmt::format("{}({})", name, out);
}

/// The name in front of a call, in lower case and without a module.
std::string name_of(const std::string& text) {
  const std::string front = clean(text.substr(0, text.find('(')));
  return lower(front.substr(front.rfind('.') + 1));
}

}  // namespace

inline namespace GRADUS_VARIANT {

Schedule read_schedule(const std::string& text, const RunLengths& lengths) {
  return reading(text, "parse_schedule: ", [&] { return parse_schedule(text, lengths); });
}

std::string with_numbers(const std::string& text, const RunLengths& lengths) {
  return names_length(text) ? detail::text_of({read_schedule(text, lengths)}, true) : text;
}

LabelledSchedule read_expression(const std::string& text, const RunLengths& lengths) {
  const auto [name, expression] = split_name(text);
  return {name.empty() ? clean(with_numbers(expression, lengths)) : name,
          read_schedule(expression, lengths)};
}

std::pair<std::string, std::string> split_name(const std::string& text) {
  const std::size_t equals = text.find('=');
  const std::string front = clean(text.substr(0, equals));
  if (equals == text.npos || front.empty() || front.find_first_of("([") != front.npos)
    return {"", text};
  return {front, text.substr(equals + 1)};
}

std::string notes_on(const Schedule& s, Step steps, const std::string& before) {
  std::string out;
  for (const std::string& note : inspect(s, steps)) out += wrapped(before + note) + "\n";
  return out;
}

std::vector<std::string> optimizer_names() {
  std::vector<std::string> names;
  for (const std::string& name : known_optimizers()) names.push_back(lower(name));
  names.insert(names.begin() + 1, {"momentum", "nesterov"});
  return names;
}

std::vector<detail::Config::Field> fields_of(const Optimizer& optimizer) {
  std::vector<detail::Config::Field> fields = optimizer.config().fields;
  std::ranges::move(detail::config_of(optimizer.options()).fields, std::back_inserter(fields));
  return fields;
}

bool names_optimizer(const std::string& text) {
  return std::ranges::count(optimizer_names(), name_of(text)) > 0;
}

OptimizerExpression read_optimizer(const std::string& text, const RunLengths& lengths) {
  if (text.find_first_of("(.") == text.npos && !names_optimizer(text))
    refuse_name("--optimizer", start_of(text), optimizer_names());
  return reading(text, "parse_optimizer: ", [&]() -> OptimizerExpression {
    detail::Call call = detail::parse_call("parse_optimizer", text, lengths);
    auto& given = call.arguments;
    const auto gives = [&](const char* option, std::size_t place) {
      return std::ranges::count(given, option, &detail::Argument::keyword) > 0 ||
             (given.size() > place && given[place].keyword.empty());
    };
    const bool has_rate = gives("learning_rate", 0) || gives("lr", 0);
    const bool nesterov = name_of(text) == "nesterov";
    if (nesterov || name_of(text) == "momentum") {
      call.name = "SGD";
      if (!gives("momentum", 1)) given.push_back({"momentum", {Real(0.9)}});
      if (nesterov) given.push_back({"nesterov", {true}});
    }
    const Optimizer made = detail::make_optimizer(call);
    return {made, has_rate, names_length(text) ? describe(made, has_rate) : text};
  });
}

std::string text_without_rate(const std::string& text) {
  const OptimizerExpression read = read_optimizer(text);
  return read.has_rate ? describe(read.optimizer, false) : text;
}

}  // namespace GRADUS_VARIANT
