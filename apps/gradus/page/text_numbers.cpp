// Only the parser knows which argument a number of the text is. So each number is changed a little
// and the text is read again: the argument that changes is the one. A number in quotes changes
// none.

#include "page/text_numbers.h"

#include <algorithm>
#include <cmath>

#include <gradus/core/from_text.h>

#include "problem/expression.h"
#include "training/exact.h"

using namespace gradus;

namespace {

constexpr std::size_t most = 32;

struct Literal {
  std::size_t from, end;
  double written;
};

/// The number at this place, such as 0.1 or 100_000; of no length if there is none.
Literal literal_at(std::string_view text, std::size_t from) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789_", from), text.size());
  std::string digits(text.substr(from, end - from));
  const bool grouped = std::erase(digits, '_') > 0;
  if (!grouped) digits = text.substr(from);
  Literal out{from, from, 0};
  const char* first = digits.data();
  const auto [stop, error] = detail::from_text(first, first + digits.size(), out.written);
  if (error == std::errc() && std::isfinite(out.written))
    out.end = grouped ? end : from + static_cast<std::size_t>(stop - first);
  return out;
}

std::vector<Literal> literals(std::string_view text, std::size_t at) {
  constexpr std::string_view word =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";
  std::vector<Literal> out;
  while (out.size() < most && (at = text.find_first_of(word, at)) != text.npos) {
    const Literal literal = literal_at(text, at);
    if (literal.end > at) out.push_back(literal);
    at = literal.end > at ? literal.end : text.find_first_not_of(word, at);
    if (at == text.npos) break;
  }
  return out;
}

std::vector<OptionNumber> read_numbers(const std::string& expression, const RunLengths& lengths) {
  if (!names_optimizer(expression)) return numbers_of(read_schedule(expression, lengths));
  std::vector<OptionNumber> out = numbers_of(read_optimizer(expression, lengths).optimizer);
  for (OptionNumber& number : out) number.path = path_in_schedule(number.path);
  return out;
}

/// Fills in the option that changes with the literal, and its slope; false if none does.
bool locate(TextNumber& number, const std::vector<OptionNumber>& now, const Literal& literal,
            const auto& read_with) {
  const double little = literal.written == 0 ? 1e-6 : 1e-6 * literal.written;
  bool found = false;
  for (const double nudge : {little, -little, 1.0, -1.0}) try {
      if (found && nudge == 1) break;
      const auto nudged = read_with(fmt::format("{}", literal.written + nudge));
      std::size_t at = 0;
      while (at < now.size() && now[at].value == nudged.at(at).value) ++at;
      if (at == now.size()) continue;
      const double slope = value(nudged[at].value - now[at].value) / nudge;
      const bool jumps = found && std::abs(slope - number.slope) > 1e-3 * std::abs(slope);
      number = {.path = now[at].path,
                .value = value(now[at].value),
                .counts_steps = now[at].counts_steps,
                .written = literal.written,
                .slope = jumps ? NAN : slope};
      found = true;
    } catch (const std::exception&) {  // the option may not have this value
    }
  return found;
}

std::size_t utf16_length(std::string_view text) {
  std::size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    units += std::size_t{byte < 0x80 || byte >= 0xC0} + std::size_t{byte >= 0xF0};
  }
  return units;
}

}  // namespace

std::vector<TextNumber> numbers_in(const std::string& text, const RunLengths& lengths) {
  const std::size_t start = text.size() - split_name(text).second.size();
  const std::vector<OptionNumber> now = read_numbers(text.substr(start), lengths);
  std::vector<TextNumber> out;
  for (const Literal& literal : literals(text, start)) {
    TextNumber number{};
    const auto read_with = [&](const std::string& other) {
      return read_numbers(
          text.substr(start, literal.from - start) + other + text.substr(literal.end), lengths);
    };
    if (!locate(number, now, literal, read_with)) continue;
    number.from = utf16_length(text.substr(0, literal.from));
    number.length = literal.end - literal.from;
    out.push_back(number);
  }
  return out;
}
