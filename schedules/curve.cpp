#include <gradus/schedules/curve.h>

#include <cmath>

namespace gradus { inline namespace GRADUS_VARIANT {

Real OneMinusSqrt::operator()(Real step) const {
  using std::sqrt;
  if (step >= steps.count) return to;
  const bool falling = value(from) > value(to);
  const Real root = sqrt((falling ? step : steps.count - step) / steps.count);
  return falling ? detail::between(from, to, root, 1 - root)
                 : detail::between(from, to, 1 - root, root);
}

Real detail::value_along(Curve curve, Real from, Real to, Real step, Steps steps) {
  if (curve == Curve::cosine) return Cosine{from, to, steps}(step);
  if (curve == Curve::one_minus_sqrt) return OneMinusSqrt{from, to, steps}(step);
  return Linear{from, to, steps}(step);
}

Schedule linear(Real from, Real to, Steps steps) { return Linear{from, to, steps}; }
Schedule cosine(Real from, Real to, Steps steps) { return Cosine{from, to, steps}; }
Schedule one_minus_sqrt(Real from, Real to, Steps steps) { return OneMinusSqrt{from, to, steps}; }
Schedule hold(Real rate, Steps steps) { return Hold{rate, steps}; }

Schedule along(Curve curve, Real from, Real to, Steps steps) {
  if (curve == Curve::cosine) return cosine(from, to, steps);
  if (curve == Curve::one_minus_sqrt) return one_minus_sqrt(from, to, steps);
  return linear(from, to, steps);
}

}}  // namespace gradus
