#include "problem/code.h"

#include <fmt/format.h>
#include <gradus/schedules/config.h>

using namespace gradus;

namespace {

using detail::Config, detail::Value;

constexpr std::size_t longest_code = 400;

/// Functions of C++ that take the fields by position. The other names are structs.
bool is_function(const Config& config) {
  return config.text_name != config.type && config.text_name != "take" &&
         config.text_name != "repeat";
}

void append(std::string& out, const Schedule& s, int around);
void append(std::string& out, const Value& v) {
  const auto scalar = [](const Value& plain) {
    const bool* truth = std::get_if<bool>(&plain.content);
    return truth ? fmt::format("{}", *truth) : detail::text_of(plain);
  };
  detail::append_value(
      out, v, "{}", [&](const Schedule& s) { append(out, s, 0); }, scalar);
}

/// `CosineDecay{.a = 1, .b = 2}`, or `linear(1, 2)`.
void append(std::string& out, const Schedule& s, int around) {
  const Config config = s.config();
  if (config.op.binding > 0)
    return detail::append_operator(out, config, around, [&](const Schedule& side, int binding) {
      append(out, side, binding);
    });
  if (s.constant()) return append(out, Value{*s.constant()});
  const bool function = is_function(config);
  out += function ? config.text_name : config.type;
  std::string before = function ? "(" : "{";
  for (const Config::Field& field : config.fields) {
    if (field.at_default) continue;
    out += before + (function ? "" : fmt::format(".{} = ", field.name));
    append(out, field.value);
    before = ", ";
  }
  if (before != ", ") out += before;
  out += function ? ")" : "}";
}

std::string to_code(const Value& v) {
  const Schedule* s = std::get_if<Schedule>(&v.content);
  if (s) return ::to_code(*s);
  std::string out;
  append(out, v);
  return out;
}

}  // namespace

std::string to_code(const Schedule& s) {
  const std::string text = to_string(s);
  // In C++ a word in quotes is the name of an enum's value.
  if (text.size() > longest_code || text.find('"') != text.npos)
    return fmt::format("parse_schedule(R\"({})\")", text);
  std::string code;
  append(code, s, 0);
  return code;
}

std::string to_code(const Optimizer& optimizer, const std::string& rate) {
  std::string rule = fmt::format("{}{{.learning_rate = {}", optimizer.name(), rate), options;
  for (const Config::Field& field : optimizer.config().fields)
    if (!field.at_default && field.name != "learning_rate")
      rule += fmt::format(", .{} = {}", field.name, to_code(field.value));
  rule += '}';
  for (const Config::Field& field : detail::config_of(optimizer.options()).fields)
    if (!field.at_default)
      options +=
          fmt::format("{}.{} = {}", options.empty() ? "" : ", ", field.name, to_code(field.value));
  return options.empty() ? rule : fmt::format("Optimizer({}, {{{}}})", rule, options);
}
