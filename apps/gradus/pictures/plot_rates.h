#pragma once
/// Values measured at many learning rates, as a picture in text.

#include <gradus/schedules/plot.h>

#include <string>
#include <vector>

namespace gradus { inline namespace GRADUS_VARIANT {

/// A named rate to mark in the picture.
struct RateMark {
  std::string name;
  double rate;
};

/// Values measured at learning rates, such as the losses of a range test.
struct RateCurve {
  std::vector<double> rates;  ///< > 0, rising
  std::vector<double> values;
  std::vector<RateMark> marks = {};
};

/// Draws the values over a logarithmic axis of rates, in the form of plot() for schedules. The
/// names of the marks stand above, each over a vertical line of dots at its rate; marks outside the
/// measured rates are left out. Between two points the curve is straight. The y axis runs from the
/// least value to the greatest, or from 0 where they hardly differ.
///
/// ValueError for a width or height outside its limits, fewer than 2 rates, rates that are not
/// finite, > 0 and rising, a different number of values, and values beyond 4e307.
std::string plot(const RateCurve& curve, const PlotOptions& options = {});

}}  // namespace gradus
