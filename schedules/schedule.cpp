#include <gradus/schedules/algebra.h>

#include <gradus/schedules/chebyshev.h>
#include <gradus/schedules/curve.h>
#include <gradus/schedules/plateau.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

/// Joins two schedules step by step; two numbers give a number.
template <class T>
Schedule from_both(const T& sides) {
  const bool constant = sides.first.constant() && sides.second.constant();
  return constant ? Schedule(sides(0)) : sides;
}

void check_ends(const char* where, const char* what, const Schedule& s) {
  if (std::isfinite(value(s.duration()))) return;  // else the text is made, which may be long
  throw ValueError(
      fmt::format("{}: {} must have an end (got {}, which has none; .take(steps) gives it one)",
                  where, what, to_string(s)));
}

/// The schedule's [least, greatest] mapped to [at_low, at_high].
struct Rescaled {
  Schedule schedule;
  detail::Range range;
  Real at_low, at_high;
  Real operator()(Real step) const {
    const Real rate = schedule.at(step), width = range.greatest - range.least;
    if (value(width) == 0) return at_low;
    return detail::between(at_low, at_high, (rate - range.least) / width,
                           (range.greatest - rate) / width);
  }
  Real duration() const { return schedule.duration(); }
  static void fields(auto& self, auto&& field) {
    field("schedule", self.schedule, rules::finite_number);
  }
};

constexpr double most_samples = 65536;

/// The whole step from `first` to `last` with the best value, searched ever more closely.
template <class Better>
double best_step(const Schedule& s, double first, double last, Better better) {
  for (;;) {
    const double stride = std::max(1.0, std::ceil((last - first) / most_samples));
    double best = last, best_value = value(s(last));
    for (double t = first; t < last; t += stride)
      if (const double v = value(s(t)); better(v, best_value)) best = t, best_value = v;
    if (stride == 1) return best;
    first = std::max(first, best - stride);
    last = std::min(last, best + stride);
  }
}

}  // namespace

Schedule operator>>(const Schedule& a, const Schedule& b) { return Join{a, b}; }
Schedule operator*(const Schedule& a, const Schedule& b) { return from_both(Product{a, b}); }
Schedule operator+(const Schedule& a, const Schedule& b) { return from_both(Sum{a, b}); }
Schedule operator-(const Schedule& a, const Schedule& b) { return from_both(Difference{a, b}); }
Schedule min(const Schedule& a, const Schedule& b) { return from_both(Min{a, b}); }
Schedule max(const Schedule& a, const Schedule& b) { return from_both(Max{a, b}); }
Schedule skip(const Schedule& s, Steps steps) { return Skip{s, steps}; }
Schedule clamp(const Schedule& s, Real low, Real high) { return Clamp{s, low, high}; }
Schedule power(const Schedule& s, Real exponent) { return Power{s, exponent}; }
Schedule delay(const Schedule& s, Steps steps) { return Delay{s, steps}; }
Schedule stretch(const Schedule& s, Real factor) { return Stretch{s, factor}; }
Schedule per_epoch(const Schedule& s, Steps steps_per_epoch) {
  return PerEpoch{s, steps_per_epoch};
}
Schedule warmup(const Schedule& s, Steps steps) { return Warmup{s, steps}; }
Schedule mirror(const Schedule& s, Real at_low, Real at_high) { return Mirror{s, at_low, at_high}; }
Schedule repeat(const Schedule& s, const RepeatOptions& options) {
  return Repeat{s, options.grow, options.decay};
}

void Join::validate() const { check_ends("operator >>", "the left side", first); }
Real detail::longer(const Schedule& a, const Schedule& b) {
  if (a.constant()) return b.duration();
  if (b.constant()) return a.duration();
  return std::max(a.duration(), b.duration());
}

void Repeat::validate() const {
  check_ends("Repeat", "schedule", schedule);
  check(value(schedule.duration()) > 0, "Repeat: schedule must last longer than 0 steps (got {})",
        value(schedule.duration()));
}

void Mirror::validate() const { check_ends("Mirror", "schedule", schedule); }
Schedule Mirror::composition() const {
  return Rescaled{schedule, detail::range(schedule, value(schedule.duration())), at_low, at_high};
}

detail::Range detail::range(const Schedule& s, double steps) {
  const double last = std::min(std::ceil(steps), 0x1p53);
  const double low = best_step(s, 0, last, std::less<double>());
  const double high = best_step(s, 0, last, std::greater<double>());
  return {s(low), s(high), low, high};
}

// ---- Schedule -----------------------------------------------------------------------------------

