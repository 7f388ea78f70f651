#include <gradus/models/layers.h>

#include <gradus/core/node.h>

namespace gradus { inline namespace GRADUS_VARIANT {

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

}}  // namespace gradus
