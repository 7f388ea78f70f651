#include <gradus/models/layers.h>

#include <cmath>

namespace gradus::inline GRADUS_VARIANT {
namespace {

struct Fans {
  double in, out;
};
Fans fans_of(const Shape& shape) {
  check(shape.rank() >= 1, "Initializer: the shape must have at least one axis (got {})", shape);
  if (shape.rank() == 1) return {static_cast<double>(shape[0]), static_cast<double>(shape[0])};
  const double last = static_cast<double>(shape[-1] * shape[-2]);
  const double field = last > 0 ? static_cast<double>(shape.count()) / last : 0;
  return {field * static_cast<double>(shape[-2]), field * static_cast<double>(shape[-1])};
}

/// What an initializer made, if it has the shape asked for.
Tensor initial(const char* name, const Initializer& make, const Shape& shape, Random& random) {
  const Tensor made = make(shape, random);
  check<ShapeError>(made.shape() == shape, "Dense: {} must give shape {} (got {})", name, shape,
                    made.shape());
  return parameter(made);
}

}  // namespace

Tensor GlorotUniform::operator()(const Shape& shape, Random& random) const {
  const Fans fans = fans_of(shape);
  const double limit = std::sqrt(6 / (fans.in + fans.out));
  return Tensor::uniform(shape, -limit, limit, random);
}

Tensor HeNormal::operator()(const Shape& shape, Random& random) const {
  // 0.8796...: the deviation of a standard normal cut at 2.
  const double deviation = std::sqrt(2 / fans_of(shape).in) / 0.87962566103423978;
  std::vector<Scalar> values(static_cast<std::size_t>(shape.count()));
  for (Scalar& v : values) {
    double draw = random.normal();
    while (std::abs(draw) > 2) draw = random.normal();
    v = static_cast<Scalar>(deviation * draw);
  }
  return Tensor(shape, values);
}

void Dense::validate() const {
  check(kernel_initializer && bias_initializer, "Dense: the initializers must not be null");
  check(units >= 1, "Dense: units must be >= 1 (got {})", units.count);
}

void Dense::build(const Shape& input, Random& random) {
  check<ShapeError>(input.rank() >= 2, "Dense: the input must be (rows, features) (got shape {})",
                    input);
  if (input_width() > 0) return;
  kernel = initial("kernel_initializer", kernel_initializer, Shape{input.back(), units}, random);
  if (use_bias) bias = initial("bias_initializer", bias_initializer, Shape{units}, random);
}

Tensor Dense::operator()(const Tensor& x) const {
  const Tensor product = matmul(x, kernel);
  return activation(use_bias ? product + bias : product);
}

std::vector<Tensor> Dense::parameters() const {
  if (use_bias) return {kernel, bias};
  return {kernel};
}

std::vector<Weight> Dense::weights() const {
  std::vector<Weight> all{{"kernel", kernel}};
  if (use_bias) all.push_back({"bias", bias});
  return all;
}

Tensor Flatten::operator()(const Tensor& x) const {
  std::int64_t features = 1;
  for (int axis = 1; axis < x.rank(); ++axis) features *= x.shape()[axis];
  return reshape(x, {x.shape()[0], features});
}

void Dropout::validate() const {
  check(rate >= 0 && rate < 1, "Dropout: rate must be in [0, 1) (got {})", rate);
}

Tensor Dropout::operator()(const Tensor& x, const Mode& mode) const {
  if (!mode.training || rate == 0) return x;
  detail::Fresh mask(x.shape());
  const auto kept = static_cast<Scalar>(1 / (1 - rate));
  for (std::int64_t i = 0; i < x.size(); ++i)
    mask.data[i] = mode.random.uniform() < rate ? Scalar(0) : kept;
  return x * mask.tensor;
}

}  // namespace gradus
