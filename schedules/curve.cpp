#include <gradus/schedules/curve.h>

#include <cmath>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace {

Real one_minus_sqrt_at(Real from, Real to, Real step, Steps steps) {
  using std::sqrt;
  if (step >= steps.count) return to;
  const bool falling = value(from) > value(to);
  const Real root = sqrt((falling ? Real(step) : steps.count - step) / steps.count);
  return falling ? detail::between(from, to, root, 1 - root)
                 : detail::between(from, to, 1 - root, root);
}

}  // namespace

Real detail::value_along(Curve curve, Real from, Real to, Real step, Steps steps) {
  if (curve == Curve::cosine) return half_cosine(from, to, step, steps);
  if (curve == Curve::one_minus_sqrt) return one_minus_sqrt_at(from, to, step, steps);
  return straight(from, to, step, steps);
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
