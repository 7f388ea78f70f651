#include <gradus/schedules/parse.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <gradus/schedules/known.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

using detail::Value;

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Cuts off the module that a line pasted from Python may name: all up to `schedules.`
std::string without_module(const std::string& name) {
  const std::string_view module = "schedules.";
  const std::size_t at = name.rfind(module);
  const bool whole = at == 0 || (at != name.npos && name[at - 1] == '.');
  return whole ? name.substr(at + module.size()) : name;
}

/// The text, from left to right.
class Reader {
 public:
  Reader(const char* caller, std::string_view text) : caller_(caller), text_(text) {}

  const char* caller() const { return caller_; }
  [[noreturn]] void fail(std::size_t column, const std::string& what) const {
    detail::fail_to_read(caller_, column, what);
  }

  /// Of what comes next, past blanks and comments.
  std::size_t column() {
    for (;;) {
      at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
      if (at_ == text_.size() || text_[at_] != '#') return at_ + 1;
      at_ = std::min(text_.find('\n', at_), text_.size());
    }
  }
  bool at_end() { return column() > text_.size(); }
  char peek() { return at_end() ? '\0' : text_[at_]; }
  bool accept(std::string_view token) {
    if (!text_.substr(column() - 1).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  /// The first of the tokens that comes next, or "".
  std::string_view accept_any(std::initializer_list<std::string_view> tokens) {
    for (const std::string_view token : tokens)
      if (accept(token)) return token;
    return {};
  }
  /// What comes next, for an error's text.
  std::string next() {
    if (at_end()) return "the end";
    return fmt::format("'{}'", text_.substr(at_, std::min<std::size_t>(12, text_.size() - at_)));
  }
  void back_to(std::size_t column) { at_ = column - 1; }
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
    accept("+");
    const std::size_t after = std::min(text_.find_first_not_of("0123456789_", at_), text_.size());
    std::string grouped(text_.substr(at_, after - at_));
    double v = 0;
    if (std::erase(grouped, '_') > 0) {  // 100_000
      std::from_chars(grouped.data(), grouped.data() + grouped.size(), v);
      at_ = after;
      return v;
    }
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), v);
    if (error == std::errc::result_out_of_range) fail(start, "the number is out of range");
    if (error != std::errc() || !std::isfinite(v))
      fail(start, "expected a number (got " + next() + ")");
    at_ = static_cast<std::size_t>(end - text_.data());
    return v;
  }
  std::string quoted() {
    const std::size_t start = column();
    const char quote = text_[at_++];
    std::string out;
    for (; at_ < text_.size() && text_[at_] != quote; ++at_) {
      if (text_[at_] != '\\') {
        out += text_[at_];
        continue;
      }
      const std::string_view escapes = "\\\"'nt", meant = "\\\"'\n\t";
      const std::size_t which = at_ + 1 < text_.size() ? escapes.find(text_[at_ + 1]) : 0;
      if (which == escapes.npos)
        fail(at_ + 1, "unknown escape in a text (known: \\\\ \\\" \\' \\n \\t)");
      out += meant[which];
      ++at_;
    }
    if (at_ >= text_.size()) fail(start, "the quote is never closed");
    ++at_;
    return out;
  }

 private:
  const char* caller_;
  std::string_view text_;
  std::size_t at_ = 0;
};

/// The left side of an operator: `>>`, `+`, `*`, and for numbers alone `-`, `/`, `//`.
struct Left {
  Value value;
  std::string_view op;
};

/// What is open: the text itself, `name(`, `(` or `[`. Together they take the place of recursion,
/// so that a text may be nested as deep as memory allows.
struct Open {
  enum Kind { text, call, group, list } kind;
  std::size_t column;
  std::string name = {};
  std::vector<detail::Argument> items = {};
  std::string keyword = {};
  bool comma = false;  ///< makes a list of a group, as in Python's (1, 2) and (1,)
  int depth = 0;       ///< of the lists in its items
  // Left sides that wait for what follows their operator.
  std::optional<Left> join = {}, sum = {}, product = {};

  bool waits() const { return join || sum || product || !keyword.empty(); }
};

double computed(double a, std::string_view op, double b) {
  if (op == "+") return a + b;
  if (op == "-") return a - b;
  if (op == "*") return a * b;
  return op == "/" ? a / b : std::floor(a / b);
}

class Parser {
 public:
  Parser(const char* caller, std::string_view text) : reader_(caller, text) {}

  /// The text as a schedule.
  Schedule parse() {
    open_.push_back({Open::text, 1});
    return as_schedule(read());
  }

  /// The text as a call of any name, or as a name alone, which is a call without arguments.
  detail::Call parse_call() {
    const std::size_t column = reader_.column();
    const std::string name = reader_.name();
    if (name.empty()) reader_.fail(column, "expected a name (got " + reader_.next() + ")");
    outermost_ = {reader_.caller(), name, {}, column};
    if (reader_.accept("(")) {
      open_.push_back({Open::call, column, name});
      read();
    }
    check_end();
    return std::move(outermost_);
  }

 private:
  static constexpr int deepest_list = 32;

  /// Reads until what was opened first ends: the value of the text, or nothing after a call.
  Value read() {
    for (;;) {  // where a value may begin
      Value v;
      if (at_empty_place())
        v = close();
      else if (!operand(v))
        continue;
      while (!open_.empty() && !follows(v)) {  // where an expression may end
        apply_join(top(), v);
        if (top().kind == Open::text) return check_end(), v;
        add(std::move(v));
        if ((top().comma = reader_.accept(","))) break;
        v = close();
      }
      if (open_.empty()) return v;
    }
  }
  void check_end() {
    if (!reader_.at_end())
      reader_.fail(reader_.column(), "expected the end (got " + reader_.next() + ")");
  }

