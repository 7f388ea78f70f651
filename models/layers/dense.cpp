#include <gradus/models/dense.h>

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

}}  // namespace gradus
