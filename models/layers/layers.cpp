#include <gradus/models/layers.h>

#include <gradus/core/node.h>

namespace gradus { inline namespace GRADUS_VARIANT {

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
