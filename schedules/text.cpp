/// Schedules as text. Nothing here recurses into an expression: what is still to be written waits
/// on a stack of its own.
#include <gradus/schedules/config.h>

namespace gradus::inline GRADUS_VARIANT {

namespace {

/// Text, or a schedule that has yet to become one.
struct Piece {
  std::string text;
  std::optional<Schedule> part = std::nullopt;
  int binding = 0;  ///< the part needs parentheses if its operator binds less tightly than this
};
using Pieces = std::vector<Piece>;

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

struct Writer {
  Pieces& out;
  void operator()(detail::None) const { out.push_back({"None"}); }
  void operator()(bool v) const { out.push_back({v ? "True" : "False"}); }
  void operator()(std::int64_t v) const { out.push_back({fmt::format("{}", v)}); }
  void operator()(double v) const { out.push_back({fmt::format("{}", v)}); }
  void operator()(const std::string& text) const { out.push_back({quoted(text)}); }
  void operator()(const Schedule& s) const { out.push_back({"", s}); }
  void operator()(const std::vector<detail::Value>& list) const {
    out.push_back({"["});
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (i > 0) out.push_back({", "});
      std::visit(*this, list[i].content);
    }
    out.push_back({"]"});
  }
};

/// a >> b >> c is (a >> b) >> c: only the right side needs to bind more tightly.
Pieces operation(const detail::Config& config, int around) {
  Pieces out;
  const int binding = config.op.binding;
  out.push_back({binding < around ? "(" : ""});
  for (std::size_t i = 0; i < 2; ++i) {
    if (i > 0) out.push_back({std::string(config.op.symbol)});
    const Schedule& side = std::get<Schedule>(config.fields[i].value.content);
    out.push_back({"", side, binding + static_cast<int>(i)});
  }
  out.push_back({binding < around ? ")" : ""});
  return out;
}

Pieces pieces_of(const Schedule& s, int around) {
  if (const auto number = s.constant()) return {{fmt::format("{}", value(*number))}};
  const detail::Config config = s.config();
  if (config.op.binding > 0) return operation(config, around);
  Pieces out{{std::string(config.spelt)}};
  if (!config.has_fields) return out;
  const char* before = "(";
  for (const detail::Config::Field& field : config.fields) {
    if (field.needless) continue;
    out.push_back({before + std::string(field.name) + "="});
    std::visit(Writer{out}, field.value.content);
    before = ", ";
  }
  out.push_back({*before == '(' ? "()" : ")"});
  return out;
}

std::string write(Pieces waiting) {
  std::string out;
  std::reverse(waiting.begin(), waiting.end());
  while (!waiting.empty()) {
    const Piece next = waiting.back();
    waiting.pop_back();
    out += next.text;
    if (!next.part) continue;
    const Pieces pieces = pieces_of(*next.part, next.binding);
    waiting.insert(waiting.end(), pieces.rbegin(), pieces.rend());
  }
  return out;
}

}  // namespace

std::string to_string(const Schedule& s) { return write({{"", s}}); }

std::string detail::text_of(const Value& v) {
  Pieces pieces;
  std::visit(Writer{pieces}, v.content);
  return write(std::move(pieces));
}

}  // namespace gradus