Real Schedule::checked(Real step) const {
  check(step >= 0, "Schedule: step must be >= 0 (got {})", value(step));
  const Real rate = at(step);
  if (!std::isfinite(value(rate))) [[unlikely]]
    throw NumericError(fmt::format("Schedule: {} returned {} at step {}", to_string(*this),
                                   value(rate), value(step)));
  return rate;
}

Real Schedule::area(Step steps) const {
  check(steps >= 0, "Schedule::area: steps must be >= 0 (got {})", steps);
  const double end = constant() ? 0 : std::ceil(value(duration()));
  const Step moving = end < static_cast<double>(steps) ? static_cast<Step>(end) : steps;
  Real sum = 0, lost = 0;  // Kahan 1965: adds back what a long sum loses to rounding
  for (Step t = 0; t < moving; ++t) {
    const Real next = (*this)(t)-lost, total = sum + next;
    lost = (total - sum) - next;
    sum = total;
  }
  if (moving < steps) sum += static_cast<double>(steps - moving) * (*this)(moving);
  return sum;
}

Schedule Schedule::take(Steps steps) const { return Take{*this, steps}; }

detail::Config Schedule::config() const { return held_->config(); }

detail::Config Schedule::Fixed::config() const {
  return {.type = "constant", .text_name = "constant"};
}

// ---- curves -------------------------------------------------------------------------------------

Real OneMinusSqrt::operator()(Real step) const {
  using std::sqrt;
  if (step >= steps.count) return to;
  const bool falling = value(from) > value(to);
  const Real root = sqrt((falling ? step : steps.count - step) / steps.count);
  return falling ? detail::between(from, to, root, 1 - root)
                 : detail::between(from, to, 1 - root, root);
}

Real Rex::operator()(Real step) const {
  if (step >= steps.count) return to;
  const Real n = steps.count, twice_less = 2 * n - step;
  return detail::between(from, to, step / twice_less, 2 * (n - step) / twice_less);
}

Real HalvingCurve::operator()(Real step) const {
  return ExponentialCurve{from, to, steps, 0.5}(step);
}

Real PowerCurve::operator()(Real step) const {
  if (step >= steps.count) return to;
  if (value(step) == 0) return from;
  const Real done = detail::power_of_ratio(step, steps.count, exponent);
  return detail::between(from, to, done, 1 - done);
}

/// Counts from the end with the smaller rounding error, which grows with the exponent.
Real ExponentialCurve::operator()(Real step) const {
  using std::expm1, std::fma, std::log;
  const Real n = steps.count, slope = log(ratio), rise = slope * ((step - n) / n);
  if (step >= n) return to;
  const Real left = expm1(rise) / expm1(-slope);
  if (value(left * (2 + rise)) < value(2 - 2 * left)) return fma(from - to, left, to);
  return fma(to - from, expm1(slope * (step / n)) / expm1(slope), from);
}

Real PolynomialCurve::operator()(Real step) const {
  if (step >= steps.count) return to;
  const Real left = detail::power_of_ratio(steps.count - step, steps.count, exponent);
  return detail::between(from, to, 1 - left, left);
}

void TanhCurve::validate() const {
  check(value(lower) < value(upper), "TanhCurve: lower must be < upper (got {} and {})",
        value(lower), value(upper));
}
Real TanhCurve::operator()(Real step) const {
  using std::fma, std::tanh;
  const Real n = steps.count;
  const Real at = step >= n ? upper : fma(lower, n - step, upper * step) / n;
  return 0.5 * (from + to) - 0.5 * (from - to) * tanh(at);
}

namespace {

/// Calls `use` with the struct of this curve.
template <class Use>
auto with_curve(Curve curve, Real from, Real to, Steps steps, const Use& use) {
  if (curve == Curve::cosine) return use(Cosine{from, to, steps});
  if (curve == Curve::one_minus_sqrt) return use(OneMinusSqrt{from, to, steps});
  if (curve == Curve::rex) return use(Rex{from, to, steps});
  if (curve == Curve::halving) return use(HalvingCurve{from, to, steps});
  return use(Linear{from, to, steps});
}

}  // namespace

Real detail::value_along(Curve curve, Real from, Real to, Real step, Steps steps) {
  return with_curve(curve, from, to, steps, [=](const auto& shape) { return shape(step); });
}
Schedule along(Curve curve, Real from, Real to, Steps steps) {
  return with_curve(curve, from, to, steps, [](const auto& shape) { return Schedule(shape); });
}

