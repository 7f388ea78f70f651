#include <gradus/schedules/parse.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <system_error>

#include <gradus/core/from_text.h>
#include <gradus/schedules/known.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

using detail::Value;

/// Cuts off the module that a line pasted from Python may name: all up to `schedules.`
std::string_view without_module(std::string_view name) {
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

  /// The column of the next token, after blanks and comments.
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
  /// The error names the first few characters of the next token.
  [[noreturn, gnu::noinline]] void fail_expecting(std::string_view what, std::size_t column) {
    const std::string next = at_end() ? "the end" : fmt::format("'{}'", text_.substr(at_, 12));
    fail(column, fmt::format("expected {} (got {})", what, next));
  }
  void back_to(std::size_t column) { at_ = column - 1; }
  /// What follows of these characters, or "".
  std::string_view run_of(std::string_view characters) {
    const std::size_t start = at_;
    at_ = std::min(text_.find_first_not_of(characters, at_), text_.size());
    return text_.substr(start, at_ - start);
  }
  /// A name with dots in it, or "".
  std::string_view name() {
    return run_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.");
  }
  bool at_number() { return std::string_view("0123456789+-.").find(peek()) != text_.npos; }
  Real number() {
    const std::size_t start = column();
    accept("+");
    const std::size_t first = at_;
    std::string grouped(run_of("0123456789_"));  // 100_000
    const bool is_grouped = std::erase(grouped, '_') > 0;
    const std::string_view text = is_grouped ? grouped : text_.substr(first);
    double v = 0;
    const auto [end, error] = detail::from_text(text.data(), text.data() + text.size(), v);
    if (error == std::errc::result_out_of_range) fail(start, "the number is out of range");
    if (!is_grouped) at_ = first;
    if (error != std::errc() || !std::isfinite(v)) fail_expecting("a number", start);
    if (!is_grouped) at_ += static_cast<std::size_t>(end - text.data());
    return v;
  }
  std::string quoted() {
    const std::size_t start = column();
    const char quote = text_[at_++];
    std::string out;
    while (at_ < text_.size() && text_[at_] != quote) {
      out += text_[at_++];
      if (out.back() != '\\' || at_ == text_.size()) continue;
      const std::string_view escapes = "\\\"'nt", meant = "\\\"'\n\t";
      const std::size_t which = escapes.find(text_[at_++]);
      if (which == escapes.npos)
        fail(at_ - 1, "unknown escape in a text (known: \\\\ \\\" \\' \\n \\t)");
      out.back() = meant[which];
    }
    if (!accept({&quote, 1})) fail(start, "the quote is never closed");
    return out;
  }

 private:
  const char* caller_;
  std::string_view text_;
  std::size_t at_ = 0;
};

Real computed(Real a, std::string_view op, Real b) {
  if (op == "+") return a + b;
  if (op == "-") return a - b;
  if (op == "//") return std::floor(value(a / b));
  const Real n = op == "*" ? a * b : a / b;
  const double close = std::round(value(n) * 1e6) / 1e6;  // 0.9 * 21 is meant to be 18.9
  return std::abs(value(n) - close) < 0x1p-50 * std::abs(close) ? close : n;
}

/// The grammar, a function for each rule:
///
///     join    = sum { ">>" sum }
///     sum     = product { ("+" | "-") product }
///     product = method { ("*" | "//" | "/") method }
///     method  = primary { "." call }
///     primary = number | text | "[" items "]" | "(" items ")" | True | False | None | call
///     call    = name "(" items ")"
///     items   = [ item { "," item } [ "," ] ]      item = [ name "=" ] join
class Parser {
 public:
  /// In the text, `name` stands for the schedule `meaning`.
  Parser(const char* caller, std::string_view text, const RunLengths& lengths,
         std::string_view name = "", const Schedule& meaning = 0)
      : reader_(caller, text), lengths_(lengths), name_(name), meaning_(meaning) {}

  /// The text as a schedule, with or without `rate =` in front.
  Schedule schedule() {
    name_before_equals(true);
    name_before_equals(false);
    const Value v = join();
    check_end();
    return as_schedule(v);
  }

