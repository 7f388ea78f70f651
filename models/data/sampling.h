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
/// - fresh: b different rows, drawn again for each update, whatever the updates before have seen.
/// - replacement: b rows, each drawn from all N; a row may occur twice.
/// - full: all rows.
enum class Sampling { shuffled, fresh, replacement, full };
constexpr auto names_of(Sampling) {
  return std::array<std::string_view, 4>{"shuffled", "fresh", "replacement", "full"};
}

}}  // namespace gradus