Schedule linear(Real from, Real to, Steps steps) { return Linear{from, to, steps}; }
Schedule cosine(Real from, Real to, Steps steps) { return Cosine{from, to, steps}; }
Schedule one_minus_sqrt(Real from, Real to, Steps steps) { return OneMinusSqrt{from, to, steps}; }
Schedule rex(Real from, Real to, Steps steps) { return Rex{from, to, steps}; }
Schedule halving_curve(Real from, Real to, Steps steps) { return HalvingCurve{from, to, steps}; }
Schedule power_curve(Real from, Real to, Steps steps, Real exponent) {
  return PowerCurve{from, to, steps, exponent};
}
Schedule exponential_curve(Real from, Real to, Steps steps, Real ratio) {
  return ExponentialCurve{from, to, steps, ratio};
}
Schedule polynomial_curve(Real from, Real to, Steps steps, Real exponent) {
  return PolynomialCurve{from, to, steps, exponent};
}
Schedule tanh_curve(Real from, Real to, Steps steps, Real lower, Real upper) {
  return TanhCurve{from, to, steps, lower, upper};
}
Schedule hold(Real rate, Steps steps) { return Hold{rate, steps}; }

// ---- Chebyshev and Silver -----------------------------------------------------------------------

void Chebyshev::validate() const {
  check(value(smallest) <= value(largest), "Chebyshev: smallest must be <= largest (got {} and {})",
        value(smallest), value(largest));
  const double n = value(steps.count);
  int exponent = 0;
  check(order != ChebyshevOrder::fractal || std::frexp(n, &exponent) == 0.5,
        "Chebyshev: steps must be a power of two in fractal order (got {})", n);
  check(n == std::floor(n) && n <= 0x1p53, "Chebyshev: steps must be a whole number (got {})", n);
}

/// Written as 1 / (m + (M - m) sin^2), in which no digits cancel.
Real Chebyshev::operator()(Real step) const {
  constexpr double quarter_turn = 1.57079632679489661923;
  const auto n = static_cast<Step>(value(steps.count)), last = n - 1;
  const Step t = std::min(static_cast<Step>(value(step)), last);
  Step k = order == ChebyshevOrder::ascending ? last - t : t;
  if (order == ChebyshevOrder::fractal) {
    k = 0;
    for (Step size = 1, bit = n / 2; bit > 0; size *= 2, bit /= 2)
      if ((t & bit) != 0) k = 2 * size - 1 - k;
  }
  const double s = std::sin(quarter_turn * ((static_cast<double>(k) + 0.5) / value(steps.count)));
  return 1 / (smallest + (largest - smallest) * (s * s));
}

Real Silver::operator()(Real step) const {  // from 2^53 on each double is even
  const double t = value(step);
  const int twos = t < 0x1p53 ? std::countr_zero(static_cast<std::uint64_t>(t) + 1) : 0;
  return static_cast<double>(1 + std::pow(1 + std::sqrt(2.0L), twos - 1)) / largest;
}

// ---- Plateau ------------------------------------------------------------------------------------

Schedule reduced(const Schedule& s, Real factor, Real min_lr, Real max_lr) {
  const Reduced* before = s.get_if<Reduced>();
  if (before && before->min_lr == min_lr && before->max_lr == max_lr)
    return Reduced{before->schedule, before->scale * factor, min_lr, max_lr};
  const Reduced scaled{s, factor, min_lr, max_lr};
  // A rate that may rise again must keep the number that a reset returns to.
  return s.constant() && max_lr == 0 ? Schedule(scaled(0)) : Schedule(scaled);
}

bool detail::better(MonitorMode mode, double metric, const std::optional<double>& best, Real delta,
                    bool relative) {
  const double sign = mode == MonitorMode::min ? 1 : -1;
  if (!best) return sign * metric < endless;
  return sign * metric < sign * *best - value(delta) * (relative ? std::abs(*best) : 1);
}

void detail::check_mode(const char* owner, MonitorMode mode) {
  check(mode != MonitorMode::automatic,
        "{}: mode must be MonitorMode::min or max (got MonitorMode::automatic)", owner);
}

bool Plateau::observe(double metric, double learning_rate) {
  detail::validate(*this);
  if (cooldown_left > 0) {
    --cooldown_left;
    wait = 0;
  }
  if (detail::better(mode, metric, best, min_delta, relative)) {
    best = metric;
    wait = 0;
    return false;
  }
  if (cooldown_left > 0 || ++wait < patience || learning_rate <= value(min_lr)) return false;
  scale *= factor;
  cooldown_left = cooldown;
  wait = 0;
  return true;
}

}}  // namespace gradus