  /// The text as a call of any name, or as a name alone, which is a call without arguments.
  detail::Call outer_call() {
    const std::size_t column = reader_.column();
    detail::Call call{reader_.caller(), std::string(reader_.name()), {}, column};
    if (call.name.empty()) reader_.fail_expecting("a name", column);
    if (reader_.accept("(")) {
      call.arguments = items(column, ')', true).list;
      call.end = reader_.column();
    }
    check_end();
    return call;
  }

 private:
  Value join() { return in_a_row<&Parser::sum>({">>"}); }
  Value sum() { return in_a_row<&Parser::product>({"+", "-"}); }
  Value product() { return in_a_row<&Parser::method>({"*", "//", "/"}); }

  /// Operands with any of the operators between them, from left to right.
  template <Value (Parser::*operand)()>
  Value in_a_row(std::initializer_list<std::string_view> operators) {
    Value left;
    std::string_view op;
    std::size_t column = 0;
    do {
      Value right = (this->*operand)();  // the only call, so that it is inlined: see below
      if (op.empty())
        left = std::move(right);
      else
        apply(left, op, right, column);
      column = reader_.column();
      const auto next = std::ranges::find_if(
          operators, [&](std::string_view token) { return reader_.accept(token); });
      op = next == operators.end() ? "" : *next;
    } while (!op.empty());
    return left;
  }

  Value method() {
    Value v = primary();
    while (reader_.accept(".")) {
      const std::size_t column = reader_.column();
      v = call(reader_.name(), column, &v);
    }
    return v;
  }

  Value primary() {
    const std::size_t column = reader_.column();
    if (reader_.accept("[")) return list(items(column, ']', false), column);
    if (reader_.accept("(")) return group(items(column, ')', false), column);
    Value v{{}, column};
    std::string_view word;
    return scalar(v, word) ? v : call(word, column, nullptr);
  }
  /// True for a number, a quoted text, True, False and None; else `word` is the name of a call.
  [[gnu::noinline]] bool scalar(Value& v, std::string_view& word) {
    if (reader_.at_number()) {
      v.content = reader_.number();
    } else if (reader_.peek() == '"' || reader_.peek() == '\'') {
      v.content = reader_.quoted();
    } else {
      word = reader_.name();
      if (word == "True" || word == "true")
        v.content = true;
      else if (word == "False" || word == "false")
        v.content = false;
      else if (!word.empty() && word == name_)
        v.content = meaning_;
      else if (const Steps* steps = length(word))
        v = known(*steps, v.column);
      else
        return word == "None" || word == "null";
    }
    return true;
  }

  const Steps* length(std::string_view word) const {
    return word == "all" ? &lengths_.all : word == "epoch" ? &lengths_.epoch : nullptr;
  }
  Value known(Steps steps, std::size_t column) const {
    if (steps.count == 0)
      reader_.fail(column,
                   "all, the updates of the run, and epoch, those of an epoch, are known in "
                   "training; elsewhere give --steps (all) or, in C++, {.all = n, .epoch = m}");
    return {steps.count, column, true};
  }

  struct Items {
    std::vector<detail::Argument> list;
    bool comma = false;  ///< after the last one
  };
  /// Everything up to and with the closing bracket; `column` is where the bracket's value began.
  Items items(std::size_t column, char closer, bool may_have_names) {
    if (++brackets_ > detail::max_depth) fail_too_deep(column, "brackets must be nested");
    Items all;
    do {
      if (reader_.peek() == closer) break;
      detail::Argument& item = all.list.emplace_back();
      item.keyword = name_before_equals(may_have_names);
      item.value = join();
    } while ((all.comma = reader_.accept(",")));
    close(closer);
    --brackets_;
    return all;
  }

  /// The call of a known schedule whose name has been read; a method's has its first argument.
  Value call(std::string_view word, std::size_t column, Value* first) {
    const KnownSchedule& known = open_call(word, column);
    return made(known, word, column, first, items(column, ')', true));
  }

  // The rest is not inlined into the functions above, whose frames are the stack of a deep text.

