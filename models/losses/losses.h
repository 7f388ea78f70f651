#pragma once
/// Losses: the numbers that training minimizes. Names and options are those of keras.losses.
///
/// y is a row's target and p its output; "mean" is over all outputs of a row, sum and max are over
/// the last axis, the classes. Targets of shape (n) fit outputs (n, 1); any other difference of
/// shapes is a ShapeError, never a broadcast. Loss and Metric check options (ValueError).

#include <gradus/core/ops.h>
#include <gradus/models/loss.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace detail {

/// -1 and 1 for 0 and 1, if there is nothing else.
Tensor signed_labels(const auto& loss, const Tensor& y_true, const Tensor& y_pred) {
  const Tensor y = fitted(loss, y_true, y_pred);
  const bool binary = std::ranges::all_of(y.values(), [](Scalar v) { return v == 0 || v == 1; });
  return binary ? 2 * y - 1 : y;
}
inline Tensor cut(const Tensor& p) { return clip(p, keras_epsilon, 1 - keras_epsilon); }
inline Tensor distribution(const Tensor& p) {
  return cut(p / sum(p, {.axis = -1, .keepdims = true}));
}
inline Tensor log_distribution(const Tensor& y_pred, bool from_logits) {
  return from_logits ? log_softmax(y_pred) : log(distribution(y_pred));
}
/// Of each output alone.
inline Tensor crossentropy(const Tensor& y, const Tensor& y_pred, bool from_logits) {
  if (from_logits) return y * softplus(-y_pred) + (1 - y) * softplus(y_pred);
  const Tensor p = cut(y_pred);
  return -(y * log(p) + (1 - y) * log(1 - p));
}
/// The targets after label_smoothing.
Tensor smoothed(const auto& loss, const Tensor& y_true, const Tensor& y_pred,
                std::int64_t classes) {
  const Tensor y = fitted(loss, y_true, y_pred);
  const double s = loss.label_smoothing;
  return s == 0 ? y : y * (1 - s) + s / static_cast<double>(classes);
}

}  // namespace detail

// ---- numbers ------------------------------------------------------------------------------------

/// mean (p - y)^2.
struct MeanSquaredError {
  static constexpr bool like_outputs = true;
  static constexpr int degree = 2;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const {
    return detail::row_means(squared_difference(y_pred, detail::fitted(*this, y_true, y_pred)));
  }
};

/// mean |p - y|; slope 0 where they are equal.
struct MeanAbsoluteError {
  static constexpr bool like_outputs = true;
  static constexpr int degree = 1;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const {
    return detail::row_means(abs(y_pred - detail::fitted(*this, y_true, y_pred)));
  }
};

/// 100 mean |p - y| / max(|y|, 1e-7): per cent; very large where a target is 0.
struct MeanAbsolutePercentageError {
  static constexpr bool like_outputs = true;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const {
    const Tensor y = detail::fitted(*this, y_true, y_pred);
    return 100 * detail::row_means(abs((y_pred - y) / maximum(abs(y), detail::keras_epsilon)));
  }
};

/// mean (log(1 + p) - log(1 + y))^2; values below 1e-7 on either side count as 1e-7.
struct MeanSquaredLogarithmicError {
  static constexpr bool like_outputs = true;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const {
    const Tensor y = detail::fitted(*this, y_true, y_pred);
    const Tensor log_p = log1p(maximum(y_pred, detail::keras_epsilon));
    return detail::row_means(square(log_p - log1p(maximum(y, detail::keras_epsilon))));
  }
};

/// With e = |p - y|: mean of e^2 / 2 up to delta, and delta e - delta^2 / 2 beyond, so that the
/// slope of outliers is bounded (Huber 1964).
struct Huber {
  double delta = 1;  ///< > 0
  static constexpr bool like_outputs = true;
  static constexpr int degree = 2;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const {
    const Tensor error = y_pred - detail::fitted(*this, y_true, y_pred);
    const Tensor near = clip(error, -delta, delta);  // e^2 / 2 near, and delta (e - delta / 2) far
    return detail::row_means(near * (error - 0.5 * near));
  }
  static void fields(auto& self, auto&& field) { field("delta", self.delta, rules::positive); }
};

/// mean log cosh(p - y), as e + softplus(-2 e) - log 2, which does not overflow.
struct LogCosh {
  static constexpr const char* name = "logcosh";  ///< its key as a metric, as in Keras
  static constexpr bool like_outputs = true;
  static constexpr int degree = 2;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const {
    const Tensor error = y_pred - detail::fitted(*this, y_true, y_pred);
    return detail::row_means(error + softplus(-2 * error) - std::numbers::ln2);
  }
};

