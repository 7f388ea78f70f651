#include <fmt/format.h>
#include <gradus/core/from_text.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>

#include "pictures/plot_file.h"
#include "terminal/command.h"

namespace fs = std::filesystem;

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

bool LookOptions::shown() const {
  return std::find(plots.begin(), plots.end(), "term") != plots.end();
}

bool LookOptions::data() const {
  if (csv && json) throw UsageError("--csv and --json: must not both be given");
  if ((csv || json) && shown()) throw UsageError("--plot term: must come without --csv and --json");
  if (color != "auto" && color != "always" && color != "never")
    throw UsageError(
        fmt::format("--color: must be auto, always or never (got '{}')", clean(color)));
  for (const std::string& where : plots)
    if (where != "term") check_plot_file(where);
  return csv || json;
}

gradus::PlotOptions LookOptions::terminal() const {
  return {
      .width = picture_columns(), .ascii = ascii || !speaks_utf8(), .color = wants_color(color)};
}

std::string key_of(const std::string& name) {
  const std::size_t dashes = name.rfind("--");
  return dashes == name.npos ? name : name.substr(dashes + 2);
}

bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; }

std::string clean(std::string text) {
  std::ranges::replace_if(text, is_control, ' ');
  const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
  return text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

std::string quoted(const std::string& text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote || c == '\\') out += '\\';
    out += is_control(c) ? fmt::format("\\{:03o}", static_cast<int>(c)) : std::string(1, c);
  }
  return out + quote;
}

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == text.npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += c;
    out += c;
  }
  out += '"';
  return out;
}

std::string place_of(const std::string& path) {
  constexpr int most_links = 40;  // as Linux has it
  std::error_code none;
  fs::path file = path;
  for (int n = 0; n < most_links && fs::is_symlink(file, none); ++n)
    file = file.parent_path() / fs::read_symlink(file, none);
  return fs::weakly_canonical(fs::absolute(file, none), none).string();
}

bool same_file(const std::string& a, const std::string& b) {
  if (a.empty() || b.empty()) return false;
  std::error_code none;
  const std::string place = place_of(a);
  return fs::equivalent(a, b, none) || (!place.empty() && place == place_of(b));
}

std::int64_t read_whole(const std::string& option, const std::string& text, std::int64_t least,
                        std::int64_t most) {
  std::int64_t n = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, n);
  const bool padded = text.size() > 1 && text[0] == '0';  // 010 may be meant as octal
  if (error != std::errc() || stop != end || n < least || n > most || padded)
    throw UsageError(fmt::format(
        "{}: must be a whole number from {} to {} in decimal digits (got '{}')", option, least,
        most == std::int64_t{1} << 53 ? "2^53" : fmt::format("{}", most), clean(text)));
  return n;
}

double read_positive(const std::string& option, const std::string& text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = gradus::detail::from_text(text.data(), end, number);
  const bool padded = text.size() > 1 && text[0] == '0' && is_digit(text[1]);
  if (error != std::errc() || stop != end || !std::isfinite(number) || number <= 0 || padded)
    throw UsageError(fmt::format("{}: must be a number above 0 in decimal digits (got '{}')",
                                 option, clean(text)));
  return number;
}
