#include "problem/code.h"

#include <fmt/format.h>
#include <gradus/schedules/pieces.h>

#include <algorithm>

using namespace gradus;

namespace {

using detail::Config, detail::Pieces, detail::Value;

constexpr std::size_t longest_code = 400;

std::string scalar(const Value& v) {
  if (const bool* truth = std::get_if<bool>(&v.content)) return *truth ? "true" : "false";
  return detail::text_of(v);
}

/// Functions of C++ that take the fields by position. Those spelt otherwise are structs.
bool is_function(const Config& config) {
  return config.spelt != config.type && config.spelt != "take" && config.spelt != "repeat";
}

/// `{.a = 1, .b = 2}`, or `(1, 2)`.
Pieces fields_of(const Config& config) {
  const bool function = is_function(config);
  Pieces out;
  std::string before = function ? "(" : "{";
  for (const Config::Field& field : config.fields) {
    if (field.needless) continue;
    out.push_back({before + (function ? "" : fmt::format(".{} = ", field.name))});
    detail::append(out, field.value, scalar);
    before = ", ";
  }
  out.push_back({out.empty() ? function ? "()" : "{}" : function ? ")" : "}"});
  return out;
}

Pieces pieces_of(const Schedule& s, int around) {
  if (const auto number = s.constant()) return {{fmt::format("{}", value(*number))}};
  const Config config = s.config();
  if (config.op.binding > 0) return detail::operation(config, around);
  Pieces out = fields_of(config);
  out.insert(out.begin(), {std::string(is_function(config) ? config.spelt : config.type)});
  return out;
}

/// Lists have braces in C++. No text in quotes comes here.
std::string with_braces(std::string code) {
  std::replace(code.begin(), code.end(), '[', '{');
  std::replace(code.begin(), code.end(), ']', '}');
  return code;
}

}  // namespace

std::string to_code(const Schedule& s) {
  const std::string text = to_string(s);
  // In C++ a word in quotes is the name of an enum's value.
  if (text.size() > longest_code || text.find('"') != text.npos)
    return fmt::format("parse_schedule(R\"({})\")", text);
  return with_braces(detail::write(s, pieces_of));
}

std::string to_code(const Optimizer& optimizer, const std::string& rate) {
  std::string rule = fmt::format("{}{{.learning_rate = {}", optimizer.name(), rate), options;
  for (const Config::Field& field : optimizer.config().fields)
    if (!field.needless && field.name != "learning_rate") {
      const Schedule* s = std::get_if<Schedule>(&field.value.content);
      rule += fmt::format(", .{} = {}", field.name, s ? to_code(*s) : scalar(field.value));
    }
  rule += '}';
  for (const Config::Field& field : detail::config_of(optimizer.options()).fields)
    if (!field.needless) {
      const Schedule* s = std::get_if<Schedule>(&field.value.content);
      options += fmt::format("{}.{} = {}", options.empty() ? "" : ", ", field.name,
                             s ? to_code(*s) : with_braces(scalar(field.value)));
    }
  return options.empty() ? rule : fmt::format("Optimizer({}, {{{}}})", rule, options);
}
