#pragma once
/// Exact derivatives of a training run by the numbers of its optimizer. In gradus::gradus_dual.

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <gradus/optim/optimizer.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// Which way a number of the schedule or the optimizer pulls the loss.
struct Pull {
  std::string parameter;  ///< its path: `learning_rate.second.alpha`
  double value = 0;
  double derivative = 0;  ///< d(loss) / d(value); nan if there is a reason why not
  std::string why_not;    ///< why it has no derivative; empty if it has one

  /// What +1% of the number adds to the loss, to first order.
  double effect() const { return 0.01 * value * derivative; }
};

}}  // namespace gradus
