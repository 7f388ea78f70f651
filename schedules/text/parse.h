#pragma once
/// Schedules from text.

#include <string_view>

#include <gradus/schedules/schedule.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// The lengths of a run, which a text may name; 0: not known.
struct RunLengths {
  Steps all = 0;    ///< updates in the run
  Steps epoch = 0;  ///< updates in one epoch; may be fractional
};

/// Reads what to_string() writes, or a line pasted from Python: positional or keyword arguments,
/// `True` or `true`, perhaps after `keras.optimizers.schedules.` or `rate =`, comments, numbers
/// like `100_000` and `60000 // 32 * 10` (`+ - * / //`). A number is a constant. Operators,
/// functions and methods are in schedules/algebra.h: `linear(0, 0.1, 100) >> 0.5 * hold(0.1, 50)`.
///
///     Schedule s = parse_schedule("ExponentialDecay(0.1, decay_steps=2, decay_rate=0.5)");
///
/// FormatError with the column, what was expected and, for a misspelt name, the nearest one; also
/// for brackets or expressions over 1,000 deep. ValueError where a struct refuses its options.
///
/// `all` and `epoch` are numbers, such as 189 for `0.9 * all` and {.all = 210}. FormatError for one
/// that is not known, and for a text that is only this name, because it is not a rate.
Schedule parse_schedule(std::string_view text, const RunLengths& lengths = {});

namespace detail {
/// The same for a text in which `name` stands for the schedule `meaning`.
Schedule parse_schedule(std::string_view text, std::string_view name, const Schedule& meaning);
}  // namespace detail

}}  // namespace gradus
