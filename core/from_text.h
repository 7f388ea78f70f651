#pragma once
/// Reading texts: a double, also where the standard library lacks std::from_chars for double; and
/// "did you mean ...?", the known name that takes the fewest edits to reach.

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <clocale>
#include <cstdlib>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gradus/core/scalar.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// std::from_chars by strtod: the same number, end and error for every text, in every locale.
inline std::from_chars_result from_text_by_strtod(const char* first, const char* last,
                                                  double& number) {
  const auto lower = [](char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c); };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const char* begin = first + (first != last && *first == '-');
  // strtod takes more than from_chars: blanks and a plus in front, and hexadecimal digits.
  const bool starts = begin != last && (digit(*begin) || *begin == '.' || lower(*begin) == 'i' ||
                                        lower(*begin) == 'n');
  if (!starts) return {first, std::errc::invalid_argument};
  const bool hexadecimal = last - begin > 1 && *begin == '0' && lower(begin[1]) == 'x';
  const char* end = begin;
  for (; end != last && !(hexadecimal && end > begin); ++end)
    if (!digit(*end) && !(lower(*end) >= 'a' && lower(*end) <= 'z') &&
        std::string_view("._()").find(*end) == std::string_view::npos &&
        !((*end == '-' || *end == '+') && lower(end[-1]) == 'e'))
      break;
  std::string text(first, end);  // ends with a 0, which strtod needs
  const char point = *std::localeconv()->decimal_point;
  if (const std::size_t at = text.find('.'); at != text.npos) text[at] = point;

  errno = 0;
  char* stop = nullptr;
  const double read = std::strtod(text.c_str(), &stop);
  if (stop == text.c_str()) return {first, std::errc::invalid_argument};
  const bool outside = errno == ERANGE && (read == 0 || std::isinf(read));  // not for subnormals
  if (!outside) number = read;
  return {first + (stop - text.c_str()), outside ? std::errc::result_out_of_range : std::errc()};
}

/// std::from_chars for double.
inline std::from_chars_result from_text(const char* first, const char* last, double& number) {
#ifdef __cpp_lib_to_chars
  return std::from_chars(first, last, number);
#else
  return from_text_by_strtod(first, last, number);
#endif
}

/// Insertions, deletions and replacements between two words (Levenshtein 1966).
inline std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

/// The nearest of `names`, or "" if there are no names.
inline std::string nearest(std::string_view word, std::span<const std::string> names) {
  const auto best = std::min_element(names.begin(), names.end(), [&](const auto& a, const auto& b) {
    return edit_distance(word, a) < edit_distance(word, b);
  });
  return best == names.end() ? std::string() : *best;
}

}}}  // namespace gradus::detail
