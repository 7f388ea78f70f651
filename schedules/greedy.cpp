#include <gradus/schedules/greedy.h>

#include <numeric>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

/// Adds the metric to the last ones. The mean is computed from all of them: a sum that is kept by
/// adding and subtracting drifts by more than a small min_delta.
double mean_with(double metric, std::vector<double>& window, std::int64_t most) {
  window.push_back(metric);
  if (std::ssize(window) > most) window.erase(window.begin());
  return std::accumulate(window.begin(), window.end(), 0.0) / static_cast<double>(window.size());
}

}  // namespace

void Greedy::validate() const {
  detail::check_mode("Greedy", mode);
  check(max_lr >= min_lr, "Greedy: max_lr must be at least min_lr (got {} and {})", value(max_lr),
        value(min_lr));
}

void Greedy::restart() {
  scale = 1;
  best.reset();
  good = bad = cooldown_left = warmup_left = 0;
  resets_left = reset_start;
  window.clear();
}

GreedyEvent Greedy::observe(double metric, double learning_rate) {
  detail::validate(*this);
  if (smooth) metric = mean_with(metric, window, window_size);
  if (std::int64_t& pause = cooldown_left > 0 ? cooldown_left : warmup_left; pause > 0) {
    --pause;
    good = bad = 0;
    return GreedyEvent::none;
  }
  const bool better = detail::better(mode, metric, best, min_delta, relative);
  if (better) best = metric;
  good = better ? good + 1 : 0;
  bad = better ? 0 : bad + 1;
  const Real rate = learning_rate;
  if (good > patience) {
    if (const Real raised = std::min(rate / factor, max_lr); raised - rate > eps)
      scale *= raised / rate;
    warmup_left = warmup;
    good = 0;
    return GreedyEvent::raise;
  }
  if (bad <= patience) return GreedyEvent::none;
  const Real cut = std::max(rate * factor, min_lr);
  const bool lowers = rate - cut > eps;
  if (lowers) scale *= cut / rate;
  // The rate is a product of a schedule and the scale: at min_lr within rounding.
  const bool at_least = (lowers ? cut : rate) <= min_lr * (1 + 1e-12);
  const bool starts_again = at_least && --resets_left == 0;
  if (starts_again) restart();
  cooldown_left = cooldown;
  bad = 0;
  return starts_again ? GreedyEvent::reset : GreedyEvent::lower;
}

}}  // namespace gradus
