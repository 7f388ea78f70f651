#pragma once
/// What was measured at many learning rates, as a picture in text.

#include <string>
#include <vector>

#include <gradus/schedules/plot.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// A rate to be seen in the picture, by its name.
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

/// The values over a logarithmic axis of the rates, in the form of plot() for schedules: one line
/// of at most `width` characters for each of `height`, two for the axis, and above them one or more
/// for the names of the marks, each over a vertical line of dots at its rate. Between two points
/// the curve is straight. The y axis runs from the least value to the greatest, or from 0 where
/// they hardly differ. Marks outside the rates measured are left out.
///
/// ValueError for a width or height outside its limits, fewer than 2 rates, rates that are not
/// finite, > 0 and rising, and unless there are as many values, all from -4e307 to 4e307.
std::string plot(const RateCurve& curve, const PlotOptions& options = {});

}}  // namespace gradus
