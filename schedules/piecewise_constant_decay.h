#pragma once
/// PiecewiseConstantDecay: one value per stretch of steps.

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <gradus/schedules/steps.h>

namespace gradus::inline GRADUS_VARIANT {

/// values[i] from just after boundaries[i-1] up to and including boundaries[i]; the last value past
/// the last boundary. Keras: keras.optimizers.schedules.PiecewiseConstantDecay.
///
/// With boundaries {2, 4} and values {0.5, 0.4, 0.3}:
///
/// | step | 0   | 1   | 2   | 3   | 4   | 5   | 6   |
/// |------|-----|-----|-----|-----|-----|-----|-----|
/// | rate | 0.5 | 0.5 | 0.5 | 0.4 | 0.4 | 0.3 | 0.3 |
///
/// Never ends. No boundary and one value is a constant. ValueError unless the boundaries rise
/// strictly from 0 on, there is one value more than boundaries, and each value is finite and >= 0.
struct PiecewiseConstantDecay {
  std::vector<Steps> boundaries;  ///< the last step of each value but the last; may be fractional
  std::vector<Real> values;
  std::optional<std::string> name = "PiecewiseConstant";

  Real operator()(double step) const {
    const auto passed = std::partition_point(boundaries.begin(), boundaries.end(),
                                             [&](Steps b) { return value(b.count) < step; });
    return values[static_cast<std::size_t>(passed - boundaries.begin())];
  }
  void validate() const {
    check(!values.empty(), "PiecewiseConstantDecay: values must not be empty");
    check(values.size() == boundaries.size() + 1,
          "PiecewiseConstantDecay: values must be one longer than boundaries (got {} values and {} "
          "boundaries)",
          values.size(), boundaries.size());
    for (std::size_t i = 1; i < boundaries.size(); ++i)
      check(value(boundaries[i - 1].count) < value(boundaries[i].count),
            "PiecewiseConstantDecay: boundaries must be strictly increasing (got boundaries[{}]={} "
            "after {})",
            i, value(boundaries[i].count), value(boundaries[i - 1].count));
  }
  static void fields(auto& self, auto&& field) {
    using namespace rules;
    field("boundaries", self.boundaries, not_negative);
    field("values", self.values, not_negative);
    field("name", self.name, anything, optional);
  }
};

}  // namespace gradus
