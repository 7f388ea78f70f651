#include <gradus/core/kernels.h>

/// Optimizers' formulas, each one pass over the weights. Here rather than in the rules' headers, so
/// that they are compiled for this processor and not with the flags of whoever includes the rule.
namespace gradus::inline GRADUS_VARIANT::detail::GRADUS_ISA {
namespace {

void sgd(Scalar rate, const Scalar* __restrict g, Scalar* __restrict w, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) w[i] -= rate * g[i];
}

void sgd_momentum(Scalar rate, Scalar mu, bool nesterov, const Scalar* __restrict g,
                  Scalar* __restrict v, Scalar* __restrict w, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    v[i] = mu * v[i] - rate * g[i];
    w[i] += nesterov ? mu * v[i] - rate * g[i] : v[i];
  }
}

}  // namespace

void fill_updates(Kernels& table) {
  table.sgd = sgd;
  table.sgd_momentum = sgd_momentum;
}

}  // namespace gradus::inline GRADUS_VARIANT::detail::GRADUS_ISA
