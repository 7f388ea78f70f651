#include <gradus/schedules/pieces.h>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace {

using detail::Pieces;

std::string in_quotes(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string scalar(const detail::Value& v) {
  if (const bool* truth = std::get_if<bool>(&v.content)) return *truth ? "True" : "False";
  if (const auto* whole = std::get_if<std::int64_t>(&v.content)) return fmt::format("{}", *whole);
  if (const double* number = std::get_if<double>(&v.content)) return fmt::format("{}", *number);
  if (const auto* text = std::get_if<std::string>(&v.content)) return in_quotes(*text);
  return "None";
}

Pieces pieces_of(const Schedule& s, int around) {
  if (const auto number = s.constant()) return {{fmt::format("{}", value(*number))}};
  const detail::Config config = s.config();
  if (config.op.binding > 0) return detail::operation(config, around);
  Pieces out{{std::string(config.spelt)}};
  if (!config.has_fields) return out;
  std::string before = "(";
  for (const detail::Config::Field& field : config.fields) {
    if (field.needless) continue;
    out.push_back({fmt::format("{}{}=", before, field.name)});
    detail::append(out, field.value, scalar);
    before = ", ";
  }
  out.push_back({before == "(" ? "()" : ")"});
  return out;
}

}  // namespace

std::string to_string(const Schedule& s) { return detail::write(s, pieces_of); }

std::string detail::text_of(const Value& v) {
  Pieces pieces;
  append(pieces, v, scalar);
  std::string out;
  for (const Piece& piece : pieces) out += piece.part ? to_string(*piece.part) : piece.text;
  return out;
}

}}  // namespace gradus
