#pragma once
/// Data to train on: a pair of tensors with names, splitting, standardisation, and small synthetic
/// data sets. Reading files: read_csv.h, read_idx.h.

#include <functional>
#include <memory>

#include <gradus/core/ops.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// A tensor that keeps the doubles that its values were rounded from. A float has 7 digits, the
/// numbers of a file up to 16: seconds since 1970 become floats in steps of 128. standardization(),
/// slice() and gather_rows() use the doubles; any other op gives a plain Tensor of the values.
class ExactTensor : public Tensor {
 public:
  using Tensor::Tensor;
  ExactTensor() = default;
  ExactTensor(Tensor values) : Tensor(std::move(values)) {}
  /// From numbers in row-major order. ShapeError unless their number fits the shape.
  static ExactTensor from_doubles(const Shape& shape, std::vector<double> numbers);

  /// Element i in row-major order, before it was rounded.
  double exact(std::size_t i) const { return doubles_ ? (*doubles_)[i] : value(values()[i]); }
  /// Moves the elements by a function of a Tensor that only chooses and arranges them.
  ExactTensor arranged(const std::function<Tensor(const Tensor&)>& arrange) const;

 private:
  std::shared_ptr<const std::vector<double>> doubles_;  ///< none if the values are exact
};

// Templates, so that a braced list is still a Tensor.
template <std::same_as<ExactTensor> T>
T slice(const T& x, int axis, std::int64_t start, std::int64_t stop, std::int64_t step = 1) {
  return x.arranged([&](const Tensor& part) { return slice(part, axis, start, stop, step); });
}
template <std::same_as<ExactTensor> T>
T gather_rows(const T& x, const Indices& rows) {
  return x.arranged([&](const Tensor& part) { return gather_rows(part, rows); });
}

/// Inputs and targets, one row each per example.
struct Dataset {
  ExactTensor x = {};                     ///< (rows, features), or (rows, height, width) for images
  ExactTensor y = {};                     ///< (rows) class numbers, or (rows, 1) values
  std::vector<std::string> columns = {};  ///< names of the features, if the source has them
  std::vector<std::string> classes = {};  ///< the class names in order of their numbers
  std::string label = {};                 ///< name of the target, if the source has one
  std::vector<std::int64_t> dropped = {};  ///< rows, from 0, that drop_missing left out; rising
  std::vector<std::string> notes = {};     ///< sentences for people about the source
};

// ---- splitting and standardising ----------------------------------------------------------------

struct Split {
  Dataset train, test;
};

/// The rows left for training when a share of them is held back: floor(rows (1 - share)), as Keras
/// cuts them, where `share` is the shortest decimal number of its value. So a share of 0.9 leaves
/// 10 of 100 rows, and 0.3 leaves 17 of 25. Needs 0 <= share < 1.
std::int64_t rows_kept(std::int64_t rows, double share);

/// Deals the rows at random: rows_kept(rows, test_fraction) for training, the rest for testing.
/// ValueError unless both sides get a row; ShapeError if x and y differ in rows.
Split split(const Dataset& data, double test_fraction, std::uint64_t seed = 0);

/// Brings each column to mean 0 and deviation 1. Make it from the training rows and apply it to
/// both sides, so that the test rows do not leak into training:
///
///     const Standardization scale = standardization(train.x);
///     model.fit(scale(train.x), train.y);
///     model.evaluate(scale(test.x), test.y);
///
/// The mean is taken off in double, before the values become floats.
struct Standardization {
  ExactTensor mean;  ///< (features)
  Tensor deviation;  ///< (features)

  /// (x - mean) / deviation for a number of a column.
  double scaled(double x, std::size_t column) const {
    return (x - mean.exact(column)) / value(deviation.values()[column]);
  }
  /// The same for rows. ShapeError unless x is (rows, features) with as many features.
  Tensor operator()(const ExactTensor& x) const;
  /// z deviation + mean, computed in double. ShapeError as above.
  ExactTensor undo(const ExactTensor& z) const;
};

/// The mean and the deviation, sqrt(mean((x - mean)^2)), of each column; a constant column gets
/// deviation 1. ValueError on no rows, ShapeError unless rank 2.
Standardization standardization(const ExactTensor& x);
namespace detail {
/// The same for rows that `write_row(i, to)` writes.
Standardization standardization_of(std::size_t rows, std::size_t width,
                                   const std::function<void(std::size_t, double*)>& write_row);
}  // namespace detail

// ---- synthetic data -----------------------------------------------------------------------------
// The same options give the same rows. The rows are in random order, so that any part of them is a
// fair sample. `noise` is the deviation of the normal noise on each coordinate (on y for a
// line). ValueError for an option outside its range.
//
// For classification y has shape (rows) and holds the classes 0, 1, ..., which alternate. For a
// single sigmoid output use reshape(data.y, {-1, 1}).

/// y = slope x + intercept + noise, x uniform in [low, high). Shapes (rows, 1).
struct LineOptions {
  Extent rows = 100;
  double noise = 0.1;
  std::uint64_t seed = 0;
  double slope = 2, intercept = 1, low = -1, high = 1;
};
Dataset make_line(const LineOptions& options = {});

/// The corners (0,0), (0,1), (1,0), (1,1) over and over, of class 0, 1, 1, 0: no straight line
/// separates them. By default the truth table; more rows and noise make clouds.
struct XorOptions {
  Extent rows = 4;
  double noise = 0;
  std::uint64_t seed = 0;
};
Dataset make_xor(const XorOptions& options = {});

/// Two interlocking half circles of radius 1, as scikit-learn's, with points at random places:
/// (cos t, sin t) and (1 - cos t, 1/2 - sin t) with t uniform in [0, pi).
struct MoonsOptions {
  Extent rows = 100;
  double noise = 0.1;
  std::uint64_t seed = 0;
};
Dataset make_moons(const MoonsOptions& options = {});

/// One spiral arm per class, from the centre to radius 1: class k of K is at radius t and angle
/// 2 pi (k / K + turns t), with t uniform in [0, 1).
struct SpiralsOptions {
  Extent rows = 200;
  double noise = 0.02;
  std::uint64_t seed = 0;
  Extent classes = 2;
  double turns = 1;
};
Dataset make_spirals(const SpiralsOptions& options = {});

/// One round cloud per class, as scikit-learn's: centres uniform in [-center_box, center_box) along
/// each feature; `noise` is its cluster_std.
struct BlobsOptions {
  Extent rows = 100;
  double noise = 1;
  std::uint64_t seed = 0;
  Extent features = 2, centers = 3;
  double center_box = 10;
};
Dataset make_blobs(const BlobsOptions& options = {});

/// Images of the digits 0 to 9, 8 by 8: a printed 5 by 7 figure at one of six positions, ink 1 on
/// paper 0, with noise on each pixel. Each row of x has the 64 pixels line by line, from the top.
struct DigitsOptions {
  Extent rows = 500;
  double noise = 0.5;
  std::uint64_t seed = 0;
};
Dataset make_digits(const DigitsOptions& options = {});

}}  // namespace gradus
