#include <gradus/schedules/plateau.h>

namespace gradus { inline namespace GRADUS_VARIANT {

Schedule reduced(const Schedule& s, Real factor, Real min_lr) {
  const Reduced* before = s.get_if<Reduced>();
  if (before && before->min_lr == min_lr)
    return Reduced{before->schedule, before->scale * factor, min_lr};
  const Reduced lower{s, factor, min_lr};
  return s.constant() ? Schedule(lower(0)) : Schedule(lower);
}

namespace {

bool better(const Plateau& p, double metric) {
  const double sign = p.mode == MonitorMode::min ? 1 : -1;
  if (!p.best) return sign * metric < detail::endless;
  const double delta = value(p.min_delta) * (p.relative ? std::abs(*p.best) : 1);
  return sign * metric < sign * *p.best - delta;
}

}  // namespace

void Plateau::validate() const {
  check(mode != MonitorMode::automatic,
        "Plateau: mode must be MonitorMode::min or max (got MonitorMode::automatic)");
}

bool Plateau::observe(double metric, double learning_rate) {
  detail::validate(*this);
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

}}  // namespace gradus
