#pragma once
/// Sampling: which rows each update of a training sees.

#include <array>
#include <string_view>

#include <gradus/core/variant.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// Which rows each update sees. With N rows in batches of b:
///
/// - shuffled: each epoch goes through all rows in a new order, b at a time. Its last batch may be
///   shorter. No row repeats within an epoch, so the noise of an epoch partly cancels.
/// - fresh: b different rows, or all if b > N, drawn for each batch independently of the batches
///   before. Each set of b rows is equally likely.
/// - replacement: b rows, each drawn from all N; a row may occur twice.
/// - full: all N rows, in their order.
///
/// An epoch has ceil(N / b) batches with each of the four.
enum class Sampling { shuffled, fresh, replacement, full };
constexpr auto names_of(Sampling) {
  return std::array<std::string_view, 4>{"shuffled", "fresh", "replacement", "full"};
}
constexpr std::string_view name_of(Sampling sampling) {
  return names_of(sampling)[static_cast<std::size_t>(sampling)];
}

}}  // namespace gradus
