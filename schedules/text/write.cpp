#include <gradus/schedules/config.h>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace {

using detail::Config, detail::Value;

std::string in_quotes(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}
std::string scalar(const Value& v) {
  if (const Real* number = std::get_if<Real>(&v.content)) return fmt::format("{}", value(*number));
  if (const auto* text = std::get_if<std::string>(&v.content)) return in_quotes(*text);
  const bool* truth = std::get_if<bool>(&v.content);
  return !truth ? "None" : *truth ? "True" : "False";
}

void append(std::string& out, const Schedule& s, int around);
void append(std::string& out, const Value& v) {
  detail::append_value(
      out, v, "[]", [&](const Schedule& s) { append(out, s, 0); }, scalar);
}

void append(std::string& out, const Schedule& s, int around) {
  if (const auto number = s.constant()) return append(out, Value{*number});
  const Config config = s.config();
  if (config.op.binding > 0)
    return detail::append_operator(out, config, around, [&](const Schedule& side, int binding) {
      append(out, side, binding);
    });
  out += config.text_name;
  if (!config.has_fields) return;
  std::string_view before = "(";
  for (const Config::Field& field : config.fields) {
    if (field.at_default) continue;
    ((out += before) += field.name) += '=';
    append(out, field.value);
    before = ", ";
  }
  out += before == "(" ? "()" : ")";
}

}  // namespace

std::string to_string(const Schedule& s) { return detail::text_of({s}); }

std::string detail::text_of(const Value& v) {
  std::string out;
  append(out, v);
  return out;
}

}}  // namespace gradus
