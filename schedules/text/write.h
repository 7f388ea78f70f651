#pragma once
/// What the writers of texts share: to_string() here, and the command line's writer of C++.

#include <string>
#include <string_view>
#include <variant>

#include <gradus/schedules/config.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// Appends `a >> b`, in brackets inside an operator that binds more tightly. `append(part,
/// binding)` writes a side. a >> b >> c is (a >> b) >> c: only the right side must bind more
/// tightly.
template <class Append>
void append_operator(std::string& out, const Config& config, int around, const Append& append) {
  const auto [symbol, binding] = config.op;
  const bool brackets = binding < around;
  if (brackets) out += '(';
  append(std::get<Schedule>(config.fields[0].value.content), binding);
  out += symbol;
  append(std::get<Schedule>(config.fields[1].value.content), binding + 1);
  if (brackets) out += ')';
}

/// Appends an option's value: a list between its two brackets, a schedule by append(schedule), and
/// anything else as the text scalar(value).
template <class Append, class Scalar>
void append_value(std::string& out, const Value& v, std::string_view brackets, const Append& append,
                  const Scalar& scalar) {
  if (const Schedule* s = std::get_if<Schedule>(&v.content)) return append(*s);
  const auto* list = std::get_if<std::vector<Value>>(&v.content);
  if (!list) {
    out += scalar(v);
    return;
  }
  out += brackets[0];
  for (const Value& item : *list) {
    if (&item != list->data()) out += ", ";
    append_value(out, item, brackets, append, scalar);
  }
  out += brackets[1];
}

}}}  // namespace gradus::detail
