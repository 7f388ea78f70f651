#pragma once
/// Adafactor: Adam's scaling, remembered as one number per row and one per column.

#include <gradus/optim/optimizer.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// With b = 1 - T^beta_2_decay, T = 1, 2, ...:
/// Rank >= 2: r and c are running means, r = b r + (1 - b) (...), of the means of g^2 + epsilon_1
/// over each row and each column of the last two axes, and v = r c / mean(r). Other ranks: v is a
/// running mean of g^2 + epsilon_1.
/// d = g / sqrt(v), divided by max(1, rms(d) / clip_threshold);
/// w -= max(epsilon_2, rms(w)) min(learning_rate, 1 / sqrt(T)) d.
/// Shazeer and Stern, "Adafactor: adaptive learning rates with sublinear memory cost", 2018. Keras:
/// keras.optimizers.Adafactor; relative_step has no effect there, nor here.
/// ValueError unless learning_rate and epsilon_2 >= 0, beta_2_decay <= 0, epsilon_1 and
/// clip_threshold > 0.
struct Adafactor {
  Schedule learning_rate = 0.001;
  Real beta_2_decay = -0.8, epsilon_1 = 1e-30, epsilon_2 = 1e-3, clip_threshold = 1.0;
  bool relative_step = true;

  int slots() const { return 3; }
  /// r has the parameter's shape without the last axis, c without the one before; a vector has v.
  SlotInfo slot_info(int i, const Shape& shape) const {
    const bool factored = shape.rank() >= 2;
    if (i == 2) return {"velocity", 0, factored ? Shape{0} : shape, true};
    Shape kept;
    for (int axis = 0; axis < shape.rank(); ++axis)
      if (axis != shape.rank() - 1 - i) kept.push_back(shape[axis]);
    return {i == 0 ? "r" : "c", 0, factored ? kept : Shape{0}, true};
  }
  void update(ParameterUpdate& u) const {
    const detail::Buffer buffer(static_cast<std::int64_t>(u.w.size()));
    const std::span<Scalar> d(buffer.data(), u.w.size());
    u.shape.rank() >= 2 ? scale_by_factors(u, d) : scale(u, d);
    const Real rho = std::min(u.learning_rate, Real(1 / std::sqrt(u.count())));
    const Real size = std::max(epsilon_2, rms(u.w));
    const Real clip = std::max(Real(1), rms(d) / clip_threshold);
    const auto rate = static_cast<Scalar>(size * rho / clip);
    for (std::size_t i = 0; i < u.w.size(); ++i) u.w[i] -= rate * d[i];
  }

  static void fields(auto& self, auto&& field) {
    using namespace rules;
    field("learning_rate", self.learning_rate, not_negative, optional);
    field("beta_2_decay", self.beta_2_decay, not_positive, optional);
    field("epsilon_1", self.epsilon_1, positive_scalar, optional);
    field("epsilon_2", self.epsilon_2, not_negative, optional);
    field("clip_threshold", self.clip_threshold, positive, optional);
    field("relative_step", self.relative_step, anything, optional);
  }

 private:
  static Real rms(std::span<const Scalar> x) {
    return detail::norm(x) / std::sqrt(static_cast<double>(x.size()));
  }
  Scalar fresh(const ParameterUpdate& u) const {
    using std::pow;
    return static_cast<Scalar>(pow(u.count(), beta_2_decay));
  }
  Scalar square(Scalar g) const { return g * g + static_cast<Scalar>(epsilon_1); }

  void scale(ParameterUpdate& u, std::span<Scalar> d) const {
    using std::sqrt;
    const std::span<Scalar> v = u.slot(2);
    const Scalar share = fresh(u);
    for (std::size_t i = 0; i < d.size(); ++i) {
      v[i] += (square(u.g[i]) - v[i]) * share;
      d[i] = u.g[i] / sqrt(v[i]);
    }
  }
  /// Scales each matrix of the last two axes.
  void scale_by_factors(ParameterUpdate& u, std::span<Scalar> d) const {
    const auto rows = static_cast<std::size_t>(u.shape[-2]);
    const auto columns = static_cast<std::size_t>(u.shape[-1]);
    for (std::size_t at = 0; at < d.size(); at += rows * columns)
      scale_matrix(u.g.subspan(at, rows * columns), u.slot(0).subspan(at / columns, rows),
                   u.slot(1).subspan(at / rows, columns), fresh(u), d.subspan(at, rows * columns));
  }
  void scale_matrix(std::span<const Scalar> g, std::span<Scalar> r, std::span<Scalar> c,
                    Scalar fresh, std::span<Scalar> d) const {
    using std::sqrt;
    const std::size_t rows = r.size(), columns = c.size();
    for (Scalar& mean : r) mean *= 1 - fresh;
    for (Scalar& mean : c) mean *= 1 - fresh;
    for (std::size_t i = 0; i < g.size(); ++i) {
      r[i / columns] += fresh * square(g[i]) / static_cast<Scalar>(columns);
      c[i % columns] += fresh * square(g[i]) / static_cast<Scalar>(rows);
    }
    Scalar mean = 0;
    for (const Scalar of_row : r) mean += of_row / static_cast<Scalar>(rows);
    for (std::size_t i = 0; i < g.size(); ++i)
      d[i] = g[i] / sqrt(r[i / columns] / mean * c[i % columns]);
  }
};

}}  // namespace gradus
