#include <gradus/schedules/parse.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <system_error>
#include <variant>
#include <vector>

#include <gradus/core/nearest.h>
#include <gradus/schedules/known.h>

namespace gradus::inline GRADUS_VARIANT {
namespace {

struct None {};

/// What stands behind an `=`, and the column it begins in.
struct Value {
  std::variant<None, bool, double, std::string, std::vector<Value>> content;
  std::size_t column;
};
struct Argument {
  std::string keyword;  ///< empty for a positional one
  Value value;
};

[[noreturn]] void fail(std::size_t column, const std::string& what) {
  throw FormatError(fmt::format("parse_schedule: column {}: {}", column, what));
}

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::size_t column() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n'))
      ++at_;
    return at_ + 1;
  }
  bool at_end() { return column() > text_.size(); }
  char peek() { return at_end() ? '\0' : text_[at_]; }
  bool accept(char c) {
    if (peek() != c || c == '\0') return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(column(), fmt::format("expected '{}' (got {})", c, next()));
  }
  /// What comes next, for an error's text.
  std::string next() {
    return at_end() ? "the end"
                    : fmt::format("'{}'",
                                  text_.substr(at_, std::min<std::size_t>(12, text_.size() - at_)));
  }

  /// A name with dots in it, or "".
  std::string name() {
    const std::size_t start = column() - 1;
    while (at_ < text_.size() && (is_name(text_[at_]) || text_[at_] == '.')) ++at_;
    return std::string(text_.substr(start, at_ - start));
  }
  bool at_number() {
    const char c = peek();
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.';
  }
  double number() {
    const std::size_t start = column();
    accept('+');
    double v = 0;
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), v);
    if (error == std::errc::result_out_of_range) fail(start, "the number is out of range");
    if (error != std::errc() || !std::isfinite(v))
      fail(start, "expected a number (got " + next() + ")");
    at_ = static_cast<std::size_t>(end - text_.data());
    return v;
  }
  Value value(int depth) {
    const std::size_t start = column();
    if (depth > 32) fail(start, "lists must be nested at most 32 deep");
    if (at_number()) return {number(), start};
    if (peek() == '"' || peek() == '\'') return {quoted(), start};
    if (peek() == '[' || peek() == '(') return {list(depth), start};
    const std::string word = name();
    if (word == "True" || word == "true") return {true, start};
    if (word == "False" || word == "false") return {false, start};
    if (word == "None" || word == "null") return {None{}, start};
    at_ = start - 1;
    fail(start, "expected a value (got " + next() + ")");
  }
  /// The arguments of a call, from "(" to ")".
  std::vector<Argument> arguments() {
    std::vector<Argument> list;
    expect('(');
    while (!accept(')')) {
      if (!list.empty()) {
        expect(',');
        if (accept(')')) break;
      }
      list.push_back(argument());
    }
    return list;
  }

 private:
  Argument argument() {
    const std::size_t start = at_;
    column();
    if (!at_number()) {
      std::string keyword = name();
      if (!keyword.empty() && accept('=')) return {std::move(keyword), value(0)};
    }
    at_ = start;
    return {"", value(0)};
  }
  std::string quoted() {
    const std::size_t start = column();
    const char quote = text_[at_++];
    std::string out;
    for (; at_ < text_.size() && text_[at_] != quote; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      out += text_[at_];
    }
    if (at_ == text_.size()) fail(start, "the quote is never closed");
    ++at_;
    return out;
  }
  std::vector<Value> list(int depth) {
    const char close = text_[at_++] == '[' ? ']' : ')';
    std::vector<Value> items;
    while (!accept(close)) {
      if (!items.empty()) {
        expect(',');
        if (accept(close)) break;
      }
      items.push_back(value(depth + 1));
    }
    return items;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// Puts a value into a field, by the field's type.
template <class T>
const T& expect_type(const Value& v, const char* what) {
  const T* content = std::get_if<T>(&v.content);
  if (!content) fail(v.column, fmt::format("expected {}", what));
  return *content;
}
void assign(Real& field, const Value& v) { field = expect_type<double>(v, "a number"); }
void assign(Steps& field, const Value& v) { field = expect_type<double>(v, "a number"); }
void assign(bool& field, const Value& v) { field = expect_type<bool>(v, "True or False"); }
void assign(std::string& field, const Value& v) { field = expect_type<std::string>(v, "a text"); }
template <class T>
void assign(std::optional<T>& field, const Value& v) {
  if (std::holds_alternative<None>(v.content))
    field.reset();
  else
    assign(field.emplace(), v);
}
template <class T>
void assign(std::vector<T>& field, const Value& v) {
  field.clear();
  for (const Value& item : expect_type<std::vector<Value>>(v, "a list"))
    assign(field.emplace_back(), item);
}

template <class T>
std::vector<std::string> field_names() {
  std::vector<std::string> names;
  T self{};
  T::fields(self, [&](std::string_view name, auto&&...) { names.emplace_back(name); });
  return names;
}

/// The field an argument is for: by position until the first keyword, then by name.
std::size_t place_of(const Argument& argument, std::size_t position, bool by_keyword,
                     const std::vector<std::string>& names, std::string_view type) {
  const std::size_t column = argument.value.column;
  if (argument.keyword.empty()) {
    if (by_keyword) fail(column, "a positional argument must not follow a keyword argument");
    if (position >= names.size())
      fail(column, fmt::format("{} takes at most {} arguments", type, names.size()));
    return position;
  }
  const auto found = std::find(names.begin(), names.end(), argument.keyword);
  if (found == names.end())
    fail(column, fmt::format("{} has no argument '{}'; did you mean '{}'?", type, argument.keyword,
                             detail::nearest(argument.keyword, names)));
  return static_cast<std::size_t>(found - names.begin());
}

template <class T>
Schedule read(const std::vector<Argument>& arguments, std::size_t end_column) {
  const std::vector<std::string> names = field_names<T>();
  const std::string_view type = detail::type_name<T>();
  std::vector<const Value*> given(names.size());
  bool by_keyword = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const Argument& argument = arguments[i];
    const std::size_t place = place_of(argument, i, by_keyword, names, type);
    by_keyword = by_keyword || !argument.keyword.empty();
    if (given[place]) fail(argument.value.column, fmt::format("'{}' is given twice", names[place]));
    given[place] = &argument.value;
  }
  T self{};
  std::size_t i = 0;
  T::fields(self, [&](std::string_view name, auto& field, const Rule&,
                      rules::Presence presence = rules::required) {
    if (const Value* v = given[i++])
      assign(field, *v);
    else if (presence == rules::required)
      fail(end_column, fmt::format("{} needs '{}'", type, name));
  });
  return self;
}

