#pragma once
/// Checks of UTF-8 by RFC 3629, which allows one form per character.

#include <array>
#include <cstddef>
#include <string_view>

#include <gradus/core/scalar.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// The length of the first UTF-8 character of `text`, which must not be empty; 0 for invalid UTF-8
/// and for NUL.
constexpr std::size_t utf8_length(std::string_view text) {
  constexpr std::array<unsigned, 4> least = {1, 0x80, 0x800, 0x10000};  // the shortest form only
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t more = lead < 0x80   ? 0
                           : lead < 0xc0 ? 4
                           : lead < 0xe0 ? 1
                           : lead < 0xf0 ? 2
                                         : 3;
  if (more >= text.size() || more == 4) return 0;
  unsigned code = more == 0 ? lead : lead & (0x3fu >> more);
  for (std::size_t i = 1; i <= more; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0) != 0x80) return 0;
    code = code << 6 | (next & 0x3fu);
  }
  const bool surrogate = code >= 0xd800 && code < 0xe000;
  return code >= least[more] && code <= 0x10ffff && !surrogate && lead < 0xf8 ? more + 1 : 0;
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

}  // namespace detail
}}  // namespace gradus
