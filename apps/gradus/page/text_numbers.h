#pragma once
/// The numbers in the text of a schedule or an optimizer, and where they stand.

#include <string>
#include <vector>

#include <gradus/schedules/parse.h>

/// A number that is written out in a text.
struct TextNumber {
  std::string path;  ///< of the option, as gradus sensitivity names it
  double value;      ///< of the option
  bool counts_steps;
  double written;  ///< in the text: 0.9 of an option `0.9 * all`
  /// d(value) / d(written); nan where the value moves in jumps, as under `//`.
  double slope;
  /// Its place in the text, without its sign, in UTF-16 units, as JavaScript counts.
  std::size_t from = 0, length = 0;
};

/// The numbers in `EXPR` or `NAME=EXPR`, for a schedule or for an optimizer such as
/// `sgd(0.1, momentum=0.9)`, in the order of the text; at most 32. Without numbers that set no
/// number of the schedule or the optimizer, or that have no other valid value near them.
/// UsageError for a wrong text.
std::vector<TextNumber> numbers_in(const std::string& text, const gradus::RunLengths& lengths);
