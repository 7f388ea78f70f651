#include <gradus/models/dense.h>

namespace gradus { inline namespace GRADUS_VARIANT {

void Dense::validate() const {
  check(kernel_initializer && bias_initializer, "Dense: the initializers must not be null");
  check(units >= 1, "Dense: units must be >= 1 (got {})", units.count);
}

void Dense::build(const Shape& input, Random& random) {
  check<ShapeError>(input.rank() >= 2, "Dense: the input must be (rows, features) (got shape {})",
                    input);
  if (input_width() > 0) return;
  kernel = detail::initial("Dense", "kernel_initializer", kernel_initializer, {input.back(), units},
                           random);
  if (use_bias)
    bias = detail::initial("Dense", "bias_initializer", bias_initializer, {units}, random);
}

std::vector<Weight> Dense::weights() const {
  std::vector<Weight> all{{"kernel", kernel, true, kernel_regularizer, kernel_constraint}};
  if (use_bias) all.push_back({"bias", bias, true, bias_regularizer, bias_constraint});
  return all;
}

}}  // namespace gradus
