#include <gradus/models/forecast.h>

#include <algorithm>

#include <gradus/models/expected_loss.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

/// Neighbouring updates: their mean loss, and the terms of the middle one.
struct Point {
  WorstCaseTerms terms;
  double loss = 0;
};

std::vector<Point> points_of(const LoggedRun& run) {
  constexpr std::size_t most = 1000;
  const auto& [rates, losses] = run;
  const std::size_t n = rates.size();
  check(losses.size() == n, "forecast: losses must be as many as rates, {} (got {})", n,
        losses.size());
  const auto rising = std::ranges::find_if(rates, [](double rate) { return rate > 0; });
  const std::size_t first = std::max((n + 4) / 5, static_cast<std::size_t>(rising - rates.begin()));
  check(first + 3 <= n, "forecast: a run must have 3 updates or more to fit (got {} of {})",
        n - first, n);
  std::vector<Point> out;
  for (std::size_t i = first, size = (n - first - 1) / most + 1; i < n; i += size) {
    const std::size_t end = std::min(n, i + size);
    Point& point =
        out.emplace_back(Point{worst_case_terms(std::span(rates).first((i + end + 1) / 2))});
    for (std::size_t t = i; t < end; ++t) {
      check(std::isfinite(losses[t]), "forecast: losses must be finite (got {} at update {})",
            losses[t], t);
      point.loss += losses[t] / static_cast<double>(end - i);
    }
  }
  return out;
}

/// Least squares with `distance`, `noise` and, unless a loss is below 0, `least` >= 0: the best of
/// the fits that hold some of them at 0. Rates in units of `peak` give columns of about size 1.
Forecast fit(const std::vector<Point>& points, double peak) {
  Forecast out;
  double best = INFINITY;
  std::vector<double> losses;
  for (const Point& point : points) losses.push_back(point.loss);
  const bool any_sign = std::ranges::min(losses) < 0;
  for (int free = 7; free >= 0; --free) {  // bit by bit: distance, noise, least
    std::vector<double> columns;
    for (const auto& [terms, _] : points) {
      columns.push_back((free & 1) * terms.distance * peak);
      columns.push_back((free >> 1 & 1) * terms.noise() / peak);
    }
    const Minimum found =
        least_squares(ExactTensor::from_doubles({std::ssize(points), 2}, columns),
                      ExactTensor::from_doubles({std::ssize(points)}, losses), free >= 4);
    const std::vector<double>& w = found.weights;
    const double least = free >= 4 ? w[2] : 0;
    if (w[0] < 0 || w[1] < 0 || (least < 0 && !any_sign) || found.loss >= best) continue;
    best = found.loss;
    out.distance = w[0] * peak, out.noise = w[1] / peak, out.least = least;
  }
  return out;
}

double error_of(const Forecast& f, const std::vector<Point>& points) {
  const std::size_t parts = std::min<std::size_t>(20, points.size());
  double sum = 0;
  for (std::size_t part = 0; part < parts; ++part) {
    double logged = 0, fitted = 0;
    for (std::size_t i = part * points.size() / parts; i < (part + 1) * points.size() / parts; ++i)
      logged += points[i].loss, fitted += f.loss(points[i].terms);
    sum += fitted == logged ? 0 : std::abs((fitted - logged) / logged);
  }
  return sum / static_cast<double>(parts);
}

}  // namespace

Forecast forecast(std::span<const LoggedRun> runs) {
  check(!runs.empty(), "forecast: runs must hold one or more (got none)");
  std::vector<std::vector<Point>> each;
  std::vector<Point> all;
  double peak = 0;
  for (const LoggedRun& run : runs) {
    std::ranges::copy(each.emplace_back(points_of(run)), std::back_inserter(all));
    peak = std::max(peak, std::ranges::max(run.rates));
  }
  Forecast out = fit(all, peak);
  for (const std::vector<Point>& points : each) out.errors.push_back(error_of(out, points));
  return out;
}

std::vector<double> Forecast::losses(const Schedule& schedule,
                                     std::span<const Step> updates) const {
  std::vector<double> rates, out;
  for (const Step n : updates) {
    check(n >= 0, "Forecast::losses: updates must be >= 0 (got {})", n);
    while (std::ssize(rates) <= n) rates.push_back(value(schedule(std::ssize(rates))));
    const auto used = std::span<const double>(rates).first(static_cast<std::size_t>(n) + 1);
    const bool moves = std::ranges::any_of(used, [](double rate) { return rate != 0; });
    out.push_back(moves ? loss(worst_case_terms(used)) : NAN);
  }
  return out;
}

}}  // namespace gradus
