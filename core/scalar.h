#pragma once
/// The number types, chosen once per build of the same sources.
///
/// | target               | GRADUS_VARIANT | Scalar (tensor elements) | Real (rates, schedules) |
/// |----------------------|----------------|--------------------------|-------------------------|
/// | gradus::gradus       | f32 (default)  | float                    | double                  |
/// | gradus::gradus_f64   | f64            | double                   | double                  |
/// | gradus::gradus_dual  | dual           | Dual (core/dual.h)       | Dual                    |
///
/// Each build has its own inline namespace: a program that mixes two gets a link error or works.

#include <cstdint>

#include <gradus/core/dual.h>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace detail { namespace variants {
struct f32 {
  using Scalar = float;
  using Real = double;
};
struct f64 {
  using Scalar = double;
  using Real = double;
};
struct dual {
  using Scalar = Dual;
  using Real = Dual;
};
}  // namespace variants
}  // namespace detail

/// An element of a Tensor.
using Scalar = detail::variants::GRADUS_VARIANT::Scalar;
/// A hyper-parameter: a learning rate, a momentum, a schedule's value.
using Real = detail::variants::GRADUS_VARIANT::Real;
/// A count of optimizer updates. The first update is number 0.
using Step = std::int64_t;

/// The plain number inside a Real or a Scalar. Code that rounds or prints calls it, for a Dual too.
constexpr double value(double x) { return x; }

}}  // namespace gradus
