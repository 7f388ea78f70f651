#pragma once
/// The guarantee of convex theory for a schedule in the worst case. See also schedules/inspect.h.

#include <cmath>
#include <span>
#include <vector>

#include <gradus/schedules/schedule.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// The problem. All numbers are finite.
struct WorstCaseOptions {
  double distance = 1;                      ///< D: from the first weights to the best, > 0
  std::vector<double> gradient_norms = {};  ///< G_t >= 0, one per step, or one for all; none: 1
};

/// The bound of worst_case(), and where it is least.
struct WorstCase {
  Step kept_steps = 0;       ///< updates up to the last rate above 0
  double bound = 0;          ///< of the rates as they are: distance_term + noise_term
  double distance_term = 0;  ///< D^2 / (2 S_1); falls as rates rise
  double noise_term = 0;     ///< the rest; rises with the rates
  double best_factor = 0;    ///< multiply the rates by this for the least bound
  double best_peak = 0;      ///< best_factor times the greatest rate
  double best_bound = 0;     ///< the least bound
  double shape = NAN;        ///< best_bound sqrt(steps) / (D G); nan for a list of norms
  double constant_rate = 0, constant_bound = 0;  ///< the best constant rate, and its bound
  double rate_ratio = 0;    ///< best_peak / constant_rate: the peak to try, per good constant rate
  double bound_ratio = 0;   ///< best_bound / constant_bound
  double linear_ratio = 0;  ///< best_bound over that of a linear decay to 0
};

/// How far above its least value a loss can be after `steps` updates, for any convex loss with
/// subgradients of the given norms:
///
///     f(x_T) - f* <= D^2 / (2 S_1) + Q_1 / (2 S_1)
///                    + 1/2 sum_{k=1..T-1} (rate_k / S_{k+1}) (Q_k / S_k)
///     S_k = sum_{t=k..T} rate_t,  Q_k = sum_{t=k..T} rate_t^2 G_t^2
///     rate_t = schedule(t - 1)
///
/// (Defazio et al. 2023, arXiv:2310.07831, Theorem 10; Schaipp et al. 2025, arXiv:2501.18965).
///
///     const WorstCase w = worst_case(CosineDecay{0.1, 1000}, 1000);
///     w.shape;       // 2.06; a constant has 2.91, linear decay 2.01
///     w.rate_ratio;  // 2.82: if 0.1 was right as a constant rate, try 0.28 as the peak
///
/// For linear(peak, 0, n) and n updates, Theorem 1 there bounds the last weights by half of this:
/// D G / sqrt(n + 1), at the peak D n / (G (n + 1)^1.5).
///
/// x_T is where the last update takes its gradient: the weights after T - 1 updates. T is
/// kept_steps: rates of exactly 0 at the end are dropped, but they count in `shape` and for the
/// constant rate; zeros elsewhere stay. A tiny last rate is kept, and makes the bound huge.
///
/// It is a worst case, without curvature or a model of the noise: it explains why a rate should
/// fall, not which of two sensible decays wins, and it predicts no loss. Time and memory grow with
/// `steps`. ValueError unless steps >= 1, all rates are >= 0, and some rate and its norm are both
/// > 0; and for options out of range.
WorstCase worst_case(const Schedule& schedule, Step steps, const WorstCaseOptions& options = {});

/// The bound's parts at D = 1.
struct WorstCaseTerms {
  double distance = 0;   ///< 1 / (2 S_1), to be multiplied by D^2
  double mean = 0;       ///< Q_1 / (2 S_1): with `distance`, the bound of the mean of the path
  double last = 0;       ///< the sum: the excess of the last weights over that mean
  std::size_t kept = 0;  ///< rates up to the last one above 0
  double noise() const { return mean + last; }
};
/// The parts for rates given one by one, such as the first n of a run: a(n) = distance and
/// b(n) = noise() bound the weights after n - 1 updates. Errors and norms as in worst_case().
WorstCaseTerms worst_case_terms(std::span<const double> rates,
                                std::span<const double> gradient_norms = {});

/// The best rates for the gradient norms of an earlier run (the refined schedule of 2310.07831):
/// w_t sum_{p>t} w_p with w_t = norm_t^-power, divided by the greatest; the last is 0.
/// `power` is 2 for SGD with L2 norms, 1 for Adam with L1 norms. `filtered` first takes the running
/// median over a tenth of the run; its time grows with the square of the number of norms. Norms
/// that fall towards 0 give useless rates. ValueError unless there are two norms or more, all
/// finite and > 0.
std::vector<double> refined_rates(std::span<const double> norms, double power = 2,
                                  bool filtered = true);

}}  // namespace gradus
