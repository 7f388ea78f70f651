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

}  // namespace

Kernels table() {
  Kernels t{};
  t.unary = unary_table.data();
  t.binary = binary_table.data();
  t.select = select;
  fill_reductions(t);
  fill_product(t);
  fill_updates(t);
  return t;
}

}}}}  // namespace gradus::detail::GRADUS_ISA
