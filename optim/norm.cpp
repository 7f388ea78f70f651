#include <gradus/optim/norm.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <gradus/core/kernels.h>

namespace gradus::inline GRADUS_VARIANT::detail {

namespace {
constexpr double largest_double = std::numeric_limits<double>::max();
}

double norm(std::span<const Scalar> x) {
  const auto n = static_cast<std::int64_t>(x.size());
  const double sum = kernels().sum_of_squares(x.data(), 1, n);
  if (sum > 0x1p-900 && sum < largest_double) return std::sqrt(sum);
  double largest = 0;
  for (const Scalar element : x) largest = std::max(largest, std::abs(value(element)));
  if (largest == 0) return 0;
  const double root = std::sqrt(kernels().sum_of_squares(x.data(), 1 / largest, n));
  return std::min(largest * root, largest_double);
}

double joint_norm(double a, double b) { return std::min(std::hypot(a, b), largest_double); }

}  // namespace gradus::inline GRADUS_VARIANT::detail
