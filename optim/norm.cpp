#include <gradus/optim/norm.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <gradus/core/kernels.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

namespace {
constexpr double largest_double = std::numeric_limits<double>::max();
}

double norm(std::span<const Scalar> x) {
  for (const double scale : {1.0, 0x1p-600, 0x1p600}) {  // the first that loses no square
    const double sum =
        kernels().sum_of_squares(x.data(), scale, static_cast<std::int64_t>(x.size()));
    if (sum > 0x1p-900 && sum < largest_double)
      return std::min(std::sqrt(sum) / scale, largest_double);
  }
  return 0;
}

double joint_norm(double a, double b) { return std::min(std::hypot(a, b), largest_double); }

}}}  // namespace gradus::detail