  [[gnu::noinline]] const KnownSchedule& open_call(std::string_view word, std::size_t column) {
    const std::string name(without_module(word));
    if (name == "custom" || (!word.empty() && reader_.accept("(")))
      return detail::find_known(reader_.caller(), name, column);
    reader_.back_to(column);
    reader_.fail_expecting(brackets_ == 0 ? "a schedule or a number"
                           : word.empty() ? "a value"
                                          : "a value, or a text in quotes",
                           column);
  }
  [[gnu::noinline]] Value made(const KnownSchedule& known, std::string_view word,
                               std::size_t column, Value* first, Items inside) {
    if (first) inside.list.insert(inside.list.begin(), {"", std::move(*first)});
    const detail::Call call{reader_.caller(), std::string(without_module(word)),
                            std::move(inside.list), column, reader_.column()};
    return {built(column, [&] { return known.make(call); }), column};
  }
  /// What is in brackets: itself, or a list as Python's (1, 2) and (1,).
  [[gnu::noinline]] static Value group(Items inside, std::size_t column) {
    const bool one = !inside.comma && inside.list.size() == 1;
    return one ? std::move(inside.list[0].value) : list(std::move(inside), column);
  }
  [[gnu::noinline]] static Value list(Items items, std::size_t column) {
    std::vector<Value> values;
    for (detail::Argument& item : items.list) values.push_back(std::move(item.value));
    return {std::move(values), column};
  }

  [[gnu::noinline]] void close(char closer) {
    if (!reader_.accept({&closer, 1}))
      reader_.fail_expecting(closer == ')' ? "',' or ')'" : "',' or ']'", reader_.column());
  }
  [[noreturn, gnu::noinline]] void fail_too_deep(std::size_t column, std::string_view what) {
    reader_.fail(column, fmt::format("{} at most {} deep", what, detail::max_depth));
  }

  /// `rate =`, where it is allowed; "" where there is none.
  [[gnu::noinline]] std::string_view name_before_equals(bool allowed) {
    const std::size_t column = reader_.column();
    const std::string_view word = reader_.at_number() ? "" : reader_.name();
    const bool found = !word.empty() && reader_.accept("=");
    if (found && !allowed) reader_.fail(column, "an argument's name must be inside a call");
    if (!found) reader_.back_to(column);
    return found ? word : "";
  }
  void check_end() {
    if (!reader_.at_end()) reader_.fail_expecting("the end", reader_.column());
  }

  Schedule as_schedule(const Value& v) {
    if (v.whole) reader_.fail(v.column, "expected a rate (got a number of updates)");
    Schedule s = 0;
    if (!detail::assign(s, v).empty())
      reader_.fail(v.column, "expected a schedule or a number (got " + detail::text_of(v) + ")");
    return s;
  }
  /// make(), where an expression that becomes too deep is an error of the text.
  template <class Make>
  Schedule built(std::size_t column, const Make& make) {
    try {
      return make();
    } catch (const detail::TooDeep&) {
      fail_too_deep(column, "an expression must be");
    }
  }
  /// left = left op right. Two numbers make a number.
  [[gnu::noinline]] void apply(Value& left, std::string_view op, const Value& right,
                               std::size_t column) {
    const Real* a = std::get_if<Real>(&left.content);
    const Real* b = std::get_if<Real>(&right.content);
    if (a && b && op != ">>") {
      left = {computed(*a, op, *b), left.column};
      if (!std::isfinite(value(std::get<Real>(left.content))))
        reader_.fail(left.column, "the number is out of range");
    } else if (op == "/" || op == "//") {
      reader_.fail(left.column, fmt::format("the sides of {} must be numbers", op));
    } else {
      const Schedule x = as_schedule(left), y = as_schedule(right);
      left.content = built(column, [&] {
        return op == "*" ? x * y : op == "+" ? x + y : op == "-" ? x - y : x >> y;
      });
    }
  }

  Reader reader_;
  RunLengths lengths_;
  std::string_view name_;
  Schedule meaning_;
  int brackets_ = 0;  ///< that are open
};

}  // namespace

Schedule parse_schedule(std::string_view text, const RunLengths& lengths) {
  return Parser("parse_schedule", text, lengths).schedule();
}

Schedule detail::parse_schedule(std::string_view text, std::string_view name,
                                const Schedule& meaning) {
  return Parser("parse_schedule", text, {}, name, meaning).schedule();
}

detail::Call detail::parse_call(const char* reader, std::string_view text,
                                const RunLengths& lengths) {
  return Parser(reader, text, lengths).outer_call();
}

}}  // namespace gradus
