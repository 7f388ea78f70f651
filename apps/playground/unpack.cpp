/// Unpacks the module, a third smaller in LZMA than in the gzip that browsers know. This is a
/// module without a C library. It reads what `xz --format=lzma --lzma1=preset=9e,lc=3,lp=0,pb=0`
/// writes to a pipe; the terms are those of the LZMA specification.
#include <cstddef>
#include <cstdint>

namespace {

using Probability = std::uint16_t;  ///< of a bit 0, in parts of 2048

/// Lengths of copies, 2 at least.
struct Length {
  Probability choice[2], low[8], middle[8], high[256];
};
/// What adapts to the bytes. The state says what the last bytes were: below 7 a literal.
struct Model {
  Probability is_match[12], is_repeat[12], is_older[12], is_oldest[2][12], is_long[12];
  Probability slot[4][64], distance[128], align[16], literal[8][0x300];
  Length match, repeat;
};

Model model;
const std::uint8_t* in;
std::uint8_t *begin, *out;
std::uint32_t range, code;
std::uint32_t state, last[4];  ///< distances of the last copies, minus 1

std::uint32_t next_bit(std::uint32_t bound, std::uint32_t rest) {
  const std::uint32_t bit = code >= bound;
  code -= bit ? bound : 0;
  range = bit ? rest : bound;
  if (range < 1u << 24) {
    range <<= 8;
    code = code << 8 | *in++;
  }
  return bit;
}

std::uint32_t read(Probability& probability) {
  const std::uint32_t bound = (range >> 11) * probability, bit = next_bit(bound, range - bound);
  const int change = bit ? -(probability >> 5) : (2048 - probability) >> 5;
  probability = static_cast<Probability>(probability + change);
  return bit;
}

/// A number of some bits, the highest first.
std::uint32_t read_tree(Probability* probabilities, int bits) {
  std::uint32_t at = 1;
  for (int i = 0; i < bits; ++i) at = at << 1 | read(probabilities[at]);
  return at - (1u << bits);
}

/// A number of some bits, the lowest first.
std::uint32_t read_reverse(Probability* probabilities, int bits) {
  std::uint32_t at = 1, value = 0;
  for (int i = 0; i < bits; ++i) {
    const std::uint32_t bit = read(probabilities[at]);
    at = at << 1 | bit;
    value |= bit << i;
  }
  return value;
}

std::uint32_t read_length(Length& length) {
  if (!read(length.choice[0])) return 2 + read_tree(length.low, 3);
  if (!read(length.choice[1])) return 10 + read_tree(length.middle, 3);
  return 18 + read_tree(length.high, 8);
}

std::uint32_t read_distance(std::uint32_t length) {
  const std::uint32_t slot = read_tree(model.slot[length < 5 ? length - 2 : 3], 6);
  if (slot < 4) return slot;
  const int bits = static_cast<int>(slot >> 1) - 1;
  std::uint32_t value = (2 | (slot & 1)) << bits;
  if (slot < 14) return value + read_reverse(model.distance + (value - slot), bits);
  std::uint32_t high = 0;
  for (int i = 4; i < bits; ++i) high = high << 1 | next_bit(range >> 1, range >> 1);
  return value + (high << 4) + read_reverse(model.align, 4);
}

/// A byte. Behind a copy, its bits are guessed from the byte that would have continued the copy.
void read_literal(bool guess, std::uint32_t expected) {
  Probability* const probabilities = model.literal[out == begin ? 0 : out[-1] >> 5];
  std::uint32_t symbol = 1;
  while (symbol < 0x100) {
    expected <<= 1;
    const std::uint32_t guessed = expected >> 8 & 1;
    symbol = symbol << 1 | read(probabilities[(guess ? (1 + guessed) << 8 : 0) + symbol]);
    guess = guess && guessed == (symbol & 1);
  }
  *out++ = static_cast<std::uint8_t>(symbol);
}

/// The rest of a copy from a new distance: its length.
std::uint32_t read_new_copy() {
  const std::uint32_t length = read_length(model.match);
  for (int i = 3; i > 0; --i) last[i] = last[i - 1];
  last[0] = read_distance(length);
  state = state < 7 ? 7 : 10;
  return length;
}

/// The rest of a copy from one of the last distances: its length, which may be 1.
std::uint32_t read_repeated_copy() {
  const bool older = read(model.is_older[state]), short_one = !older && !read(model.is_long[state]);
  int which = older;
  while (older && which < 3 && read(model.is_oldest[which - 1][state])) ++which;
  const std::uint32_t distance = last[which];
  for (; which > 0; --which) last[which] = last[which - 1];
  last[0] = distance;
  const std::uint32_t length = short_one ? 1 : read_length(model.repeat);
  state = state >= 7 ? 11 : short_one ? 9 : 8;
  return length;
}

}  // namespace

/// Unpacks the bytes at `packed` to `unpacked`; returns their end there. To be called once.
extern "C" [[clang::export_name("unpack")]] std::uint8_t* unpack(const std::uint8_t* packed,
                                                                 std::uint8_t* unpacked) {
  constexpr int header = 13 + 1;  // with the coder's first byte, which is 0
  for (std::size_t i = 0; i < sizeof model / sizeof(Probability); ++i)
    reinterpret_cast<Probability*>(&model)[i] = 1024;
  in = packed + header;
  begin = out = unpacked;
  range = ~0u;
  for (int i = 0; i < 4; ++i) code = code << 8 | *in++;
  for (;;) {
    if (read(model.is_match[state])) {
      std::uint32_t length = read(model.is_repeat[state]) ? read_repeated_copy() : read_new_copy();
      if (last[0] == ~0u) return out;
      for (; length > 0; --length, ++out) *out = out[-1 - static_cast<int>(last[0])];
    } else {
      read_literal(state >= 7, state >= 7 ? out[-1 - static_cast<int>(last[0])] : 0);
      state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
    }
  }
}
