#pragma once
/// Rows of data sets: checked, split and copied. For fit() and evaluate().

#include <span>

#include <gradus/core/tensor.h>
#include <gradus/models/fit_options.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// ValueError `fit: x must be finite (x[12][3] is nan)`.
void check_finite(const char* caller, const char* name, const Tensor& x);
/// These rows of x, in this order, as a tensor of their own.
Tensor take_rows(const Tensor& x, std::span<const std::int64_t> rows);
/// Rows [start, stop).
Tensor row_range(const Tensor& x, std::int64_t start, std::int64_t stop);
Batch row_range(const Batch& data, std::int64_t start, std::int64_t stop);
/// Takes the last `share` of the rows off `training`. ValueError unless both keep rows.
Batch hold_back(Batch& training, double share);
/// The weight of each row by its class in y, or sample_weight if there is no class_weight.
Tensor weights_of(const char* caller, const ClassWeight& class_weight, const Tensor& sample_weight,
                  const Tensor& y);

}}}  // namespace gradus::detail
