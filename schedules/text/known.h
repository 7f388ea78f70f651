#pragma once
/// The schedules that texts and JSON can name: the only list of them.

#include <algorithm>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <gradus/schedules/algebra.h>
#include <gradus/schedules/chebyshev.h>
#include <gradus/schedules/cosine_decay.h>
#include <gradus/schedules/cosine_decay_restarts.h>
#include <gradus/schedules/curve.h>
#include <gradus/schedules/cyclic.h>
#include <gradus/schedules/exponential_decay.h>
#include <gradus/schedules/inverse_sqrt.h>
#include <gradus/schedules/inverse_time_decay.h>
#include <gradus/schedules/one_cycle.h>
#include <gradus/schedules/parse.h>
#include <gradus/schedules/piecewise_constant_decay.h>
#include <gradus/schedules/piecewise_interpolation.h>
#include <gradus/schedules/plateau.h>
#include <gradus/schedules/polynomial_decay.h>
#include <gradus/schedules/step_decay.h>
#include <gradus/schedules/warmup_stable_decay.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// Keras's classes, with Keras's module in JSON.
using KerasSchedules = std::tuple<ExponentialDecay, InverseTimeDecay, PolynomialDecay,
                                  PiecewiseConstantDecay, CosineDecay, CosineDecayRestarts>;
using OwnSchedules =
    std::tuple<Linear, Cosine, OneMinusSqrt, Rex, HalvingCurve, PowerCurve, ExponentialCurve,
               PolynomialCurve, TanhCurve, Hold, StepDecay, MultiStepDecay, InverseSqrt, Noam,
               OneCycle, Cyclic, WarmupStableDecay, PiecewiseInterpolation, Chebyshev, Silver,  //
               Join, Sum, Difference, Product, Min, Max, Clamp, Power, Take, Delay, Skip, Stretch,
               PerEpoch, Warmup, Repeat, Mirror, Reduced>;

namespace detail {

/// An argument of a call in a text, or an entry of a JSON config.
struct Argument {
  std::string keyword;  ///< empty for a positional one
  Value value;
};
/// `name(arguments)`, from column `column` to `end` of a text; both 0 for JSON.
struct Call {
  const char* reader;  ///< the function that an error names
  std::string name;
  std::vector<Argument> arguments;
  std::size_t column = 0, end = 0;
};
}  // namespace detail

/// A known schedule, for lists and readers.
struct KnownSchedule {
  struct Argument {
    std::string name;
    std::string fallback;  ///< its default as a text; empty if it is required
  };
  std::string_view type;       ///< `CosineDecay`, `Clamp`
  std::string_view text_name;  ///< in texts and C++: `CosineDecay`, `clamp`, `>>`
  std::string_view module;     ///< in JSON
  std::string_view formula;
  std::vector<Argument> arguments;
  Schedule example;                            ///< to look at over 100 steps
  Schedule (*make)(const detail::Call& call);  ///< FormatError or ValueError for bad arguments
};
/// All of them, in the order above.
std::span<const KnownSchedule> known_schedules();

namespace detail {

/// Where an argument of a call goes.
struct Slot {
  std::string_view name;
  bool required;
  std::function<std::string(const Value&)> assign;  ///< returns what was expected, or ""
};
/// Adds the fields of `self`, which must outlive the slots, except names that are there already.
template <class T>
void add_slots(std::vector<Slot>& slots, T& self) {
  T::fields(self, [&](std::string_view name, auto& member, const Rule& = rules::anything,
                      rules::Presence presence = rules::required) {
    if (std::ranges::find(slots, name, &Slot::name) == slots.end())
      slots.push_back({name, presence == rules::required,
                       [&member](const Value& v) { return assign(member, v); }});
  });
}
/// Hands the call's arguments to the slots, by position until the first keyword, then by name.
/// FormatError with the column, what was expected and the nearest name.
void fill(const Call& call, std::span<const Slot> slots);
/// Reads any `name` or `name(arguments)`, read as by parse_schedule(). FormatError with the column.
Call parse_call(const char* reader, std::string_view text, const RunLengths& lengths = {});
/// text_of(); a brief one has arguments by position while possible: `CosineDecay(0.1, 900)`.
std::string text_of(const Value& v, bool brief);
/// The schedule of this name or, in a text (column > 0), text name. FormatError with the nearest.
const KnownSchedule& find_known(const char* reader, const std::string& name, std::size_t column);

[[noreturn]] void fail_to_read(const char* reader, std::size_t column, std::string_view what);

}  // namespace detail
}}  // namespace gradus
