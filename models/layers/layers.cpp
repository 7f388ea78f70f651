#include <gradus/models/layers.h>

#include <array>

#include <gradus/core/node.h>
#include <gradus/core/ops.h>
#include <gradus/models/normalization.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

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

/// centered gamma / sqrt(variance + epsilon) + beta; the layer may leave out gamma or beta.
template <class L>
Tensor normalized(const L& layer, const Tensor& centered, const Tensor& variance) {
  const Shape& shape = centered.shape();
  const Tensor deviation = sqrt(variance + layer.epsilon);
  const Tensor y = layer.scale ? centered * (along(layer.gamma, shape, layer.axis) / deviation)
                               : centered / deviation;
  return layer.center ? y + along(layer.beta, shape, layer.axis) : y;
}

template <class L>
void make_gamma_and_beta(L& layer, const Shape& shape, Random& random) {
  const std::string_view name = detail::type_name<L>();
  if (layer.scale)
    layer.gamma =
        detail::initial(name, "gamma_initializer", layer.gamma_initializer, shape, random);
  if (layer.center)
    layer.beta = detail::initial(name, "beta_initializer", layer.beta_initializer, shape, random);
}

}  // namespace

void Dense::build(const Shape& input, Random& random) {
  check<ShapeError>(input.rank() >= 2, "Dense: the input must be (rows, features) (got shape {})",
                    input);
  if (input_width() > 0) return;
  kernel = detail::initial("Dense", "kernel_initializer", kernel_initializer, {input.back(), units},
                           random);
  if (use_bias)
    bias = detail::initial("Dense", "bias_initializer", bias_initializer, {units}, random);
}

Tensor Flatten::operator()(const Tensor& x) const {
  std::int64_t features = 1;
  for (int axis = 1; axis < x.rank(); ++axis) features *= x.shape()[axis];
  return reshape(x, {x.shape()[0], features});
}

Tensor Dropout::operator()(const Tensor& x, const Mode& mode) const {
  if (!mode.training || rate == 0) return x;
  detail::NewTensor mask(x.shape());
  const auto kept = static_cast<Scalar>(1 / (1 - rate));
  for (std::int64_t i = 0; i < x.size(); ++i)
    mask.data[i] = mode.random.uniform() < rate ? Scalar(0) : kept;
  return x * mask.tensor;
}

Tensor GaussianNoise::operator()(const Tensor& x, const Mode& mode) const {
  if (!mode.training || stddev == 0) return x;
  return x + Tensor::normal(x.shape(), 0, stddev, mode.random);
}

void LayerNormalization::build(const Shape& input, Random& random) {
  const Shape shape{features_of("LayerNormalization", input, axis)};
  if (input_width() == 0) make_gamma_and_beta(*this, shape, random);
}

Tensor LayerNormalization::operator()(const Tensor& x) const {
  const Reduction over{.axis = axis, .keepdims = true};
  const Tensor centered = x - mean(x, over);
  return normalized(*this, centered, mean(square(centered), over));
}

void BatchNormalization::build(const Shape& input, Random& random) {
  const Shape shape{features_of("BatchNormalization", input, axis)};
  if (moving_mean.size() > 0) return;
  make_gamma_and_beta(*this, shape, random);
  moving_mean = detail::initial("BatchNormalization", "moving_mean_initializer",
                                moving_mean_initializer, shape, random);
  moving_variance = detail::initial("BatchNormalization", "moving_variance_initializer",
                                    moving_variance_initializer, shape, random);
}

Tensor BatchNormalization::operator()(const Tensor& x, const Mode& mode) const {
  if (!mode.training)
    return normalized(*this, x - along(detach(moving_mean), x.shape(), axis),
                      along(detach(moving_variance), x.shape(), axis));
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
  return normalized(*this, centered, batch_variance);
}

}}  // namespace gradus
