#pragma once
/// The schedules that texts can name: the only list of them.

#include <tuple>

#include <gradus/schedules/exponential_decay.h>
#include <gradus/schedules/piecewise_constant_decay.h>

namespace gradus::inline GRADUS_VARIANT {

using KnownSchedules = std::tuple<ExponentialDecay, PiecewiseConstantDecay>;

}  // namespace gradus
