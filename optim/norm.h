#pragma once
/// The length of a gradient or of weights.

#include <span>

#include <gradus/core/scalar.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// The 2-norm, summed in double. Right also where a square would be beyond a double's range; a norm
/// that is itself beyond it counts as the largest double.
double norm(std::span<const Scalar> x);

/// The norm of two parts that have these norms.
double joint_norm(double a, double b);

}}}  // namespace gradus::detail
