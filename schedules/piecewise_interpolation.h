#pragma once
/// PiecewiseInterpolation: a curve through given values at given steps.

#include <gradus/schedules/curve.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// values[0] at step 0 and values[i] at boundaries[i - 1], each exact, and between them along
/// `curve`; the last value from the last boundary on. (Optax: piecewise_interpolate_schedule, whose
/// scales are the values' ratios.) Lasts until the last boundary. A boundary at 0 leaves out
/// values[0]. ValueError unless the boundaries rise strictly from 0 on, there is one value more,
/// and each is finite and >= 0.
///
/// With boundaries {2, 4}, values {1, 0, 0.5}:
///
/// | step | 0 | 1   | 2 | 3    | 4   | 5   |
/// |------|---|-----|---|------|-----|-----|
/// | rate | 1 | 0.5 | 0 | 0.25 | 0.5 | 0.5 |
struct PiecewiseInterpolation {
  std::vector<Steps> boundaries;  ///< may be fractional
  std::vector<Real> values;
  Curve curve = Curve::linear;

  static constexpr const char* formula =
      "between values[i] at boundaries[i - 1] and values[i + 1] at boundaries[i]";
  static PiecewiseInterpolation example() { return {{20, 60, 100}, {0.02, 0.1, 0.04, 0.01}}; }

  Real operator()(Real step) const {
    const auto passed = std::partition_point(boundaries.begin(), boundaries.end(),
                                             [&](Steps b) { return b.count <= step; });
    if (passed == boundaries.end()) return values.back();
    const auto i = static_cast<std::size_t>(passed - boundaries.begin());
    const Steps begin = i == 0 ? Steps(0) : boundaries[i - 1];
    return detail::value_along(curve, values[i], values[i + 1], step - begin.count,
                               boundaries[i].count - begin.count);
  }
  Real duration() const { return boundaries.empty() ? Real(0) : boundaries.back().count; }
  void validate() const {
    detail::check_pieces("PiecewiseInterpolation", boundaries, values.size());
  }
  static void fields(auto& self, auto&& field) {
    field("boundaries", self.boundaries, rules::not_negative);
    field("values", self.values, rules::not_negative);
    field("curve", self.curve, rules::anything, rules::optional);
  }
};

}}  // namespace gradus