/// Cuts off the module a line pasted from Python may name.
std::string without_module(std::string name) {
  for (const std::string_view module :
       {"tf.keras.optimizers.schedules.", "keras.optimizers.schedules."})
    if (name.starts_with(module)) return name.substr(module.size());
  return name;
}

Schedule read_call(Reader& reader) {
  const std::size_t start = reader.column();
  const std::string name = without_module(reader.name());
  if (name.empty()) fail(start, "expected a schedule or a number (got " + reader.next() + ")");
  if (name == "custom")
    fail(start, "'custom' stands for a function in a program, which a text cannot hold");
  std::optional<Schedule> schedule;
  std::vector<std::string> known;
  const auto attempt = [&]<class T>(const T*) {
    known.emplace_back(detail::type_name<T>());
    if (name != known.back()) return;
    const std::vector<Argument> arguments = reader.arguments();
    schedule = read<T>(arguments, reader.column());
  };
  [&]<class... T>(const std::tuple<T...>*) {
    (attempt(static_cast<const T*>(nullptr)), ...);
  }(static_cast<const KnownSchedules*>(nullptr));
  if (!schedule)
    fail(start, fmt::format("unknown schedule '{}'; did you mean '{}'?", name,
                            detail::nearest(name, known)));
  return *schedule;
}

}  // namespace

Schedule parse_schedule(std::string_view text) {
  Reader reader(text);
  Schedule schedule = reader.at_number() ? Schedule(reader.number()) : read_call(reader);
  if (!reader.at_end()) fail(reader.column(), "expected the end (got " + reader.next() + ")");
  return schedule;
}

}  // namespace gradus
