#pragma once
/// Constraints: limits that weights are brought back to after each update. Names and defaults are
/// Keras's (keras.constraints). A constraint is any callable `Tensor(const Tensor& weight)` that
/// returns the new weight. Options are checked when the struct becomes a Constraint (ValueError).
///
/// A norm is sqrt(sum w^2) along `axis`: axis 0 of a Dense kernel (in, units) means one norm for
/// the weights into each unit. 1e-7 is added to divisors.

#include <gradus/core/ops.h>
#include <gradus/models/function.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// One of the structs below, any callable, or null.
using Constraint = Function<Tensor(const Tensor&)>;

/// Moves norms into [min_value, max_value], by a share `rate` of the way at each update.
struct MinMaxNorm {
  double min_value = 0;  ///< >= 0
  double max_value = 1;  ///< >= min_value
  double rate = 1;       ///< in [0, 1]
  Axes axis = 0;
  Tensor operator()(const Tensor& weight) const;
  static void fields(auto& self, auto&& field) {
    field("min_value", self.min_value, rules::not_negative);
    field("max_value", self.max_value, rules::not_negative);
    field("rate", self.rate, rules::unit_interval), field("axis", self.axis);
  }
  void validate() const {
    check(min_value <= max_value, "MinMaxNorm: min_value must be <= max_value (got {} and {})",
          min_value, max_value);
  }
};

/// Shortens norms above max_value to it.
struct MaxNorm {
  double max_value = 2;  ///< >= 0
  Axes axis = 0;
  Tensor operator()(const Tensor& w) const { return MinMaxNorm{0, max_value, 1, axis}(w); }
  static void fields(auto& self, auto&& field) {
    field("max_value", self.max_value, rules::not_negative), field("axis", self.axis);
  }
};

/// Scales all norms to 1; a norm of 0 stays.
struct UnitNorm {
  Axes axis = 0;
  Tensor operator()(const Tensor& w) const { return MinMaxNorm{1, 1, 1, axis}(w); }
  static void fields(auto& self, auto&& field) { field("axis", self.axis); }
};

/// Sets negative weights to 0.
struct NonNeg {
  Tensor operator()(const Tensor& weight) const { return relu(weight); }
};

}}  // namespace gradus
