#include <gradus/schedules/write.h>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace {

using detail::Config, detail::Value;

void append_quoted(std::string& out, const std::string& text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}
/// Not inlined: the buffers of a format would lie on the stack once for each level of nesting.
[[gnu::noinline]] void append_number(std::string& out, Real number) {
  out += fmt::format("{}", value(number));
}

void append(std::string& out, const Schedule& s, int around);
void append(std::string& out, const Value& v) {
  if (const Schedule* s = std::get_if<Schedule>(&v.content)) {
    append(out, *s, 0);
  } else if (const auto* list = std::get_if<std::vector<Value>>(&v.content)) {
    detail::append_list(out, *list, "[]", [&](const Value& item) { append(out, item); });
  } else if (const Real* number = std::get_if<Real>(&v.content)) {
    append_number(out, *number);
  } else if (const auto* text = std::get_if<std::string>(&v.content)) {
    append_quoted(out, *text);
  } else {
    const bool* truth = std::get_if<bool>(&v.content);
    out += !truth ? "None" : *truth ? "True" : "False";
  }
}

void append(std::string& out, const Schedule& s, int around) {
  if (const auto number = s.constant()) return append_number(out, *number);
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

std::string to_string(const Schedule& s) {
  std::string out;
  append(out, s, 0);
  return out;
}

std::string detail::text_of(const Value& v) {
  std::string out;
  append(out, v);
  return out;
}

}}  // namespace gradus