  Open& top() { return open_.back(); }
  char closer() { return top().kind == Open::list ? ']' : ')'; }
  /// At the end of `()`, `[]` or `(1, )`.
  bool at_empty_place() {
    return top().kind != Open::text && !top().waits() && reader_.peek() == closer();
  }

  /// Reads a value into v, or else opens a bracket, whose inside comes next.
  bool operand(Value& v) {
    v.column = reader_.column();
    depth_ = 0;
    if (reader_.at_number()) return v.content = reader_.number(), true;
    if (reader_.peek() == '"' || reader_.peek() == '\'') return v.content = reader_.quoted(), true;
    if (reader_.accept("[")) return open_.push_back({Open::list, v.column}), false;
    if (reader_.accept("(")) return open_.push_back({Open::group, v.column}), false;
    const std::string word = reader_.name();
    const bool names = !word.empty() && !top().waits() && reader_.accept("=");
    if (names && top().kind == Open::call) return top().keyword = word, false;
    if (names && top().kind == Open::text && !std::exchange(assigned_, true))
      return false;  // `rate = CosineDecay(...)`
    if (names) reader_.fail(v.column, "an argument's name must be inside a call");
    if (word == "True" || word == "true") return v.content = true, true;
    if (word == "False" || word == "false") return v.content = false, true;
    if (word == "None" || word == "null") return v.content = detail::None(), true;
    open_call(word, v.column);
    return false;
  }

  void open_call(const std::string& word, std::size_t column) {
    const std::string name = without_module(word);
    if (name == "custom" || (!word.empty() && reader_.peek() == '('))
      detail::check_known(reader_.caller(), name, column);
    if (word.empty() || !reader_.accept("(")) {
      reader_.back_to(column);
      reader_.fail(column, fmt::format("expected a {} (got {})",
                                       top().kind == Open::text ? "schedule or a number" : "value",
                                       reader_.next()));
    }
    open_.push_back({Open::call, column, name});
  }

  /// Reads an operator, or a method, to which v is the left side.
  bool follows(Value& v) {
    if (const auto op = reader_.accept_any({"*", "//", "/"}); !op.empty()) {
      apply(top().product, v);
      top().product = {std::move(v), op};
    } else if (const auto loose = reader_.accept_any({"+", "-"}); !loose.empty()) {
      apply_sum(top(), v);
      top().sum = {std::move(v), loose};
    } else if (reader_.accept(">>")) {
      apply_join(top(), v);
      top().join = {std::move(v), ">>"};
    } else if (reader_.accept(".")) {
      const std::size_t column = reader_.column();
      open_call(reader_.name(), column);
      add(std::move(v));
    } else {
      return false;
    }
    return true;
  }

  void add(Value v) {
    top().depth = std::max(top().depth, depth_);
    top().items.push_back({std::move(top().keyword), std::move(v)});
    top().keyword.clear();
  }

  /// Past the closing bracket: what all of it is.
  Value close() {
    const char token = closer();
    if (!reader_.accept({&token, 1}))
      reader_.fail(reader_.column(),
                   fmt::format("expected ',' or '{}' (got {})", token, reader_.next()));
    Open o = std::move(top());
    open_.pop_back();
    depth_ = 0;
    if (o.kind == Open::call) {
      detail::Call call{reader_.caller(), std::move(o.name), std::move(o.items), o.column,
                        reader_.column()};
      if (!open_.empty()) return {detail::make_schedule(call), o.column};
      outermost_ = std::move(call);
      return {};
    }
    depth_ = o.depth;
    if (o.kind == Open::group && !o.comma && o.items.size() == 1)
      return std::move(o.items.front().value);
    if (++depth_ > deepest_list) reader_.fail(o.column, "lists must be nested at most 32 deep");
    std::vector<Value> list;
    for (detail::Argument& item : o.items) list.push_back(std::move(item.value));
    return {std::move(list), o.column};
  }

  Schedule as_schedule(const Value& v) {
    Schedule s = 0;
    if (!detail::assign(s, v).empty())
      reader_.fail(v.column, "expected a schedule or a number (got " + detail::text_of(v) + ")");
    return s;
  }
  /// left op right, or right where there is no left. Two numbers make a number.
  void apply(std::optional<Left>& left, Value& right) {
    if (!left) return;
    const auto& [value, op] = *left;
    const std::size_t column = value.column;
    const double* a = std::get_if<double>(&value.content);
    const double* b = std::get_if<double>(&right.content);
    if (a && b && op != ">>") {
      const double number = computed(*a, op, *b);
      if (!std::isfinite(number)) reader_.fail(column, "the number is out of range");
      right = {number, column};
    } else if (op == "-" || op == "/" || op == "//") {
      reader_.fail(column, fmt::format("the sides of {} must be numbers", op));
    } else {
      const Schedule x = as_schedule(value), y = as_schedule(right);
      right = {op == "*" ? x * y : op == "+" ? x + y : x >> y, column};
    }
    left.reset();
  }
  void apply_sum(Open& o, Value& v) {
    apply(o.product, v);
    apply(o.sum, v);
  }
  void apply_join(Open& o, Value& v) {
    apply_sum(o, v);
    apply(o.join, v);
  }

  Reader reader_;
  detail::Call outermost_ = {};  ///< where the text is a call
  std::vector<Open> open_;
  int depth_ = 0;          ///< of the lists in the value just read
  bool assigned_ = false;  ///< a name and = have been read in front of it all
};

}  // namespace

Schedule parse_schedule(std::string_view text) { return Parser("parse_schedule", text).parse(); }

detail::Call detail::parse_call(const char* reader, std::string_view text) {
  return Parser(reader, text).parse_call();
}

}}  // namespace gradus
