#include <gradus/models/normalization.h>

#include <array>
#include <cmath>

#include <gradus/core/ops.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

/// What the two layers check alike.
void check_options(const char* layer, int axis, double epsilon, bool initializers) {
  check(axis != 0, "{}: axis must not be 0, the rows' axis", layer);
  check(std::isfinite(epsilon) && epsilon > 0, "{}: epsilon must be finite and > 0 (got {})", layer,
        epsilon);
  check(initializers, "{}: the initializers must not be null", layer);
}

std::int64_t features_of(const char* layer, const Shape& input, int axis) {
  check<ShapeError>(input.rank() >= 2 && axis < input.rank() && axis > -input.rank(),
                    "{}: the input must be (rows, features...) with an axis {} (got shape {})",
                    layer, axis, input);
  return input[axis];
}

/// One number per feature, in the shape that broadcasts along the axis.
Tensor along(const Tensor& features, const Shape& input, int axis) {
  if (axis == -1 || axis == input.rank() - 1) return features;
  Shape shape;
  for (int i = 0; i < input.rank(); ++i) shape.push_back(1);
  shape.set(axis, features.size());
  return reshape(features, shape);
}

/// (x - mean) gamma / sqrt(variance + epsilon) + beta, where those two are wanted.
Tensor normalized(const Tensor& centered, const Tensor& variance, double epsilon,
                  const Tensor* gamma, const Tensor* beta, int axis) {
  const Tensor deviation = sqrt(variance + epsilon);
  const Tensor y =
      gamma ? centered * (along(*gamma, centered.shape(), axis) / deviation) : centered / deviation;
  return beta ? y + along(*beta, centered.shape(), axis) : y;
}

}  // namespace

void LayerNormalization::validate() const {
  check_options("LayerNormalization", axis, epsilon, beta_initializer && gamma_initializer);
}

void LayerNormalization::build(const Shape& input, Random& random) {
  const Shape shape{features_of("LayerNormalization", input, axis)};
  if (input_width() > 0) return;
  const auto make = [&](const char* option, const Initializer& initializer) {
    return detail::initial("LayerNormalization", option, initializer, shape, random);
  };
  if (scale) gamma = make("gamma_initializer", gamma_initializer);
  if (center) beta = make("beta_initializer", beta_initializer);
}

Tensor LayerNormalization::operator()(const Tensor& x) const {
  const Reduction over{.axis = axis, .keepdims = true};
  const Tensor centered = x - mean(x, over);
  return normalized(centered, mean(square(centered), over), epsilon, scale ? &gamma : nullptr,
                    center ? &beta : nullptr, axis);
}

std::int64_t LayerNormalization::input_width() const {
  return axis == -1 ? (scale ? gamma : beta).size() : 0;
}

void BatchNormalization::validate() const {
  check(momentum >= 0 && momentum <= 1, "BatchNormalization: momentum must be in [0, 1] (got {})",
        momentum);
  check_options("BatchNormalization", axis, epsilon,
                beta_initializer && gamma_initializer && moving_mean_initializer &&
                    moving_variance_initializer);
}

void BatchNormalization::build(const Shape& input, Random& random) {
  const Shape shape{features_of("BatchNormalization", input, axis)};
  if (moving_mean.size() > 0) return;
  const auto make = [&](const char* option, const Initializer& initializer) {
    return detail::initial("BatchNormalization", option, initializer, shape, random);
  };
  if (scale) gamma = make("gamma_initializer", gamma_initializer);
  if (center) beta = make("beta_initializer", beta_initializer);
  moving_mean = make("moving_mean_initializer", moving_mean_initializer);
  moving_variance = make("moving_variance_initializer", moving_variance_initializer);
}

Tensor BatchNormalization::operator()(const Tensor& x, const Mode& mode) const {
  const Tensor* const by = scale ? &gamma : nullptr;
  const Tensor* const plus = center ? &beta : nullptr;
  if (!mode.training) {
    const Tensor centered = x - along(detach(moving_mean), x.shape(), axis);
    return normalized(centered, along(detach(moving_variance), x.shape(), axis), epsilon, by, plus,
                      axis);
  }
  std::array<int, Shape::max_rank> others{};
  std::size_t count = 0;
  for (int i = 0; i < x.rank(); ++i)
    if (i != axis && i != axis + x.rank()) others[count++] = i;
  const Reduction over{.axis = Axes(std::span<const int>(others.data(), count)), .keepdims = true};
  const Tensor batch_mean = mean(x, over), centered = x - batch_mean;
  const Tensor batch_variance = mean(square(centered), over);
  const auto follow = [&](const Tensor& moving, const Tensor& batch) {
    const NoGrad off;
    mode.assign(moving, momentum * moving + (1 - momentum) * reshape(batch, moving.shape()));
  };
  follow(moving_mean, batch_mean);
  follow(moving_variance, batch_variance);
  return normalized(centered, batch_variance, epsilon, by, plus, axis);
}

std::int64_t BatchNormalization::input_width() const { return axis == -1 ? moving_mean.size() : 0; }

}}  // namespace gradus
