#include <array>

#include <gradus/core/elementwise.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail { namespace GRADUS_ISA {
namespace {

/// f(x..., p, q) without the parameters that f does not take.
template <auto f, class... X>
S call(S p, S q, X... x) {
  if constexpr (std::is_invocable_v<decltype(f), X...>)
    return f(x...);
  else if constexpr (std::is_invocable_v<decltype(f), X..., S>)
    return f(x..., p);
  else
    return f(x..., p, q);
}

template <class F>
void map(const S* x, S* y, std::int64_t n, S p, S q) {
  for (std::int64_t i = 0; i < n; ++i) y[i] = call<F::value>(p, q, x[i]);
}

template <class F>
void map_backward(const S* x, const S* y, const S* dy, S* dx, std::int64_t n, S p, S q, bool add) {
  for (std::int64_t i = 0; i < n; ++i) put(dy[i] * call<F::slope>(p, q, x[i], y[i]), dx[i], add);
}

template <class F>
void zip(const Operand& a, const Operand& b, S* __restrict y, std::int64_t rows, std::int64_t n) {
  const S *u = a.data, *v = b.data;
  for (std::int64_t r = 0; r < rows; ++r, u += a.stride, v += b.stride, y += n)
    if (a.repeat)
      for (std::int64_t i = 0; i < n; ++i) y[i] = F::value(u[0], v[i]);
    else if (b.repeat)
      for (std::int64_t i = 0; i < n; ++i) y[i] = F::value(u[i], v[0]);
    else
      for (std::int64_t i = 0; i < n; ++i) y[i] = F::value(u[i], v[i]);
}

template <auto slope>
void zip_backward(const Operand& a, const Operand& b, const S* y, const S* dy, S* dx,
                  std::int64_t rows, std::int64_t n, bool add) {
  const std::int64_t u_step = a.repeat ? 0 : 1, v_step = b.repeat ? 0 : 1;
  const S *u = a.data, *v = b.data;
  for (std::int64_t r = 0; r < rows; ++r) {
    if (!a.repeat && !b.repeat)
      for (std::int64_t i = 0; i < n; ++i) put(dy[i] * slope(u[i], v[i], y[i]), dx[i], add);
    else
      for (std::int64_t i = 0; i < n; ++i)
        put(dy[i] * slope(u[i * u_step], v[i * v_step], y[i]), dx[i], add);
    u += a.stride, v += b.stride, y += n, dy += n, dx += n;
  }
}

template <class... F>
constexpr std::array<Unary, sizeof...(F)> unary_loops(Functions<F...>) {
  return {Unary{map<F>, map_backward<F>}...};
}

template <class F>
constexpr Binary binary_loops() {
  Binary loops{zip<F>, nullptr, nullptr};
  if constexpr (requires { F::slope_a; }) loops.backward_a = zip_backward<F::slope_a>;
  if constexpr (requires { F::slope_b; }) loops.backward_b = zip_backward<F::slope_b>;
  return loops;
}
template <class... F>
constexpr std::array<Binary, sizeof...(F)> binary_loops(Functions<F...>) {
  return {binary_loops<F>()...};
}

constexpr auto unary_table = unary_loops(UnaryFunctions());
constexpr auto binary_table = binary_loops(BinaryFunctions());

void select(const S* condition, const S* a, const S* b, S* y, std::int64_t n, bool add) {
  for (std::int64_t i = 0; i < n; ++i) {
    const S* side = condition[i] != 0 ? a : b;
    put(side ? side[i] : S(0), y[i], add);
  }
}

// ---- updates ------------------------------------------------------------------------------------
// Formulas of optimizers, each one pass over the weights. They are kernels, not code in the rules'
// headers, to be compiled for each instruction set and not with a user's flags.

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

Kernels table() {
  Kernels t{};
  t.unary = unary_table.data();
  t.binary = binary_table.data();
  t.select = select;
  t.sgd = sgd;
  t.sgd_momentum = sgd_momentum;
  t.adam = adam;
  t.combine = combine;
  t.sum_of_squares = sum_of_squares;
  fill_reductions(t);
  fill_product(t);
  return t;
}

}}}}  // namespace gradus::detail::GRADUS_ISA
