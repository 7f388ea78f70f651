#pragma once
/// Sampling: which rows each update of a training sees.

#include <array>
#include <string_view>

#include <gradus/core/variant.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// Which rows each update sees. With N rows in batches of b:
///
/// - shuffled: each epoch goes through all rows in a new order, b at a time. No row repeats within
///   an epoch, so the noise of an epoch partly cancels.
/// - fresh: b different rows (all, where b is above N), drawn again for each batch, whatever the
///   batches before have seen: each set of b rows is equally likely.
/// - replacement: b rows, each drawn from all N; a row may occur twice.
/// - full: all rows, in their order.
///
/// Except with shuffled, each batch has b rows (with full, N), also the last of an epoch. An epoch
/// has ceil(N / b) batches with all of them.
enum class Sampling { shuffled, fresh, replacement, full };
constexpr auto names_of(Sampling) {
  return std::array<std::string_view, 4>{"shuffled", "fresh", "replacement", "full"};
}
constexpr std::string_view name_of(Sampling sampling) {
  return names_of(sampling)[static_cast<std::size_t>(sampling)];
}

}}  // namespace gradus