/// mean p - y log(p + 1e-7): up to a constant, -log of the likelihood of counts y at rates p.
struct Poisson {
  static constexpr bool like_outputs = true;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const {
    const Tensor y = detail::fitted(*this, y_true, y_pred);
    return detail::row_means(y_pred - y * log(y_pred + detail::keras_epsilon));
  }
};

/// -cos of the angle between target and output along an axis: -1 when they point the same way, 0
/// at a right angle or when one is 0. As a metric it is the cosine, and higher is better.
struct CosineSimilarity {
  int axis = -1;
  static constexpr bool negated = true, like_outputs = true;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const {
    const Tensor y = detail::fitted(*this, y_true, y_pred);
    const Tensor products = detail::unit_vectors(y, axis) * detail::unit_vectors(y_pred, axis);
    return detail::row_means(-sum(products, {.axis = axis}));
  }
  static void fields(auto& self, auto&& field) { field("axis", self.axis); }
};

// ---- margins ------------------------------------------------------------------------------------
// Labels are -1 and 1; in a batch that holds only 0 and 1, 0 stands for -1. Targets with 0 and
// another number than 0 and 1 are a ValueError, since the loss of a row would depend on its batch.

/// mean max(1 - y p, 0).
struct Hinge {
  static constexpr auto check_targets = detail::check_labels;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const {
    const Tensor y = detail::signed_labels(*this, y_true, y_pred);
    return detail::row_means(maximum(1 - y * y_pred, 0));
  }
};

/// mean max(1 - y p, 0)^2.
struct SquaredHinge {
  static constexpr auto check_targets = detail::check_labels;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const {
    const Tensor y = detail::signed_labels(*this, y_true, y_pred);
    return detail::row_means(square(maximum(1 - y * y_pred, 0)));
  }
};

/// max(neg - pos + 1, 0), with pos = sum y p the output of the true class and neg = max (1 - y) p
/// the largest of the others; y is one-hot.
struct CategoricalHinge {
  static constexpr bool like_outputs = true;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const {
    const Tensor y = detail::fitted(*this, y_true, y_pred);
    const Tensor pos = sum(y * y_pred, {.axis = -1}), neg = max((1 - y) * y_pred, {.axis = -1});
    return detail::row_means(maximum(neg - pos + 1, 0));
  }
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
  static constexpr auto check_targets = detail::check_probabilities;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const {
    const Tensor y = detail::smoothed(*this, y_true, y_pred, 2);
    return detail::row_means(detail::crossentropy(y, y_pred, from_logits));
  }
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
  static constexpr auto check_targets = detail::check_probabilities;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const {
    const Tensor y = detail::smoothed(*this, y_true, y_pred, 2);
    const Tensor p = detail::cut(from_logits ? sigmoid(y_pred) : y_pred);
    Tensor each =
        pow(y * (1 - p) + (1 - y) * p, gamma) * detail::crossentropy(y, y_pred, from_logits);
    if (apply_class_balancing) each = each * (y * alpha + (1 - y) * (1 - alpha));
    return detail::row_means(each);
  }
  static void fields(auto& self, auto&& field) {
    field("apply_class_balancing", self.apply_class_balancing);
    field("alpha", self.alpha, rules::unit_interval);
    field("gamma", self.gamma, rules::not_negative);
    BinaryCrossentropy::fields(self, field);
  }
};

/// -sum y log p over the last axis, for targets that are probabilities of the classes: one-hot, or
/// soft. ValueError for a row with a value outside [0, 1] or a sum that differs from 1 by more than
/// 0.002 (0.333 three times is accepted).
struct CategoricalCrossentropy {
  bool from_logits = false;
  double label_smoothing = 0;  ///< s in [0, 1): y becomes y (1 - s) + s / classes
  static constexpr auto check_targets = detail::check_distributions;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const {
    const Tensor y = detail::smoothed(*this, y_true, y_pred, y_pred.shape().back());
    return detail::row_means(-sum(y * detail::log_distribution(y_pred, from_logits), {.axis = -1}));
  }
  static void fields(auto& self, auto&& field) { BinaryCrossentropy::fields(self, field); }
};

/// -alpha sum y (1 - p)^gamma log p; targets as for CategoricalCrossentropy (Lin et al. 2017).
struct CategoricalFocalCrossentropy {
  double alpha = 0.25;  ///< >= 0
  double gamma = 2;     ///< >= 0
  bool from_logits = false;
  double label_smoothing = 0;  ///< in [0, 1)
  static constexpr auto check_targets = detail::check_distributions;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const {
    const Tensor y = detail::smoothed(*this, y_true, y_pred, y_pred.shape().back());
    const Tensor p = from_logits ? detail::cut(softmax(y_pred)) : detail::distribution(y_pred);
    const Tensor focus = pow(1 - p, gamma) * detail::log_distribution(y_pred, from_logits);
    return detail::row_means(-alpha * sum(y * focus, {.axis = -1}));
  }
  static void fields(auto& self, auto&& field) {
    field("alpha", self.alpha, rules::not_negative);
    field("gamma", self.gamma, rules::not_negative);
    BinaryCrossentropy::fields(self, field);
  }
};

