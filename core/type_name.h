#pragma once
/// The name of a type as its author wrote it, without namespaces: `ExponentialDecay`. Texts,
/// errors, layer names and History keys use it, so that no struct repeats its name in a string.

#include <string>
#include <string_view>

#include <gradus/core/scalar.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// The last name in "... [with T = gradus::f32::SGD; ...]". Compilers put functions and unnamed
/// namespaces in front, as `main()::` or `(anonymous namespace)::`.
constexpr std::string_view last_name(std::string_view text) {
  text.remove_prefix(text.find("T = ") + 4);
  text = text.substr(0, text.find_first_of(";]"));
  if (const std::size_t local = text.rfind(")::"); local != text.npos)
    text.remove_prefix(local + 3);
  if (text.find("lambda") != text.npos || text.find('(') != text.npos) return "custom";
  const std::size_t last = text.substr(0, text.find('<')).rfind(':');
  return last == text.npos ? text : text.substr(last + 1);
}

/// Computed at compile time from the name that the compiler gives this function.
template <class T>
constexpr std::string_view type_name() {
  constexpr std::string_view name = last_name(__PRETTY_FUNCTION__);
  return name;
}

/// `MeanAbsoluteError` -> `mean_absolute_error`, as Keras names layers and metrics.
inline std::string snake_case(std::string_view name) {
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool starts_word = i > 0 && upper(name[i]) &&
                             (!upper(name[i - 1]) || (i + 1 < name.size() && !upper(name[i + 1])));
    if (starts_word) out += '_';
    out += upper(name[i]) ? static_cast<char>(name[i] - 'A' + 'a') : name[i];
  }
  return out;
}

}}}  // namespace gradus::detail
