#include <gradus/schedules/plateau.h>

#include <cmath>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace {

bool better(const Plateau& p, double metric) {
  const double sign = p.mode == MonitorMode::min ? 1 : -1;
  if (!p.best) return sign * metric < detail::endless;
  const double delta = value(p.min_delta) * (p.relative ? std::abs(*p.best) : 1);
  return sign * metric < sign * *p.best - delta;
}

void check_options(const Plateau& p) {
  check(value(p.factor) > 0 && value(p.factor) < 1, "Plateau: factor must be in (0, 1) (got {})",
        value(p.factor));
  check(p.mode != MonitorMode::automatic,
        "Plateau: mode must be MonitorMode::min or max (got MonitorMode::automatic)");
  check(p.patience >= 0, "Plateau: patience must be >= 0 (got {})", p.patience);
  check(p.cooldown >= 0, "Plateau: cooldown must be >= 0 (got {})", p.cooldown);
  detail::check_field("Plateau", "min_delta", p.min_delta, rules::not_negative);
  detail::check_field("Plateau", "min_lr", p.min_lr, rules::not_negative);
}

}  // namespace

bool Plateau::observe(double metric, double learning_rate) {
  check_options(*this);
  if (cooldown_left > 0) {
    --cooldown_left;
    wait = 0;
  }
  if (better(*this, metric)) {
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

Schedule Plateau::reduce(const Schedule& s) const { return Reduced{s, scale, min_lr}; }

}}  // namespace gradus
