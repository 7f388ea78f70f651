#pragma once
/// Losses: the numbers that training minimizes. Names, options and their order are Keras's
/// (keras.losses).
///
/// y is a row's target and p its output; "mean" is over all outputs of a row, sum and max are over
/// the last axis, the classes. Targets of shape (n) fit outputs (n, 1); any other difference of
/// shapes is a ShapeError, never a broadcast. Options are checked when the struct becomes a Loss or
/// a Metric (ValueError).

#include <cstdint>
#include <optional>

#include <gradus/core/ops.h>
#include <gradus/models/loss.h>

namespace gradus { inline namespace GRADUS_VARIANT {

// ---- numbers ------------------------------------------------------------------------------------

/// mean (p - y)^2.
struct MeanSquaredError {
  static constexpr bool like_outputs = true;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
};

/// mean |p - y|; slope 0 where they are equal.
struct MeanAbsoluteError {
  static constexpr bool like_outputs = true;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
};

/// 100 mean |p - y| / max(|y|, 1e-7): per cent; very large where a target is 0.
struct MeanAbsolutePercentageError {
  static constexpr bool like_outputs = true;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
};

/// mean (log(1 + p) - log(1 + y))^2; values below 1e-7 on either side count as 1e-7.
struct MeanSquaredLogarithmicError {
  static constexpr bool like_outputs = true;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
};

/// With e = |p - y|: mean of e^2 / 2 up to delta, and delta e - delta^2 / 2 beyond, so that the
/// slope of outliers is bounded (Huber 1964).
struct Huber {
  double delta = 1;  ///< > 0
  static constexpr bool like_outputs = true;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
  static void fields(auto& self, auto&& field) { field("delta", self.delta, rules::positive); }
};

/// mean log cosh(p - y), as e + softplus(-2 e) - log 2, which does not overflow.
struct LogCosh {
  static constexpr const char* name = "logcosh";  ///< its key as a metric, as in Keras
  static constexpr bool like_outputs = true;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
};

/// mean p - y log(p + 1e-7): up to a constant, -log of the likelihood of counts y at rates p.
struct Poisson {
  static constexpr bool like_outputs = true;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
};

/// -cos of the angle between target and output along an axis: -1 when they point the same way, 0
/// at a right angle or when one is 0. As a metric it is the cosine, and higher is better.
struct CosineSimilarity {
  int axis = -1;
  static constexpr bool negated = true;
  static constexpr bool like_outputs = true;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
  static void fields(auto& self, auto&& field) { field("axis", self.axis); }
};

// ---- margins ------------------------------------------------------------------------------------
// Labels are -1 and 1; in a batch that holds only 0 and 1, 0 stands for -1.

/// mean max(1 - y p, 0).
struct Hinge {
  static constexpr bool like_outputs = true;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
};

/// mean max(1 - y p, 0)^2.
struct SquaredHinge {
  static constexpr bool like_outputs = true;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
};

/// max(neg - pos + 1, 0), with pos = sum y p the output of the true class and neg = max (1 - y) p
/// the largest of the others; y is one-hot.
struct CategoricalHinge {
  static constexpr bool like_outputs = true;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
};

// ---- probabilities ------------------------------------------------------------------------------
// A logit z stands for the probability sigmoid(z), or for classes softmax(z). Logits are never cut,
// so prefer them: the last layer of the model then has no activation. Probabilities of classes are
// divided by their sum; then p is cut to [1e-7, 1 - 1e-7], with slope 0 beyond.

/// -(y log p + (1 - y) log(1 - p)), mean, for targets y in [0, 1] (ValueError). From logits it is
/// y softplus(-z) + (1 - y) softplus(z).
struct BinaryCrossentropy {
  bool from_logits = false;
  double label_smoothing = 0;  ///< s in [0, 1): y becomes y (1 - s) + s / 2
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
  void check_targets(const Tensor& y_true, const Shape& y_pred) const;
  static void fields(auto& self, auto&& field) {
    field("from_logits", self.from_logits);
    field("label_smoothing", self.label_smoothing, rules::below_one);
  }
};

/// Binary crossentropy times (1 - q)^gamma, where q = y p + (1 - y)(1 - p) is the probability of
/// the target: rows that are right already count less (Lin et al. 2017). Class balancing multiplies
/// by y alpha + (1 - y)(1 - alpha).
struct BinaryFocalCrossentropy {
  bool apply_class_balancing = false;
  double alpha = 0.25;  ///< the weight of class 1, in [0, 1]
  double gamma = 2;     ///< >= 0; 0 is binary crossentropy
  bool from_logits = false;
  double label_smoothing = 0;  ///< in [0, 1)
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
  void check_targets(const Tensor& y_true, const Shape& y_pred) const;
  static void fields(auto& self, auto&& field) {
    field("apply_class_balancing", self.apply_class_balancing);
    field("alpha", self.alpha, rules::unit_interval);
    field("gamma", self.gamma, rules::not_negative);
    field("from_logits", self.from_logits);
    field("label_smoothing", self.label_smoothing, rules::below_one);
  }
};

/// -sum y log p over the last axis, for targets that are probabilities of the classes: one-hot, or
/// soft. ValueError for a row with a value outside [0, 1] or a sum that differs from 1 by more than
/// 0.002 (0.333 three times is accepted).
struct CategoricalCrossentropy {
  bool from_logits = false;
  double label_smoothing = 0;  ///< s in [0, 1): y becomes y (1 - s) + s / classes
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
  void check_targets(const Tensor& y_true, const Shape& y_pred) const;
  static void fields(auto& self, auto&& field) { BinaryCrossentropy::fields(self, field); }
};

/// -alpha sum y (1 - p)^gamma log p; targets as for CategoricalCrossentropy (Lin et al. 2017).
struct CategoricalFocalCrossentropy {
  double alpha = 0.25;  ///< >= 0
  double gamma = 2;     ///< >= 0
  bool from_logits = false;
  double label_smoothing = 0;  ///< in [0, 1)
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
  void check_targets(const Tensor& y_true, const Shape& y_pred) const;
  static void fields(auto& self, auto&& field) {
    field("alpha", self.alpha, rules::not_negative);
    field("gamma", self.gamma, rules::not_negative);
    field("from_logits", self.from_logits);
    field("label_smoothing", self.label_smoothing, rules::below_one);
  }
};

/// -log p[y] for a class number y per row, of shape (n) or (n, 1), and outputs (n, classes). From
/// logits it is logsumexp(z) - z[y]. ValueError for a target that is not a class number.
struct SparseCategoricalCrossentropy {
  bool from_logits = false;
  std::optional<int> ignore_class = {};  ///< leaves rows with this number out
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
  void check_targets(const Tensor& y_true, const Shape& y_pred) const;
  Tensor counted(const Tensor& y_true) const;
  static void fields(auto& self, auto&& field) {
    field("from_logits", self.from_logits), field("ignore_class", self.ignore_class);
  }
};

/// (1 - p[y]^q) / q for class numbers y and probabilities (n, classes): between crossentropy
/// (q to 0) and absolute error (q to 1), for labels that may be wrong (Zhang and Sabuncu 2018).
struct CategoricalGeneralizedCrossEntropy {
  double q = 0.5;  ///< in (0, 1)
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
  void check_targets(const Tensor& y_true, const Shape& y_pred) const;
  static void fields(auto& self, auto&& field) { field("q", self.q, rules::inside_unit_interval); }
};

/// sum y log(y / p) over the last axis, both cut to [1e-7, 1]: Kullback and Leibler's divergence of
/// the outputs from the targets.
struct KLDivergence {
  static constexpr bool like_outputs = true;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
};

// ---- overlaps -----------------------------------------------------------------------------------
// Of areas in images, or of sets of labels: y and p in [0, 1]. Summed over all axes they give one
// value in all, so they take no sample weights; over all axes but the first, one per row.

/// 1 - 2 sum(y p) / (sum y + sum p + 1e-7).
struct Dice {
  Axes axis = {};  ///< default: all
  static constexpr bool like_outputs = true;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
  static void fields(auto& self, auto&& field) { field("axis", self.axis); }
};

/// 1 - hit / (hit + alpha sum((1 - y) p) + beta sum(y (1 - p)) + 1e-7), hit = sum(y p): alpha
/// weighs false positives, beta false negatives (Salehi et al. 2017). 0.5 and 0.5 give Dice.
struct Tversky {
  double alpha = 0.5;  ///< >= 0
  double beta = 0.5;   ///< >= 0
  Axes axis = {};      ///< default: all
  static constexpr bool like_outputs = true;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
  static void fields(auto& self, auto&& field) {
    field("alpha", self.alpha, rules::not_negative);
    field("beta", self.beta, rules::not_negative);
    field("axis", self.axis);
  }
};

}}  // namespace gradus
