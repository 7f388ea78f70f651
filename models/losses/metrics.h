#pragma once
/// Metrics: what is watched beside the loss. Names, options and their order are Keras's
/// (keras.metrics). Every loss of losses.h is a metric too.
///
/// A row's weight is its sample weight, 1 if none are given. Where a row has several outputs, each
/// of them counts with the row's weight. 0 / 0 is 0. Options are checked when the struct becomes a
/// Metric (ValueError).

#include <cstdint>
#include <optional>

#include <gradus/models/losses.h>
#include <gradus/models/metric.h>

namespace gradus { inline namespace GRADUS_VARIANT {

// ---- accuracies: the share of rows that are right -----------------------------------------------
// The class of a row of outputs is the largest, the first at a tie. A class number is given as (n)
// or (n, 1); a one-hot row stands for its largest element.

/// One of the next three, as the shapes want it: one output per row, BinaryAccuracy; targets that
/// are class numbers, SparseCategoricalAccuracy; else CategoricalAccuracy. Keras:
/// metrics=["accuracy"].
struct Accuracy {
  static constexpr auto direction = Metric::Direction::up;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
};

/// Right if (output > threshold) is the target, 0 or 1.
struct BinaryAccuracy {
  double threshold = 0.5;  ///< finite
  static constexpr auto direction = Metric::Direction::up;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
  static void fields(auto& self, auto&& field) {
    field("threshold", self.threshold, rules::finite_number);
  }
};

/// Right if outputs and one-hot targets have the same class.
struct CategoricalAccuracy {
  static constexpr auto direction = Metric::Direction::up;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
};

/// Right if the outputs' class is the target's class number.
struct SparseCategoricalAccuracy {
  static constexpr auto direction = Metric::Direction::up;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
};

/// Right if fewer than k outputs are larger than that of the target's class.
struct TopKCategoricalAccuracy {
  Extent k = 5;  ///< >= 1
  static constexpr auto direction = Metric::Direction::up;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
  void validate() const;
};

/// The same for class numbers. ValueError for what is no class number.
struct SparseTopKCategoricalAccuracy {
  Extent k = 5;  ///< >= 1
  static constexpr auto direction = Metric::Direction::up;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
  void validate() const;
};

// ---- numbers ------------------------------------------------------------------------------------

/// Keras's name of LogCosh as a metric.
using LogCoshError = LogCosh;

/// sqrt of the mean of (p - y)^2 over all rows.
struct RootMeanSquaredError {
  static constexpr auto direction = Metric::Direction::down;
  void update(std::vector<double>& sums, const Tensor& y_true, const Tensor& y_pred,
              const Tensor& sample_weight) const;
  double result(std::span<const double> sums) const;
};

/// The share of the targets' variance that the outputs explain, 1 - sum(p - y)^2 / sum(y - mean)^2:
/// 1 at best, 0 for predicting the mean; 0 too if the targets are all alike. With n rows and
/// r = num_regressors > 0 it is adjusted, once n > r + 1: 1 - (1 - R2) (n - 1) / (n - r - 1).
struct R2Score {
  /// Of several outputs.
  enum class Aggregation {
    uniform_average,           ///< the mean of their scores
    variance_weighted_average  ///< weighted by the variances of their targets
  };
  Aggregation class_aggregation = Aggregation::uniform_average;
  int num_regressors = 0;  ///< >= 0
  static constexpr auto direction = Metric::Direction::up;
  void update(std::vector<double>& sums, const Tensor& y_true, const Tensor& y_pred,
              const Tensor& sample_weight) const;
  double result(std::span<const double> sums) const;
  static void fields(auto& self, auto&& field) {
    field("num_regressors", self.num_regressors, rules::not_negative);
  }
};

// ---- hits and misses ----------------------------------------------------------------------------
// A target is positive if it is not 0, an output if it is above the threshold. Several outputs per
// row are taken one by one, or only the one of class_id.

/// Hits among what is called positive: TP / (TP + FP).
struct Precision {
  std::optional<double> thresholds = {};  ///< default 0.5; with top_k, none
  std::optional<int> top_k = {};          ///< only a row's k largest outputs may be positive; >= 1
  std::optional<int> class_id = {};       ///< only this output of each row counts
  static constexpr auto direction = Metric::Direction::up;
  void update(std::vector<double>& sums, const Tensor& y_true, const Tensor& y_pred,
              const Tensor& sample_weight) const;
  double result(std::span<const double> sums) const;
  void validate() const;
};

/// Hits among what is positive: TP / (TP + FN). Options as for Precision.
struct Recall {
  std::optional<double> thresholds = {};
  std::optional<int> top_k = {};
  std::optional<int> class_id = {};
  static constexpr auto direction = Metric::Direction::up;
  void update(std::vector<double>& sums, const Tensor& y_true, const Tensor& y_pred,
              const Tensor& sample_weight) const;
  double result(std::span<const double> sums) const;
  void validate() const;
};

/// The weight of all positives called positive.
struct TruePositives {
  double thresholds = 0.5;
  void update(std::vector<double>& sums, const Tensor& y_true, const Tensor& y_pred,
              const Tensor& sample_weight) const;
  double result(std::span<const double> sums) const { return sums[0]; }
  void validate() const;
};
/// The weight of all negatives called positive.
struct FalsePositives {
  double thresholds = 0.5;
  void update(std::vector<double>& sums, const Tensor& y_true, const Tensor& y_pred,
              const Tensor& sample_weight) const;
  double result(std::span<const double> sums) const { return sums[1]; }
  void validate() const;
};
/// The weight of all negatives called negative.
struct TrueNegatives {
  double thresholds = 0.5;
  void update(std::vector<double>& sums, const Tensor& y_true, const Tensor& y_pred,
              const Tensor& sample_weight) const;
  double result(std::span<const double> sums) const { return sums[2]; }
  void validate() const;
};
/// The weight of all positives called negative.
struct FalseNegatives {
  double thresholds = 0.5;
  void update(std::vector<double>& sums, const Tensor& y_true, const Tensor& y_pred,
              const Tensor& sample_weight) const;
  double result(std::span<const double> sums) const { return sums[3]; }
  void validate() const;
};

/// (1 + beta^2) precision recall / (beta^2 precision + recall), with 1e-7 added to each divisor.
/// Without a threshold each row's largest outputs are positive (all of them at a tie).
struct FBetaScore {
  /// From one score per output to one number. Keras's default gives the scores as a list; a Metric
  /// gives a number, so the default here is their mean, the same for a single output.
  enum class Average {
    macro,    ///< the mean of the scores
    micro,    ///< one score from hits and misses of all outputs together
    weighted  ///< weighted by how often each output's target is positive
  };
  Average average = Average::macro;
  double beta = 1;                       ///< > 0; above 1, recall weighs more
  std::optional<double> threshold = {};  ///< in [0, 1]
  static constexpr const char* name = "fbeta_score";
  static constexpr auto direction = Metric::Direction::up;
  void update(std::vector<double>& sums, const Tensor& y_true, const Tensor& y_pred,
              const Tensor& sample_weight) const;
  double result(std::span<const double> sums) const;
  static void fields(auto& self, auto&& field) {
    field("beta", self.beta, rules::positive);
    field("threshold", self.threshold, rules::unit_interval);
  }
};

/// FBetaScore with beta = 1.
struct F1Score {
  using Average = FBetaScore::Average;
  Average average = Average::macro;
  std::optional<double> threshold = {};  ///< in [0, 1]
  static constexpr auto direction = Metric::Direction::up;
  void update(std::vector<double>& sums, const Tensor& y_true, const Tensor& y_pred,
              const Tensor& sample_weight) const;
  double result(std::span<const double> sums) const;
  static void fields(auto& self, auto&& field) {
    field("threshold", self.threshold, rules::unit_interval);
  }
};

/// The area under a curve of hits against misses, as the threshold falls from above 1 to below 0
/// in num_thresholds steps: 1 at best, for ROC 0.5 by chance. Outputs outside [0, 1] are a
/// ValueError.
struct AUC {
  enum class Curve {
    ROC,  ///< recall over the share of negatives called positive
    PR    ///< precision over recall
  };
  /// What stands between two thresholds.
  enum class Summation {
    interpolation,  ///< a straight line; for PR, hits and misses change linearly (Davis and
                    ///< Goadrich 2006)
    minoring,       ///< the lower end
    majoring        ///< the higher end
  };
  Extent num_thresholds = 200;  ///< >= 2
  Curve curve = Curve::ROC;
  Summation summation_method = Summation::interpolation;
  bool from_logits = false;  ///< outputs z stand for sigmoid(z)
  static constexpr auto direction = Metric::Direction::up;
  void update(std::vector<double>& sums, const Tensor& y_true, const Tensor& y_pred,
              const Tensor& sample_weight) const;
  double result(std::span<const double> sums) const;
  void validate() const;
};

}}  // namespace gradus
