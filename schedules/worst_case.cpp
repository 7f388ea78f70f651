#include <gradus/schedules/worst_case.h>

#include <algorithm>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

void check_each(const char* what, std::span<const double> numbers, const Rule& rule) {
  for (std::size_t i = 0; i < numbers.size(); ++i)
    check(rule.holds(numbers[i]), "worst_case: {} must be {} (got {} at step {})", what, rule.text,
          numbers[i], i);
}

/// The median over a tenth of the list around each place; mirrored beyond the ends.
std::vector<double> running_median(std::span<const double> list) {
  const auto n = std::ssize(list), half = n / 10 / 2;
  const auto at = [&](std::ptrdiff_t i) {
    const std::ptrdiff_t inside = std::abs(i);
    return list[static_cast<std::size_t>(inside < n ? inside : 2 * n - 2 - inside)];
  };
  std::vector<double> out;
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    std::vector<double> window;
    for (std::ptrdiff_t k = i - half; k <= i + half; ++k) window.push_back(at(k));
    std::ranges::nth_element(window, window.begin() + half);
    out.push_back(window[static_cast<std::size_t>(half)]);
  }
  return out;
}

}  // namespace

WorstCaseTerms worst_case_terms(std::span<const double> rates, std::span<const double> norms) {
  check_each("the rate", rates, rules::not_negative);
  check_each("gradient_norms", norms, rules::not_negative);
  check(norms.size() < 2 || norms.size() >= rates.size(),
        "worst_case: gradient_norms must hold one for each of {} steps (got {})", rates.size(),
        norms.size());
  WorstCaseTerms out{.kept = rates.size()};
  while (out.kept > 0 && rates[out.kept - 1] == 0) --out.kept;
  check(out.kept > 0, "worst_case: a rate must be > 0 (got 0 in each of {} steps)", rates.size());
  const double peak = std::ranges::max(rates);  // a divisor: the square of a tiny rate is 0
  double s = 0, q = 0;
  for (std::size_t k = out.kept; k-- > 0;) {
    const double rate = rates[k] / peak, later = s;
    const double norm = norms.empty() ? 1 : norms[norms.size() == 1 ? 0 : k];
    s += rate;
    q += rate * norm * (rate * norm);
    if (later > 0) out.last += rate / later * (q / s);
  }
  check(q > 0, "worst_case: gradient_norms must be > 0 where a rate is (got 0 at each)");
  check(std::isfinite(q), "worst_case: gradient_norms must have a finite sum of squares (got {})",
        q);
  out.distance = 1 / (2 * s * peak);
  out.mean = peak * q / (2 * s);
  out.last *= peak / 2;
  return out;
}

WorstCase worst_case(const Schedule& schedule, Step steps, const WorstCaseOptions& options) {
  check(steps >= 1, "worst_case: steps must be >= 1 (got {})", steps);
  detail::check_field("worst_case", "distance", options.distance, rules::positive);
  const double run = static_cast<double>(steps), d = options.distance;
  const std::vector<double>& norms = options.gradient_norms;
  std::vector<double> rates(static_cast<std::size_t>(steps));
  const auto terms_of = [&](auto rate) {
    for (std::size_t t = 0; t < rates.size(); ++t) rates[t] = rate(static_cast<double>(t));
    return worst_case_terms(rates, norms);
  };
  const auto factor = [&](const WorstCaseTerms& t) {
    return d * std::sqrt(t.distance) / std::sqrt(t.noise());
  };
  const auto least = [&](const WorstCaseTerms& t) {
    return 2 * d * std::sqrt(t.distance) * std::sqrt(t.noise());
  };

  const WorstCaseTerms own = terms_of([&](double t) { return value(schedule(t)); });
  WorstCase out{.kept_steps = static_cast<Step>(own.kept),
                .distance_term = d * d * own.distance,
                .noise_term = own.noise(),
                .best_factor = factor(own),
                .best_bound = least(own)};
  out.bound = out.distance_term + out.noise_term;
  out.best_peak = out.best_factor * std::ranges::max(rates);
  if (norms.size() < 2)
    out.shape = out.best_bound * std::sqrt(run) / (d * (norms.empty() ? 1 : norms[0]));

  const WorstCaseTerms constant = terms_of([](double) { return 1; });
  out.constant_rate = factor(constant);
  out.constant_bound = least(constant);
  out.rate_ratio = out.best_peak / out.constant_rate;
  out.bound_ratio = out.best_bound / out.constant_bound;
  out.linear_ratio = out.best_bound / least(terms_of([&](double t) { return 1 - t / run; }));
  return out;
}

std::vector<double> refined_rates(std::span<const double> norms, double power, bool filtered) {
  check(norms.size() >= 2, "refined_rates: norms must hold two or more (got {})", norms.size());
  for (const double norm : norms)
    detail::check_field("refined_rates", "norms", norm, rules::positive);
  std::vector<double> out(norms.begin(), norms.end());
  if (filtered) out = running_median(norms);
  const double least = std::ranges::min(out);  // a divisor, so that no weight is above 1
  double later = 0, greatest = 0;
  for (std::size_t t = out.size(); t-- > 0;) {
    const double weight = std::pow(least / out[t], power);
    greatest = std::max(greatest, out[t] = weight * later);
    later += weight;
  }
  check(greatest > 0, "refined_rates: norms must be closer together, or power finite (got {})",
        power);
  for (double& rate : out) rate /= greatest;
  return out;
}

}}  // namespace gradus
