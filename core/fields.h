#pragma once
/// A struct lists its options once, in `fields`. Printing, reading and checking use that list:
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
/// A field without a rule takes any value. `self` may be const (to print) or not (to read back). A
/// new kind of member joins with a friend check_field(owner, name, member, rule) and, to be printed
/// and read, with the overloads of schedules/config.h.

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <gradus/core/dual.h>
#include <gradus/core/error.h>
#include <gradus/core/type_name.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// A condition on a number, and its words in an error: "decay_rate must be finite and > 0".
struct Rule {
  bool (*holds)(double);
  const char* text;
};
/// A separate namespace, so that `using namespace gradus` does not bring in common words.
namespace rules {

inline constexpr Rule anything{[](double) { return true; }, "anything"};
inline constexpr Rule not_negative{[](double v) { return std::isfinite(v) && v >= 0; },
                                   "finite and >= 0"};
inline constexpr Rule positive{[](double v) { return std::isfinite(v) && v > 0; },
                               "finite and > 0"};
inline constexpr Rule positive_steps{[](double v) { return std::isfinite(v) && v > 0; }, "> 0"};
inline constexpr Rule at_least_one{[](double v) { return std::isfinite(v) && v >= 1; },
                                   "finite and >= 1"};
inline constexpr Rule zero_or_more{[](double v) { return v >= 0; }, ">= 0"};  // for whole numbers
inline constexpr Rule one_or_more{[](double v) { return v >= 1; }, ">= 1"};
inline constexpr Rule two_or_more{[](double v) { return v >= 2; }, ">= 2"};
inline constexpr Rule below_one{[](double v) { return v >= 0 && v < 1; }, "in [0, 1)"};
inline constexpr Rule unit_interval{[](double v) { return v >= 0 && v <= 1; }, "in [0, 1]"};
inline constexpr Rule inside_unit_interval{[](double v) { return v > 0 && v < 1; }, "in (0, 1)"};
inline constexpr Rule finite_number{[](double v) { return std::isfinite(v); }, "finite"};

/// For a text, which must not be empty, and a function, which must not be null.
inline constexpr Rule given{[](double there) { return there != 0; }, "given"};

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

struct AnyCall {
  void operator()();
};
template <class F>
struct WithCall : F, AnyCall {};
/// A function, or a struct or lambda with any operator(): in WithCall that name has two meanings.
template <class F>
concept Callable = std::is_function_v<std::remove_pointer_t<F>> ||
    (std::is_class_v<F> && !std::is_final_v<F> && !requires { &WithCall<F>::operator(); });

/// A text in a type. Value types delete the conversion from what cannot become one of them, and say
/// in a last parameter Expects<"..."> what can: g++ prints it with the name of the deleted
/// function, clang the line where that function stands.
template <std::size_t n>
struct TypeText {
  constexpr TypeText(const char (&from)[n]) { std::copy_n(from, n, text); }
  char text[n];
};
template <TypeText text>
struct Expects {};

template <class T>
concept PlainNumber = std::is_arithmetic_v<T> && !std::same_as<T, bool>;

/// Only numbers have ranges. A text or a function counts as 1 if it is set, else 0: see
/// rules::given.
template <class T>
void check_field([[maybe_unused]] std::string_view owner, [[maybe_unused]] std::string_view name,
                 [[maybe_unused]] const T& member, [[maybe_unused]] const Rule& rule) {
  if constexpr (requires { member.empty(); })
    check(rule.holds(member.empty() ? 0 : 1), "{}: {} must be {}", owner, name, rule.text);
  else if constexpr (std::is_class_v<T> && std::is_constructible_v<bool, const T&>)
    check(rule.holds(member ? 1 : 0), "{}: {} must be {}", owner, name, rule.text);
}
template <PlainNumber T>
void check_field(std::string_view owner, std::string_view name, const T& v, const Rule& rule) {
  check(rule.holds(static_cast<double>(v)), "{}: {} must be {} (got {})", owner, name, rule.text,
        v);
}
inline void check_field(std::string_view owner, std::string_view name, const Dual& v,
                        const Rule& rule) {
  check_field(owner, name, v.v, rule);
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

/// Checks each field against its rule, then calls the struct's validate(), which checks relations
/// between fields. Errors name the `owner`.
template <class T>
void validate(const T& self, [[maybe_unused]] std::string_view owner = type_name<T>()) {
  if constexpr (HasFields<const T>)
    T::fields(self,
              [&](std::string_view name, const auto& member, const Rule& rule = rules::anything,
                  Presence = rules::required) { check_field(owner, name, member, rule); });
  if constexpr (HasValidate<T>) self.validate();
}

}  // namespace detail
}}  // namespace gradus
