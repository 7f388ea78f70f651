#pragma once
/// The number types, chosen once per build of the same sources.
///
/// | target               | GRADUS_VARIANT | Scalar (tensor elements) | Real (rates, schedules) |
/// |----------------------|----------------|--------------------------|-------------------------|
/// | gradus::gradus       | f32 (default)  | float                    | double                  |
/// | gradus::gradus_f64   | f64            | double                   | double                  |
///
/// Each build lives in an inline namespace of its own, so a program that mixes two of them gets a
/// link error or works; it never runs one's code on the other's data.

#include <cstdint>

#ifndef GRADUS_VARIANT  // the library's targets pass it on to whoever links them
#define GRADUS_VARIANT f32
#endif

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
}  // namespace variants
}  // namespace detail

/// An element of a Tensor.
using Scalar = detail::variants::GRADUS_VARIANT::Scalar;
/// A hyper-parameter: a learning rate, a momentum, a schedule's value.
using Real = detail::variants::GRADUS_VARIANT::Real;
/// A count of optimizer updates. The first update is number 0.
using Step = std::int64_t;

/// The plain number inside a Real or a Scalar. Whatever compares, rounds or prints goes through
/// here, so that a number type that carries derivatives can join without touching that code.
constexpr double value(double x) { return x; }

}}  // namespace gradus
