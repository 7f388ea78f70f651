#pragma once
/// PiecewiseConstantDecay: one value for each range of steps.

#include <gradus/schedules/steps.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// values[i] from just after boundaries[i-1] up to and including boundaries[i]; the last value past
/// the last boundary. Keras: keras.optimizers.schedules.PiecewiseConstantDecay. Never ends. No
/// boundary and one value make a constant. ValueError unless the boundaries rise strictly from 0
/// on, there is one value more than boundaries, and each value is finite and >= 0.
///
/// With boundaries {2, 4} and values {0.5, 0.4, 0.3}:
///
/// | step | 0   | 1   | 2   | 3   | 4   | 5   | 6   |
/// |------|-----|-----|-----|-----|-----|-----|-----|
/// | rate | 0.5 | 0.5 | 0.5 | 0.4 | 0.4 | 0.3 | 0.3 |
struct PiecewiseConstantDecay {
  std::vector<Steps> boundaries;  ///< the last step of each value but the last; may be fractional
  std::vector<Real> values;
  std::optional<std::string> name = "PiecewiseConstant";

  static constexpr const char* formula = "values[i] for boundaries[i - 1] < t <= boundaries[i]";
  static PiecewiseConstantDecay example() { return {{30, 60}, {0.1, 0.05, 0.01}}; }

  Real operator()(Real step) const {
    const auto passed = std::partition_point(boundaries.begin(), boundaries.end(),
                                             [&](Steps b) { return b.count < step; });
    return values[static_cast<std::size_t>(passed - boundaries.begin())];
  }
  void validate() const {
    detail::check_pieces("PiecewiseConstantDecay", boundaries, values.size());
  }
  static void fields(auto& self, auto&& field) {
    field("boundaries", self.boundaries, rules::not_negative);
    field("values", self.values, rules::not_negative);
    field("name", self.name, rules::anything, rules::optional);
  }
};

}}  // namespace gradus
