#pragma once
/// Rows of data sets: checked, split and copied. For fit() and evaluate().

#include <span>

#include <gradus/core/tensor.h>

namespace gradus::inline GRADUS_VARIANT::detail {

/// ValueError `fit: x must be finite (x[12][3] is nan)`.
void check_finite(const char* caller, const char* name, const Tensor& x);
/// These rows of x, in this order, as a tensor of their own.
Tensor take_rows(const Tensor& x, std::span<const std::int64_t> rows);
/// The mean of what a loss or metric gave for this many rows: one value per row, or one in all
/// (else ShapeError).
Tensor row_mean(const Tensor& values, std::int64_t rows);
/// Rows [start, stop).
Tensor row_range(const Tensor& x, std::int64_t start, std::int64_t stop);

/// Means over rows that come in batches: of the loss, then of each metric.
class RowMeans {
 public:
  explicit RowMeans(std::size_t count) : sums_(count) {}
  void add(std::size_t i, double mean, std::int64_t rows) {
    sums_[i] += mean * static_cast<double>(rows);
  }
  void add_rows(std::int64_t rows) { rows_ += static_cast<double>(rows); }
  double operator[](std::size_t i) const { return sums_[i] / rows_; }
  void clear() {
    rows_ = 0;
    for (double& sum : sums_) sum = 0;
  }

 private:
  double rows_ = 0;
  std::vector<double> sums_;
};

}  // namespace gradus::inline GRADUS_VARIANT::detail
