#pragma once
/// A struct's options, listed once. Whoever prints, reads or checks a struct asks its `fields`:
///
///     struct ExponentialDecay {
///       Real initial_learning_rate;
///       bool staircase = false;
///       static void fields(auto& self, auto&& field) {
///         using namespace rules;
///         field("initial_learning_rate", self.initial_learning_rate, not_negative);
///         field("staircase", self.staircase, anything, optional);
///       }
///     };
///
/// `self` may be const (to print) or not (to read back). A new kind of member joins with two
/// friends of its type: print_field(out, member) and check_field(owner, name, member, rule).

#include <fmt/core.h>

#include <cmath>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <gradus/core/error.h>
#include <gradus/core/type_name.h>

namespace gradus::inline GRADUS_VARIANT {

/// What a number must satisfy, and how an error says it: "decay_rate must be finite and > 0".
struct Rule {
  bool (*holds)(double);
  const char* text;
};
/// In a namespace of their own, so that `using namespace gradus` does not bring in common words.
namespace rules {

inline constexpr Rule anything{[](double) { return true; }, "anything"};
inline constexpr Rule not_negative{[](double v) { return std::isfinite(v) && v >= 0; },
                                   "finite and >= 0"};
inline constexpr Rule positive{[](double v) { return std::isfinite(v) && v > 0; },
                               "finite and > 0"};
inline constexpr Rule positive_steps{[](double v) { return std::isfinite(v) && v > 0; }, "> 0"};
inline constexpr Rule below_one{[](double v) { return v >= 0 && v < 1; }, "in [0, 1)"};

/// Whether a text may leave a field out.
enum Presence { required, optional };

}  // namespace rules

namespace detail {

using rules::Presence;

template <class T>
concept HasFields = requires(T& self) {
  T::fields(self, [](auto&&...) {});
};

template <class T>
concept HasValidate = requires(const T& self) {
  self.validate();
};

template <class T>
concept PlainNumber = std::is_arithmetic_v<T> && !std::same_as<T, bool>;

template <PlainNumber T>
void print_field(std::string& out, T v) {
  out += fmt::format("{}", v);
}
inline void print_field(std::string& out, bool v) { out += v ? "True" : "False"; }
inline void print_field(std::string& out, const std::string& text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}
template <class T>
void print_field(std::string& out, const std::optional<T>& maybe) {
  if (maybe)
    print_field(out, *maybe);
  else
    out += "None";
}
template <class T>
void print_field(std::string& out, const std::vector<T>& list) {
  out += '[';
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i > 0) out += ", ";
    print_field(out, list[i]);
  }
  out += ']';
}

/// What is no number has no rule.
template <class T>
void check_field(std::string_view, std::string_view, const T&, const Rule&) {}
template <PlainNumber T>
void check_field(std::string_view owner, std::string_view name, const T& v, const Rule& rule) {
  check(rule.holds(static_cast<double>(v)), "{}: {} must be {} (got {})", owner, name, rule.text,
        v);
}
template <class T>
void check_field(std::string_view owner, std::string_view name, const std::vector<T>& list,
                 const Rule& rule) {
  for (std::size_t i = 0; i < list.size(); ++i)
    check_field(owner, fmt::format("{}[{}]", name, i), list[i], rule);
}

/// Checks each field against its rule, then what the struct's own validate() says of several.
template <class T>
void validate(const T& self) {
  if constexpr (HasFields<const T>)
    T::fields(self,
              [](std::string_view name, const auto& member, const Rule& rule,
                 Presence = rules::required) { check_field(type_name<T>(), name, member, rule); });
  if constexpr (HasValidate<T>) self.validate();
}

/// `Name(field=value, ...)` as Python would write it; optional fields only where they are not at
/// their default. A struct without fields is its name, a lambda `custom`.
template <class T>
std::string describe(const T& self) {
  std::string out(type_name<T>());
  if constexpr (HasFields<const T>) {
    std::vector<std::string> defaults;
    const T fresh{};
    T::fields(fresh,
              [&](std::string_view, const auto& member, const Rule&, Presence = rules::required) {
                print_field(defaults.emplace_back(), member);
              });
    out += '(';
    std::size_t i = 0;
    T::fields(self, [&](std::string_view name, const auto& member, const Rule&,
                        Presence presence = rules::required) {
      std::string text;
      print_field(text, member);
      const bool at_default = text == defaults[i++];
      if (presence == rules::optional && at_default) return;
      if (out.back() != '(') out += ", ";
      out += fmt::format("{}={}", name, text);
    });
    out += ')';
  }
  return out;
}

}  // namespace detail
}  // namespace gradus
