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
/// `self` may be const (to print) or not (to read back). A new kind of member joins with a friend
/// check_field(owner, name, member, rule) and, to be printed and read, with the overloads of
/// schedules/config.h.

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

namespace gradus { inline namespace GRADUS_VARIANT {

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
inline constexpr Rule at_least_one{[](double v) { return std::isfinite(v) && v >= 1; },
                                   "finite and >= 1"};
inline constexpr Rule below_one{[](double v) { return v >= 0 && v < 1; }, "in [0, 1)"};
inline constexpr Rule unit_interval{[](double v) { return v >= 0 && v <= 1; }, "in [0, 1]"};
inline constexpr Rule finite_number{[](double v) { return std::isfinite(v); }, "finite"};

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

/// What is no number has no rule.
template <class T>
void check_field(std::string_view, std::string_view, const T&, const Rule&) {}
template <PlainNumber T>
void check_field(std::string_view owner, std::string_view name, const T& v, const Rule& rule) {
  check(rule.holds(static_cast<double>(v)), "{}: {} must be {} (got {})", owner, name, rule.text,
        v);
}
template <class T>
void check_field(std::string_view owner, std::string_view name, const std::optional<T>& maybe,
                 const Rule& rule) {
  if (maybe) check_field(owner, name, *maybe, rule);
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

}  // namespace detail
}}  // namespace gradus
