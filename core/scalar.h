#pragma once
#if __cplusplus < 202002L
#error "gradus needs C++20: compile with -std=c++20"
#include "compile with -std=c++20"  // stops the compiler here: a missing header is fatal
#endif
/// The number types, chosen once per build of the same sources.
///
/// | target               | GRADUS_VARIANT | Scalar (tensor elements) | Real (rates, schedules) |
/// |----------------------|----------------|--------------------------|-------------------------|
/// | gradus::gradus       | f32 (default)  | float                    | double                  |
/// | gradus::gradus_f64   | f64            | double                   | double                  |
///
/// Each build has its own inline namespace: a program that mixes two gets a link error or works.

#include <cstdint>

#ifndef GRADUS_VARIANT  // the library's targets define it for programs that link them
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

/// The plain number inside a Real or a Scalar. Code that compares, rounds or prints calls it, so
/// that a number type with derivatives can be added without a change there.
constexpr double value(double x) { return x; }

}}  // namespace gradus