/// -log p[y] for a class number y per row, of shape (n) or (n, 1), and outputs (n, classes). From
/// logits it is logsumexp(z) - z[y]. ValueError for a target that is not a class number.
struct SparseCategoricalCrossentropy {
  bool from_logits = false;
  std::optional<int> ignore_class = {};  ///< leaves rows with this number out
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const {
    const auto each = [&](const Tensor& y, const Tensor& z) {
      return from_logits ? logsumexp(z, {.axis = -1}) - pick(z, y)
                         : -pick(log(detail::distribution(z)), y);
    };
    if (!ignore_class) return each(y_true, y_pred);
    const Tensor kept = counted(y_true);  // ignored rows: class 0 of equal outputs, then times 0
    const Tensor column = reshape(kept, {kept.size(), 1});
    return kept * each(reshape(y_true, kept.shape()) * kept, where(column, y_pred, 1));
  }
  void check_targets(const Tensor& y_true, const Shape& y_pred) const {
    detail::check_classes("SparseCategoricalCrossentropy", y_true, y_pred, ignore_class);
  }
  /// Class numbers are whole, so the difference from another class is at least 1.
  Tensor counted(const Tensor& y_true) const {
    if (!ignore_class) return {};
    return minimum(abs(reshape(y_true, {y_true.size()}) - *ignore_class), 1);
  }
  static void fields(auto& self, auto&& field) {
    field("from_logits", self.from_logits), field("ignore_class", self.ignore_class);
  }
};

/// (1 - p[y]^q) / q for class numbers y and probabilities (n, classes): between crossentropy
/// (q to 0) and absolute error (q to 1), for labels that may be wrong (Zhang and Sabuncu 2018).
struct CategoricalGeneralizedCrossEntropy {
  double q = 0.5;  ///< in (0, 1)
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const {
    return (1 - pow(pick(y_pred, y_true), q)) / q;
  }
  void check_targets(const Tensor& y_true, const Shape& y_pred) const {
    detail::check_classes("CategoricalGeneralizedCrossEntropy", y_true, y_pred);
  }
  static void fields(auto& self, auto&& field) { field("q", self.q, rules::inside_unit_interval); }
};

/// sum y log(y / p) over the last axis, both cut to [1e-7, 1]: Kullback and Leibler's divergence.
struct KLDivergence {
  static constexpr bool like_outputs = true;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const {
    const Tensor y = clip(detail::fitted(*this, y_true, y_pred), detail::keras_epsilon, 1);
    return detail::row_means(
        sum(y * log(y / clip(y_pred, detail::keras_epsilon, 1)), {.axis = -1}));
  }
};

// ---- overlaps -----------------------------------------------------------------------------------
// Of areas in images, or of sets of labels: y and p in [0, 1]. Summed over all axes they give one
// value in all, so they take no sample weights; over all axes but the first, one per row.

/// 1 - 2 sum(y p) / (sum y + sum p + 1e-7).
struct Dice {
  Axes axis = {};  ///< default: all
  static constexpr bool like_outputs = true;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const {
    const Tensor y = detail::fitted(*this, y_true, y_pred);
    const Reduction over{.axis = axis};
    const Tensor both = sum(y, over) + sum(y_pred, over);
    return 1 - 2 * sum(y * y_pred, over) / (both + detail::keras_epsilon);
  }
  static void fields(auto& self, auto&& field) { field("axis", self.axis); }
};

/// 1 - hit / (hit + alpha sum((1 - y) p) + beta sum(y (1 - p)) + 1e-7), hit = sum(y p): alpha
/// weighs false positives, beta false negatives (Salehi et al. 2017). 0.5 and 0.5 give Dice.
struct Tversky {
  double alpha = 0.5;  ///< >= 0
  double beta = 0.5;   ///< >= 0
  Axes axis = {};      ///< default: all
  static constexpr bool like_outputs = true;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const {
    const Tensor y = detail::fitted(*this, y_true, y_pred);
    const Reduction over{.axis = axis};
    const Tensor hit = sum(y * y_pred, over);
    const Tensor wrong = sum((1 - y) * y_pred, over), missed = sum(y * (1 - y_pred), over);
    return 1 - hit / (hit + alpha * wrong + beta * missed + detail::keras_epsilon);
  }
  static void fields(auto& self, auto&& field) {
    field("alpha", self.alpha, rules::not_negative), field("beta", self.beta, rules::not_negative);
    field("axis", self.axis);
  }
};

}}  // namespace gradus
