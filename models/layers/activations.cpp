#include <gradus/models/activations.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include <gradus/core/node.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

/// 1 where the condition holds, else 0. Records no gradient.
template <class Condition>
Tensor mask(const Tensor& x, Condition condition) {
  detail::NewTensor marks(x.shape());
  std::ranges::transform(x.values(), marks.data, [&](Scalar v) { return condition(value(v)); });
  return std::move(marks.tensor);
}

/// x cut to [low, high], with slope 0 at both; clip() has slope 1 there.
Tensor cut(const Tensor& x, double low, double high) {
  return where(mask(x, [=](double v) { return low < v && v < high; }), x,
               clip(detach(x), low, high));
}

}  // namespace

Tensor relu(const Tensor& x, const ReluOptions& options) {
  const double slope = options.negative_slope, start = options.threshold;
  detail::validate(options, "relu");
  if (!options.max_value && start == 0) return slope == 0 ? relu(x) : leaky_relu(x, slope);
  Tensor y = start == 0 ? relu(x) : x * mask(x, [=](double v) { return v > start; });
  if (options.max_value) y = clip(y, 0, *options.max_value);
  return slope == 0 ? y : y - slope * relu(start - x);
}

Tensor relu6(const Tensor& x) { return cut(x, 0, 6); }
Tensor hard_tanh(const Tensor& x) { return cut(x, -1, 1); }
Tensor hard_sigmoid(const Tensor& x) { return cut(x, -3, 3) / 6 + 0.5; }
Tensor hard_silu(const Tensor& x) {
  return where(mask(x, [](double v) { return -3 <= v && v < 3; }), x * (x + 3) / 6,
               x * mask(x, [](double v) { return !(v < 3); }));
}

Tensor hard_shrink(const Tensor& x, double threshold) {
  check(threshold >= 0, "hard_shrink: threshold must be >= 0 (got {})", threshold);
  return x * mask(x, [=](double v) { return v > threshold || v < -threshold; });
}
Tensor soft_shrink(const Tensor& x, double threshold) {
  check(threshold >= 0, "soft_shrink: threshold must be >= 0 (got {})", threshold);
  return x - clip(x, -threshold, threshold);
}
Tensor threshold(const Tensor& x, double threshold, double default_value) {
  return where(mask(x, [=](double v) { return v > threshold; }), x, default_value);
}

Tensor sparse_sigmoid(const Tensor& x) { return cut(x, -1, 1) / 2 + 0.5; }

Tensor celu(const Tensor& x, double alpha) {
  check(std::isfinite(alpha) && alpha > 0, "celu: alpha must be finite and > 0 (got {})", alpha);
  return alpha * elu(x / alpha);
}
Tensor squareplus(const Tensor& x, double b) {
  check(std::isfinite(b) && b > 0, "squareplus: b must be finite and > 0 (got {})", b);
  const Tensor root = sqrt(square(x) + b);  // below 0, x + root would cancel
  return where(mask(x, [](double v) { return v >= 0; }), (x + root) / 2, 0.5 * b / (abs(x) + root));
}

Tensor sparsemax(const Tensor& x) {
  const std::int64_t width = x.rank() > 0 ? x.shape().back() : 0;
  detail::NewTensor support(x.shape());  // 1 for the elements that stay above 0
  const detail::Buffer row(width);
  for (std::int64_t start = 0; start < x.size(); start += width) {
    const Scalar* values = detail::node_of(x).data() + start;
    std::transform(values, values + width, row.data(), [](Scalar v) {  // nan cannot be sorted
      return std::isnan(value(v)) ? -std::numeric_limits<Scalar>::infinity() : v;
    });
    std::sort(row.data(), row.data() + width, std::greater<>());
    double sum = 0, least = 0;
    for (std::int64_t i = 0; i < width; ++i) {
      const double v = value(row.data()[i]);
      if (1 + static_cast<double>(i) * v <= sum) break;
      sum += v;
      least = v;
    }
    for (std::int64_t i = 0; i < width; ++i)
      support.data[start + i] = value(values[i]) >= least ? 1 : 0;
  }
  const Reduction over{.axis = -1, .keepdims = true};
  const Tensor excess = sum(x * support.tensor, over) - 1;
  return (x - excess / sum(support.tensor, over)) * support.tensor;
}

Tensor glu(const Tensor& x, int axis) {
  const std::int64_t extent = x.shape()[axis];
  check<ShapeError>(extent % 2 == 0, "glu: axis {} must have an even extent (got {})", axis,
                    extent);
  return slice(x, axis, 0, extent / 2) * sigmoid(slice(x, axis, extent / 2, extent));
}

}}  // namespace gradus
