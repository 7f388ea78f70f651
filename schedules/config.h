#pragma once
/// A struct's options as data. Texts (schedules/parse.h) and JSON (schedules/serialize.h) are
/// written from it and read into it, so a struct only lists its fields.

#include <variant>

#include <gradus/schedules/schedule.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace detail {

struct None {};

/// An option's value.
struct Value {
  std::variant<None, bool, Real, std::string, std::vector<Value>, Schedule> content;
  std::size_t column = 0;  ///< where it begins in a text; 0: not from a text
  bool whole = false;      ///< a count: Keras's JSON has `1000`, not `1000.0`
};

/// How an operator prints: `a >> b`, with brackets around a part that binds less tightly.
struct Operator {
  std::string_view symbol;
  int binding = 0;  ///< 0: not an operator
};

struct Config {
  struct Field {
    std::string_view name;
    Value value;
    bool at_default;  ///< optional, and at its default: texts leave it out
  };
  std::string_view type;       ///< `CosineDecay`
  std::string_view text_name;  ///< in a text; `clamp` for Clamp
  Operator op = {};
  bool has_fields = false;
  std::vector<Field> fields = {};
};

// ---- from members to values ---------------------------------------------------------------------

/// An enum takes part if its namespace has `constexpr auto names_of(E)`: the names of 0, 1, ...
template <class E>
concept NamedEnum = std::is_enum_v<E> && requires(E e) {
  names_of(e);
};

inline Value to_value(bool v) { return {v}; }
inline Value to_value(const std::string& text) { return {text}; }
inline Value to_value(const Schedule& s) { return {s}; }
template <Constant T>
Value to_value(T v) {
  return {static_cast<Real>(v), 0, std::is_integral_v<T>};
}
inline Value to_value(Steps steps) {
  const double n = value(steps.count);
  return {steps.count, 0, std::abs(n) <= 0x1p53 && n == std::floor(n)};
}
template <NamedEnum E>
Value to_value(E e) {
  return {std::string(names_of(e)[static_cast<std::size_t>(e)])};
}
template <class T>
Value to_value(const std::optional<T>& maybe) {
  return maybe ? to_value(*maybe) : Value{None()};
}
template <class T>
Value to_value(const std::vector<T>& list) {
  std::vector<Value> values;
  for (const T& item : list) values.push_back(to_value(item));
  return {std::move(values)};
}

// ---- from values to members; each returns the type that it expected, or "" ---------------------

/// For the types that a value holds as they are, apart from schedules.
template <class T>
requires std::same_as<T, bool> || std::same_as<T, Real> || std::same_as<T, std::string> std::string
assign(T& member, const Value& v) {
  const T* given = std::get_if<T>(&v.content);
  if (given) member = *given;
  if (given) return "";
  return std::same_as<T, bool> ? "True or False" : std::same_as<T, Real> ? "a number" : "a text";
}
inline std::string assign(int& member, const Value& v) {
  Real number = 0;
  const bool whole = assign(number, v).empty() && std::abs(value(number)) < 0x1p31 &&
                     value(number) == std::floor(value(number));
  if (whole) member = static_cast<int>(value(number));
  return whole ? "" : "a whole number";
}
inline std::string assign(Steps& member, const Value& v) { return assign(member.count, v); }
inline std::string assign(Schedule& member, const Value& v) {
  Real number = 0;
  const Schedule* given = std::get_if<Schedule>(&v.content);
  if (given) member = *given;
  if (given || !assign(number, v).empty()) return given ? "" : "a schedule or a number";
  member = number;
  return "";
}
template <NamedEnum E>
std::string assign(E& member, const Value& v) {
  const auto names = names_of(member);
  const std::string* given = std::get_if<std::string>(&v.content);
  std::string expected;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (given && *given == names[i]) {
      member = static_cast<E>(i);
      return "";
    }
    const char* before = i == 0 ? "" : i + 1 < names.size() ? ", " : " or ";
    expected += fmt::format("{}\"{}\"", before, names[i]);
  }
  return expected;
}
template <class T>
std::string assign(std::optional<T>& member, const Value& v) {
  member.reset();
  return std::holds_alternative<None>(v.content) ? "" : assign(member.emplace(), v);
}
template <class T>
std::string assign(std::vector<T>& member, const Value& v) {
  const std::vector<Value>* given = std::get_if<std::vector<Value>>(&v.content);
  if (!given) return "a list";
  member.clear();
  for (const Value& item : *given) {
    T element{};
    if (const std::string expected = assign(element, item); !expected.empty())
      return "a list, each element " + expected;
    member.push_back(std::move(element));
  }
  return "";
}

