#pragma once
/// Initializers: the first values of weights. Names and options are those of keras.initializers.
///
/// A kernel of shape (in, out) has fan_in = in and fan_out = out; axes before these two multiply
/// both; a shape (n) has n and n. Draws come from the model's seed, different ones for each layer;
/// an initializer with a `seed` gives the same values at every call. Options are checked when the
/// struct becomes an Initializer (ValueError).

#include <gradus/core/tensor.h>
#include <gradus/models/function.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// Any callable `Tensor(const Shape& shape, Random& random)`: a struct below, or a lambda.
using Initializer = Function<Tensor(const Shape&, Random&)>;

using Seed = std::optional<std::uint64_t>;

/// All 0: Keras's default for biases.
struct Zeros {
  Tensor operator()(const Shape& shape, Random&) const { return Tensor::zeros(shape); }
};

/// All 1.
struct Ones {
  Tensor operator()(const Shape& shape, Random&) const { return Tensor::ones(shape); }
};

/// All `value`.
struct Constant {
  double value = 0;
  Tensor operator()(const Shape& shape, Random&) const { return Tensor::full(shape, value); }
  static void fields(auto& self, auto&& field) { field("value", self.value, rules::finite_number); }
};

/// The unit matrix times `gain`: ones where row and column agree. ValueError unless rank 2.
struct Identity {
  double gain = 1;
  Tensor operator()(const Shape& shape, Random&) const;
  static void fields(auto& self, auto&& field) { field("gain", self.gain, rules::finite_number); }
};

// ---- fixed spreads ------------------------------------------------------------------------------

/// Normal.
struct RandomNormal {
  double mean = 0, stddev = 0.05;  ///< stddev >= 0
  Seed seed = {};
  Tensor operator()(const Shape& shape, Random& random) const;
  static void fields(auto& self, auto&& field) {
    field("mean", self.mean, rules::finite_number);
    field("stddev", self.stddev, rules::not_negative), field("seed", self.seed);
  }
};

/// Uniform in [minval, maxval).
struct RandomUniform {
  double minval = -0.05, maxval = 0.05;  ///< minval <= maxval
  Seed seed = {};
  Tensor operator()(const Shape& shape, Random& random) const;
  static void fields(auto& self, auto&& field) {
    field("minval", self.minval, rules::finite_number);
    field("maxval", self.maxval, rules::finite_number), field("seed", self.seed);
  }
  void validate() const {
    check(minval <= maxval, "RandomUniform: minval must be <= maxval (got {} and {})", minval,
          maxval);
  }
};

/// Normal within 2 stddev of the mean; others are drawn again. The deviation is then 0.88 stddev.
struct TruncatedNormal {
  double mean = 0, stddev = 0.05;  ///< stddev >= 0
  Seed seed = {};
  Tensor operator()(const Shape& shape, Random& random) const;
  static void fields(auto& self, auto&& field) { RandomNormal::fields(self, field); }
};

// ---- spreads that depend on the shape -----------------------------------------------------------

enum class FanMode { fan_in, fan_out, fan_avg };
enum class Distribution { truncated_normal, untruncated_normal, uniform };

/// Mean 0 and variance scale / n, where n is the fan of `mode`, at least 1. A truncated normal is
/// widened by 1 / 0.8796, as the cut narrows it; a uniform one lies within sqrt(3 scale / n).
struct VarianceScaling {
  double scale = 1;  ///< > 0
  FanMode mode = FanMode::fan_in;
  Distribution distribution = Distribution::truncated_normal;
  Seed seed = {};
  Tensor operator()(const Shape& shape, Random& random) const;
  static void fields(auto& self, auto&& field) {
    field("scale", self.scale, rules::positive);
    field("mode", self.mode), field("distribution", self.distribution), field("seed", self.seed);
  }
};

/// A VarianceScaling known by a name, such as HeUniform{.seed = 7}.
template <int scale, FanMode mode, Distribution distribution>
struct NamedScaling {
  Seed seed = {};
  Tensor operator()(const Shape& shape, Random& random) const {
    return VarianceScaling{scale, mode, distribution, seed}(shape, random);
  }
  static void fields(auto& self, auto&& field) { field("seed", self.seed); }
};

/// Variance 2 / (fan_in + fan_out): keeps the spread of activations and of gradients alike (Glorot
/// and Bengio 2010). The uniform one is Keras's default for kernels.
using GlorotUniform = NamedScaling<1, FanMode::fan_avg, Distribution::uniform>;
using GlorotNormal = NamedScaling<1, FanMode::fan_avg, Distribution::truncated_normal>;
/// Variance 2 / fan_in: for relu layers (He et al. 2015).
using HeUniform = NamedScaling<2, FanMode::fan_in, Distribution::uniform>;
using HeNormal = NamedScaling<2, FanMode::fan_in, Distribution::truncated_normal>;
/// Variance 1 / fan_in: for selu and tanh layers (LeCun et al. 1998).
using LecunUniform = NamedScaling<1, FanMode::fan_in, Distribution::uniform>;
using LecunNormal = NamedScaling<1, FanMode::fan_in, Distribution::truncated_normal>;

/// Rows or columns, whichever are fewer, at right angles to each other and of length `gain`: a
/// random rotation (Saxe et al. 2013). All axes but the last are rows. ValueError below rank 2.
struct Orthogonal {
  double gain = 1;
  Seed seed = {};
  Tensor operator()(const Shape& shape, Random& random) const;
  static void fields(auto& self, auto&& field) {
    field("gain", self.gain, rules::finite_number), field("seed", self.seed);
  }
};

}}  // namespace gradus
