#pragma once
/// Text that is safe to print, to paste and to read back, and words that the user gives.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

/// Whether a terminal might act on the character instead of showing it.
bool is_control(char c);
/// The text on one line: control characters become blanks, and blanks at both ends go.
std::string clean(std::string text);
/// The text with `to` wherever it has `from`.
std::string replaced(std::string text, std::string_view from, std::string_view to);
/// Breaks a line or sentence at blanks into lines of at most `most` characters, unless a word is
/// longer. All lines except the first are indented.
std::string wrapped(std::string text, std::size_t most = 72, std::string_view indent = "    ");
/// The text in these quotes, on one line. Control characters are written as escapes, which C++ and,
/// after a $, a shell read back.
std::string quoted(const std::string& text, char quote);
/// Text for XML or HTML; control characters become blanks.
std::string xml_text(std::string_view text);
/// The number to three digits; "-" where it is not finite.
std::string three_digits(double v);
/// Aligns rows of equally many cells; the first row has the names. The first and last column are
/// flush left, the others flush right. A first cell stands on a line before its row where they
/// would not fit in 80 columns.
std::string to_table(std::vector<std::vector<std::string>> rows);
/// A cell of a CSV file, in quotes where it needs them.
std::string csv_cell(const std::string& text);
/// The names of a list with commas. Part of a name is a comma that a blank follows, as in
/// `City, State`, or that stands in a name in double quotes, as in `"a,b",c`.
std::vector<std::string> split_list(const std::string& text);
/// The names as split_list() reads them back, in quotes where they need them.
std::string join_list(const std::vector<std::string>& names);

/// Reads a whole number in decimal digits. UsageError, naming the option, unless it is in
/// [least, most].
std::int64_t read_whole(const std::string& option, const std::string& text, std::int64_t least,
                        std::int64_t most = std::int64_t{1} << 53);
/// Reads a number above 0 in decimal digits, such as 0.1 or 1e-7. UsageError for anything else.
double read_positive(const std::string& option, const std::string& text);

/// The names of the entries of a table, which the user may give.
std::vector<std::string> names_of(const auto& table) {
  std::vector<std::string> names;
  for (const auto& entry : table) names.push_back(entry.name);
  return names;
}

/// UsageError: the name must be one of these, or what `also` adds; with the nearest name.
[[noreturn]] void refuse_name(const std::string& where, const std::string& name,
                              const std::vector<std::string>& names, const std::string& also = "");

/// Whether both are the same apart from case, `_` and `Loss` at the end: MSELoss and mse.
bool same_name(const std::string& a, const std::string& b);
/// The entry of this name, or refuse_name(). Entries may have another name, `also`, or "".
const auto& choose(const auto& table, const std::string& where, const std::string& name,
                   const std::string& also = "") {
  for (const auto& entry : table)
    if constexpr (requires { entry.also; })
      if (same_name(name, entry.name) || (*entry.also && same_name(name, entry.also))) return entry;
  for (const auto& entry : table)
    if (name == entry.name) return entry;
  refuse_name(where, name, names_of(table), also);
}