// ---- the numbers among members; other members stay
// -----------------------------------------------

template <class T>
void map_numbers(T&, const std::string&, const NumberMap&) {}
template <class T>
requires std::same_as<T, Real> || std::same_as<T, Steps>
void map_numbers(T& member, const std::string& path, const NumberMap& map) {
  member = map({path, member, std::same_as<T, Steps>});
}
inline void map_numbers(Schedule& member, const std::string& path, const NumberMap& map) {
  member = member.with_numbers(map, path);
}
template <class T>
void map_numbers(std::optional<T>& member, const std::string& path, const NumberMap& map) {
  if (member) map_numbers(*member, path, map);
}
template <class T>
void map_numbers(std::vector<T>& member, const std::string& path, const NumberMap& map) {
  for (std::size_t i = 0; i < member.size(); ++i)
    map_numbers(member[i], fmt::format("{}[{}]", path, i), map);
}

/// All numbers of a struct that lists its fields, below `path`.
template <class T>
void map_fields(T& self, const std::string& path, const NumberMap& map) {
  if constexpr (HasFields<T>)
    T::fields(self, [&](std::string_view name, auto& member, const auto&...) {
      map_numbers(member, path.empty() ? std::string(name) : fmt::format("{}.{}", path, name), map);
    });
}

// ---- structs ------------------------------------------------------------------------------------

/// `None`, `True`, `0.1`, `"cosine"`, `[1, 2]`; a schedule as to_string() has it.
std::string text_of(const Value& v);

/// A type's name in a text; where C++ has a function, that function's.
template <class T>
constexpr std::string_view text_name() {
  if constexpr (requires { T::text_name; }) return T::text_name;
  return type_name<T>();
}

/// Fields that may be left out are marked as at their default, whatever they hold.
template <class T>
std::vector<Config::Field> fields_of(const T& self) {
  std::vector<Config::Field> fields;
  T::fields(self, [&](std::string_view name, const auto& member, const Rule& = rules::anything,
                      Presence presence = rules::required) {
    fields.push_back({name, to_value(member), presence == rules::optional});
  });
  return fields;
}

template <class T>
Config config_of(const T& self) {
  Config config{.type = type_name<T>(), .text_name = text_name<T>()};
  if constexpr (requires { T::op; }) config.op = T::op;
  if constexpr (HasFields<const T>) {
    config.has_fields = true;
    config.fields = fields_of(self);
    std::vector<Config::Field> defaults;
    if constexpr (std::default_initializable<T>) defaults = fields_of(T{});
    for (std::size_t i = 0; i < config.fields.size(); ++i) {
      Config::Field& field = config.fields[i];
      field.at_default = field.at_default && i < defaults.size() &&
                         text_of(field.value) == text_of(defaults[i].value);
    }
  }
  return config;
}

// ---- what the writers of texts, JSON and C++ share ----------------------------------------------

/// Appends `a >> b`, in brackets inside an operator that binds more tightly. `append(part,
/// binding)` writes a side. Only the right side must bind more tightly.
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

/// Appends a value: a list in its two brackets, a schedule by append, else the text scalar(value).
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

}  // namespace detail

template <class F>
Schedule Schedule::Held<F>::with_numbers(const std::string& path, const NumberMap& map) const {
  F copy = function;
  detail::map_fields(copy, path, map);
  return copy;
}

template <class F>
detail::Config Schedule::Held<F>::config() const {
  return detail::config_of(function);
}

}}  // namespace gradus
