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

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include <gradus/core/error.h>

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

// ---- the name of a type as its author wrote it, so that no struct repeats its name in a string --

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

// ---- fields -------------------------------------------------------------------------------------

using rules::Presence;

template <class T>
concept HasFields = requires(T& self) {
  T::fields(self, [](auto&&...) {});
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

/// Only numbers have ranges. A text or function counts as 1 if it is set, else 0: see rules::given.
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

/// Checks each field by its rule, then, by its validate(), their relations. Errors name `owner`.
template <class T>
void validate(const T& self, [[maybe_unused]] std::string_view owner = type_name<T>()) {
  if constexpr (HasFields<const T>)
    T::fields(self,
              [&](std::string_view name, const auto& member, const Rule& rule = rules::anything,
                  Presence = rules::required) { check_field(owner, name, member, rule); });
  if constexpr (requires { self.validate(); }) self.validate();
}

}  // namespace detail
}}  // namespace gradus
