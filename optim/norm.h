#pragma once
/// The norm of a gradient or of weights.

#include <span>

#include <gradus/core/scalar.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// The 2-norm, summed in double; no square overflows or underflows. A norm beyond the range of a
/// double is the largest double.
double norm(std::span<const Scalar> x);

/// sqrt(a^2 + b^2): the norm of a vector whose two parts have the norms a and b.
double joint_norm(double a, double b);

}}}  // namespace gradus::detail
