#pragma once
/// Checks of UTF-8 by RFC 3629, which allows one form per character.

#include <bit>
#include <cstddef>
#include <string_view>

#include <gradus/core/scalar.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// The length of the first UTF-8 character of `text`, not empty; 0 for invalid UTF-8 and for NUL.
constexpr std::size_t utf8_length(std::string_view text) {
  constexpr unsigned least[] = {1, 0x80, 0x800, 0x10000};  // the shortest form only
  const auto lead = static_cast<unsigned char>(text[0]);
  const int ones = std::countl_one(lead);  // 0 for one byte, else the number of bytes
  const std::size_t length = ones == 0 ? 1 : static_cast<std::size_t>(ones);
  if (ones == 1 || ones > 4 || length > text.size()) return 0;
  unsigned code = lead & (0xffu >> ones);
  for (const char c : text.substr(1, length - 1)) {
    if ((c & 0xc0) != 0x80) return 0;
    code = code << 6 | static_cast<unsigned>(c & 0x3f);
  }
  const bool surrogate = code >= 0xd800 && code < 0xe000;
  return code >= least[length - 1] && code <= 0x10ffff && !surrogate ? length : 0;
}

/// Whether all of it is UTF-8 without NUL.
constexpr bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}}}  // namespace gradus::detail
