#include <gradus/core/functions.h>

/// Formulas of optimizers, each one pass over the weights. They are kernels rather than code in the
/// headers of the rules, so that they are compiled per instruction set, not with a user's flags.
namespace gradus { inline namespace GRADUS_VARIANT { namespace detail { namespace GRADUS_ISA {
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

template <bool amsgrad>
void adam_pass(const AdamFactors& f, const Scalar* __restrict g, Scalar* __restrict m,
               Scalar* __restrict v, Scalar* __restrict v_max, Scalar* __restrict w,
               std::int64_t n) {
  const auto [one_minus_beta_1, one_minus_beta_2, rate, epsilon] = f;
  for (std::int64_t i = 0; i < n; ++i) {
    m[i] += (g[i] - m[i]) * one_minus_beta_1;
    v[i] += (g[i] * g[i] - v[i]) * one_minus_beta_2;
    if (amsgrad) v_max[i] = v_max[i] > v[i] ? v_max[i] : v[i];
    w[i] -= rate * m[i] / (sqrt(amsgrad ? v_max[i] : v[i]) + epsilon);
  }
}

void adam(const AdamFactors& factors, const Scalar* g, Scalar* m, Scalar* v, Scalar* v_max,
          Scalar* w, std::int64_t n) {
  v_max ? adam_pass<true>(factors, g, m, v, v_max, w, n)
        : adam_pass<false>(factors, g, m, v, nullptr, w, n);
}

void combine(Scalar a, const Scalar* x, Scalar b, Scalar* y, std::int64_t n) {
  if (is_zero(b))
    for (std::int64_t i = 0; i < n; ++i) y[i] = a * x[i];
  else
    for (std::int64_t i = 0; i < n; ++i) y[i] = a * x[i] + b * y[i];
}

/// Eight running sums, so that an addition does not wait for the one before.
Real sum_of_squares(const Scalar* x, double scale, std::int64_t n) {
  constexpr std::int64_t lanes = 8;
  Real lane[lanes] = {}, total = 0;
  const auto square = [&](std::int64_t i) {
    const Real scaled = scale * static_cast<Real>(x[i]);
    return scaled * scaled;
  };
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    for (std::int64_t j = 0; j < lanes; ++j) lane[j] += square(i + j);
  for (; i < n; ++i) total += square(i);
  for (const Real sum : lane) total += sum;
  return total;
}

}  // namespace

void fill_updates(Kernels& table) {
  table.sgd = sgd;
  table.sgd_momentum = sgd_momentum;
  table.adam = adam;
  table.combine = combine;
  table.sum_of_squares = sum_of_squares;
}

}}}}  // namespace gradus::detail::GRADUS_ISA
