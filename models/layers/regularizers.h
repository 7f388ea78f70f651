#pragma once
/// Regularizers: penalties for large weights, added to the loss once per batch. Names and defaults
/// are Keras's (keras.regularizers). A regularizer is any callable `Tensor(const Tensor& weight)`
/// that returns one number. Options are checked when the struct becomes a Regularizer (ValueError).

#include <gradus/core/ops.h>
#include <gradus/models/function.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// One of the structs below, any callable, or null.
using Regularizer = Function<Tensor(const Tensor&)>;

/// l1 sum |w|: drives weights to 0; slope 0 at 0.
struct L1 {
  Real l1 = 0.01;  ///< >= 0
  Tensor operator()(const Tensor& weight) const { return l1 * sum(abs(weight)); }
  static void fields(auto& self, auto&& field) { field("l1", self.l1, rules::not_negative); }
};

/// l2 sum w^2, without the factor 1/2 of some texts.
struct L2 {
  Real l2 = 0.01;  ///< >= 0
  Tensor operator()(const Tensor& weight) const { return l2 * sum(square(weight)); }
  static void fields(auto& self, auto&& field) { field("l2", self.l2, rules::not_negative); }
};

/// l1 sum |w| + l2 sum w^2.
struct L1L2 {
  Real l1 = 0;  ///< >= 0
  Real l2 = 0;  ///< >= 0
  Tensor operator()(const Tensor& w) const { return l1 * sum(abs(w)) + l2 * sum(square(w)); }
  static void fields(auto& self, auto&& field) {
    field("l1", self.l1, rules::not_negative), field("l2", self.l2, rules::not_negative);
  }
};

/// `factor` times the mean |cosine| of the angles between the rows, or columns, of a matrix, each
/// pair once: 0 when all are at right angles. ShapeError unless rank 2.
struct OrthogonalRegularizer {
  enum class Vectors { rows, columns };
  double factor = 0.01;  ///< >= 0
  Vectors mode = Vectors::rows;
  Tensor operator()(const Tensor& weight) const;
  static void fields(auto& self, auto&& field) {
    field("factor", self.factor, rules::not_negative), field("mode", self.mode);
  }
};

}}  // namespace gradus
