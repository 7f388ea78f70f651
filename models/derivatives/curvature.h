#pragma once
/// Curvature of a loss: Hessian-vector products and the largest curvatures, exact. The functions
/// are defined in gradus::gradus_dual alone.

#include <gradus/models/sequential.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// The parameters' values in a row, in the parameters' order.
using Direction = std::vector<double>;

/// H v for at most seven directions v, H the Hessian of the loss by the parameters at their present
/// values: one gradient over duals whose values move along v. `loss` makes a scalar Tensor from the
/// parameters, whose values it must not change. ShapeError unless each direction has the
/// parameters' size; ValueError for more than seven.
std::vector<Direction> hessian_times(const std::function<Tensor()>& loss,
                                     std::span<const Tensor> parameters,
                                     std::span<const Direction> directions);

/// The state that one call of sharpness() leaves for the next, and the limits of a call.
struct Curvature {
  std::vector<Direction> directions =
      {};                   ///< orthonormal, by falling curvature; empty: random ones
  double tolerance = 1e-9;  ///< of the greatest curvature, relative
  int most_products = 200;  ///< evaluations of seven products at most
  int products = 0;         ///< evaluations that the last call took
};

/// The seven curvatures of greatest size (fewer for fewer weights), greatest first: eigenvalues of
/// the Hessian. Gradient descent at a rate above 2 / front() leaves a minimum of that curvature.
///
/// Block iteration (Golub and Van Loan, "Matrix computations", 8.2): products with seven
/// directions, orthonormal again, until the greatest Ritz value stands still. Beginning at
/// `memory`'s directions, a call after a small step of training takes a few products.
///
///     Curvature memory;
///     const auto loss = [&] { return mean(square(net(x) - y)); };
///     double limit = 2 / sharpness(loss, net.parameters(), memory).front();
std::vector<double> sharpness(const std::function<Tensor()>& loss,
                              std::span<const Tensor> parameters, Curvature& memory);

/// Records the greatest curvature before updates 0, every, 2 every, ... of fit(), and adds it to
/// History and logs as "sharpness".
///
///     History h = net.fit(x, y, {.callbacks = {Sharpness{.every = 10}}});
///     double limit = 2 / h["sharpness"].back();  // of the rate; with momentum 1 + mu times more
struct Sharpness {
  Count every = 10;                              ///< updates, >= 1
  std::function<Tensor(Sequential&)> loss = {};  ///< null: that of all rows fit() trains on
  std::vector<double> values = {};
  Curvature memory = {};
  Step measured = -1;  ///< the last of these updates

  void on_train_batch_begin(std::int64_t batch, const Logs& logs, Sequential& model);
  void add_to(Logs& logs) const {
    logs.set("sharpness", values.empty() ? std::nan("") : values.back());
  }
  static void fields(auto& self, auto&& field) {
    field("every", self.every, rules::one_or_more);
    field("loss", self.loss);
  }
};

}}  // namespace gradus
