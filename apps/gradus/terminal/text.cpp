#include "terminal/text.h"

#include <gradus/core/from_text.h>

#include "terminal/command.h"

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; }

std::string clean(std::string text) {
  std::ranges::replace_if(text, is_control, ' ');
  const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
  return text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

std::string wrapped(std::string text, std::size_t most, std::string_view indent) {
  for (std::size_t begin = 0; text.size() - begin > most;) {
    std::size_t blank = text.rfind(' ', begin + most);
    if (blank == text.npos || blank <= begin + indent.size()) blank = text.find(' ', begin + most);
    if (blank == text.npos) break;
    text.replace(blank, 1, fmt::format("\n{}", indent));
    begin = blank + 1;
  }
  return text;
}

std::string quoted(const std::string& text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote || c == '\\') out += '\\';
    out += is_control(c) ? fmt::format("\\{:03o}", static_cast<int>(c)) : std::string(1, c);
  }
  return out + quote;
}

std::string xml_text(std::string_view text) {
  constexpr std::string_view special = "&<>\"'";
  constexpr const char* entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
  std::string out;
  for (const char c : text) {
    const std::size_t which = special.find(c);
    out += which == special.npos ? std::string(1, is_control(c) ? ' ' : c) : entities[which];
  }
  return out;
}

std::string three_digits(double v) { return std::isfinite(v) ? fmt::format("{:#.3g}", v) : "-"; }

std::string to_table(std::vector<std::vector<std::string>> rows) {
  std::vector<std::size_t> widths(rows[0].size());
  std::size_t most = 80;  // of a label
  for (std::size_t i = 1; i < widths.size(); ++i) {
    for (const auto& row : rows) widths[i] = std::max(widths[i], row[i].size() + 2);
    most -= std::min(most, widths[i]);
  }
  for (const auto& row : rows)
    if (row[0].size() <= most) widths[0] = std::max(widths[0], row[0].size());
  std::string out;
  for (auto& row : rows) {
    if (row[0].size() > widths[0]) out += std::exchange(row[0], "") + '\n';
    out += fmt::format("{:<{}}", row[0], widths[0]);
    for (std::size_t i = 1; i + 1 < widths.size(); ++i)
      out += fmt::format("{:>{}}", row[i], widths[i]);
    out += "  " + row.back() + '\n';
  }
  return out;
}

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == text.npos) return text;
  return '"' + replaced(text, "\"", "\"\"") + '"';
}

std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> names(1);
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    const bool quote = text[i] == '"' && (quoted || names.back().empty());
    if (quote && quoted && next == '"')
      names.back() += text[i++];
    else if (quote)
      quoted = !quoted;
    else if (text[i] == ',' && !quoted && next != ' ')
      names.emplace_back();
    else
      names.back() += text[i];
  }
  return names;
}

std::string join_list(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) {
    const bool plain = split_list(name) == std::vector{name} && !name.starts_with(',');
    out += fmt::format("{}{}", out.empty() ? "" : ",", plain ? name : csv_cell(name));
  }
  return out;
}

std::int64_t read_whole(const std::string& option, const std::string& text, std::int64_t least,
                        std::int64_t most) {
  std::int64_t n = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, n);
  const bool padded = text.size() > 1 && text[0] == '0';  // 010 may be meant as octal
  check<UsageError>(error == std::errc() && stop == end && n >= least && n <= most && !padded,
                    "{}: must be a whole number from {} to {} in decimal digits (got '{}')", option,
                    least, most == std::int64_t{1} << 53 ? "2^53" : fmt::format("{}", most),
                    clean(text));
  return n;
}

double read_positive(const std::string& option, const std::string& text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = gradus::detail::from_text(text.data(), end, number);
  const bool padded = text.size() > 1 && text[0] == '0' && is_digit(text[1]);
  check<UsageError>(
      error == std::errc() && stop == end && std::isfinite(number) && number > 0 && !padded,
      "{}: must be a number above 0 in decimal digits (got '{}')", option, clean(text));
  return number;
}

bool same_name(const std::string& a, const std::string& b) {
  const auto letters = [](std::string text) {
    std::erase(text, '_');
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text.substr(0, text.size() - (text.ends_with("loss") ? 4 : 0));
  };
  return letters(a) == letters(b);
}

void refuse_name(const std::string& where, const std::string& name,
                 const std::vector<std::string>& names, const std::string& also) {
  throw UsageError(fmt::format("{}: must be one of {}{} (got '{}'); did you mean {}?", where,
                               fmt::join(names, ", "), also, clean(name),
                               gradus::detail::nearest(name, names)));
}
