#pragma once
/// The layers: Dense, Flatten, Dropout, GaussianNoise. An Activation is a layer too
/// (activations.h); the normalizing layers are in normalization.h.

#include <gradus/models/dense.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// (rows, a, b, ...) to (rows, a b ...), row by row.
struct Flatten {
  Tensor operator()(const Tensor& x) const {
    std::int64_t features = 1;
    for (int axis = 1; axis < x.rank(); ++axis) features *= x.shape()[axis];
    return reshape(x, {x.shape()[0], features});
  }
};

/// In training, sets a share `rate` in [0, 1) of the elements to 0 at random and scales the others
/// by 1 / (1 - rate) (Srivastava et al. 2014); otherwise returns its input.
struct Dropout {
  double rate = 0;
  Tensor operator()(const Tensor& x, const Mode& mode) const {
    if (!mode.training || rate == 0) return x;
    const auto factor = [&] { return mode.random.uniform() < rate ? 0 : 1 / (1 - rate); };
    return x * detail::generated(x.shape(), factor);
  }
  static void fields(auto& self, auto&& field) { field("rate", self.rate, rules::below_one); }
};

/// Adds normal noise of deviation `stddev` >= 0 (ValueError) to its input, in training alone.
struct GaussianNoise {
  double stddev = 0;
  Tensor operator()(const Tensor& x, const Mode& mode) const {
    if (!mode.training || stddev == 0) return x;
    return x + Tensor::normal(x.shape(), 0, stddev, mode.random);
  }
  static void fields(auto& self, auto&& field) {
    field("stddev", self.stddev, rules::not_negative);
  }
};

}}  // namespace gradus
