#include <cmath>

#include <gradus/core/functions.h>
#include <gradus/core/kernels.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail { namespace GRADUS_ISA {
namespace {

template <class F>
void map(const Scalar* x, Scalar* y, std::int64_t n, Scalar p, Scalar q) {
  for (std::int64_t i = 0; i < n; ++i) y[i] = F{}(x[i], p, q);
}

template <class Slope>
void map_backward(const Scalar* x, const Scalar* y, const Scalar* dy, Scalar* dx, std::int64_t n,
                  Scalar p, Scalar q, bool add) {
  if (add)
    for (std::int64_t i = 0; i < n; ++i) dx[i] += dy[i] * Slope{}(x[i], y[i], p, q);
  else
    for (std::int64_t i = 0; i < n; ++i) dx[i] = dy[i] * Slope{}(x[i], y[i], p, q);
}

/// From y = f(x, p, q) and its slope f'(x; y, p, q).
template <class F, class Slope>
constexpr Unary unary(F, Slope) {
  return {map<F>, map_backward<Slope>};
}

template <class F>
void zip(const Operand& a, const Operand& b, Scalar* __restrict y, std::int64_t rows,
         std::int64_t n) {
  const Scalar *u = a.data, *v = b.data;
  for (std::int64_t r = 0; r < rows; ++r, u += a.stride, v += b.stride, y += n)
    if (a.repeat)
      for (std::int64_t i = 0; i < n; ++i) y[i] = F{}(u[0], v[i]);
    else if (b.repeat)
      for (std::int64_t i = 0; i < n; ++i) y[i] = F{}(u[i], v[0]);
    else
      for (std::int64_t i = 0; i < n; ++i) y[i] = F{}(u[i], v[i]);
}

template <class Slope>
void zip_backward(const Operand& a, const Operand& b, const Scalar* y, const Scalar* dy, Scalar* dx,
                  std::int64_t rows, std::int64_t n, bool add) {
  const std::int64_t u_step = a.repeat ? 0 : 1, v_step = b.repeat ? 0 : 1;
  const Scalar *u = a.data, *v = b.data;
  for (std::int64_t r = 0; r < rows; ++r) {
    if (add)
      for (std::int64_t i = 0; i < n; ++i)
        dx[i] += dy[i] * Slope{}(u[i * u_step], v[i * v_step], y[i]);
    else if (!a.repeat && !b.repeat)
      for (std::int64_t i = 0; i < n; ++i) dx[i] = dy[i] * Slope{}(u[i], v[i], y[i]);
    else
      for (std::int64_t i = 0; i < n; ++i)
        dx[i] = dy[i] * Slope{}(u[i * u_step], v[i * v_step], y[i]);
    u += a.stride, v += b.stride, y += n, dy += n, dx += n;
  }
}

/// From y = f(a, b) and its slopes df/da(a, b; y), df/db(a, b; y).
template <class F, class SlopeA, class SlopeB>
constexpr Binary binary(F, SlopeA, SlopeB) {
  return {zip<F>, zip_backward<SlopeA>, zip_backward<SlopeB>};
}

void select(const Scalar* condition, const Scalar* a, const Scalar* b, Scalar* y, std::int64_t n,
            bool add) {
  for (std::int64_t i = 0; i < n; ++i) {
    const Scalar* side = condition[i] != 0 ? a : b;
    const Scalar chosen = side ? side[i] : Scalar(0);
    y[i] = add ? y[i] + chosen : chosen;
  }
}

using S = Scalar;

void fill_functions(Kernels& t) {
  t.neg = unary([](S x, S, S) { return -x; }, [](S, S, S, S) { return S(-1); });
  t.exp = unary([](S x, S, S) { return exp(x); }, [](S, S y, S, S) { return y; });
  t.log = unary([](S x, S, S) { return std::log(x); }, [](S x, S, S, S) { return 1 / x; });
  t.log1p =
      unary([](S x, S, S) { return std::log1p(x); }, [](S x, S, S, S) { return 1 / (1 + x); });
  t.expm1 = unary([](S x, S, S) { return std::expm1(x); }, [](S x, S, S, S) { return exp(x); });
  t.sqrt = unary([](S x, S, S) { return std::sqrt(x); }, [](S, S y, S, S) { return S(0.5) / y; });
  t.square = unary([](S x, S, S) { return x * x; }, [](S x, S, S, S) { return 2 * x; });
  t.abs = unary([](S x, S, S) { return absolute(x); },
                [](S x, S, S, S) { return x > 0 ? S(1) : (x < 0 ? S(-1) : S(0)); });
  t.sin = unary([](S x, S, S) { return std::sin(x); }, [](S x, S, S, S) { return std::cos(x); });
  t.cos = unary([](S x, S, S) { return std::cos(x); }, [](S x, S, S, S) { return -std::sin(x); });
  t.power = unary([](S x, S e, S) { return std::pow(x, e); },
                  [](S x, S, S e, S) { return power_slope(x, e); });
  t.clip = unary([](S x, S low, S high) { return x < low ? low : (x > high ? high : x); },
                 [](S x, S, S low, S high) { return x < low || x > high ? S(0) : S(1); });
}

void fill_activations(Kernels& t) {
  t.tanh = unary([](S x, S, S) { return tanh(x); }, [](S x, S, S, S) { return tanh_slope(x); });
  t.sigmoid =
      unary([](S x, S, S) { return sigmoid(x); }, [](S x, S, S, S) { return sigmoid_slope(x); });
  t.relu = unary([](S x, S, S) { return x < 0 ? S(0) : x; },  // this way round nan stays nan
                 [](S x, S, S, S) { return x > 0 ? S(1) : S(0); });
  t.leaky_relu = unary([](S x, S slope, S) { return x > 0 ? x : slope * x; },
                       [](S x, S, S slope, S) { return x > 0 ? S(1) : slope; });
  t.elu = unary([](S x, S alpha, S) { return x > 0 ? x : alpha * std::expm1(x); },
                [](S x, S, S alpha, S) { return x > 0 ? S(1) : alpha * exp(x); });
  t.gelu = unary([](S x, S, S) { return gelu(x); }, [](S x, S, S, S) { return gelu_slope(x); });
  t.gelu_tanh = unary([](S x, S, S) { return gelu_tanh(x); },
                      [](S x, S, S, S) { return gelu_tanh_slope(x); });
  t.silu = unary([](S x, S, S) { return x * sigmoid(x); },
                 [](S x, S, S, S) { return sigmoid(x) + x * sigmoid_slope(x); });
  t.softplus =
      unary([](S x, S, S) { return softplus(x); }, [](S x, S, S, S) { return sigmoid(x); });
  t.log_sigmoid =
      unary([](S x, S, S) { return -softplus(-x); }, [](S x, S, S, S) { return sigmoid(-x); });
}

void fill_arithmetic(Kernels& t) {
  t.add = {zip<decltype([](S a, S b) { return a + b; })>, nullptr, nullptr};
  t.sub = binary([](S a, S b) { return a - b; }, [](S, S, S) { return S(1); },
                 [](S, S, S) { return S(-1); });
  t.sub.backward_a = nullptr;
  t.mul = binary([](S a, S b) { return a * b; }, [](S, S b, S) { return b; },
                 [](S a, S, S) { return a; });
  t.div = binary([](S a, S b) { return a / b; }, [](S, S b, S) { return 1 / b; },
                 [](S, S b, S y) { return -y / b; });
  t.pow =
      binary([](S a, S b) { return std::pow(a, b); }, [](S a, S b, S) { return power_slope(a, b); },
             [](S a, S b, S y) { return a == 0 && b >= 0 ? S(0) : y * std::log(a); });
  t.squared_difference =
      binary([](S a, S b) { return (a - b) * (a - b); }, [](S a, S b, S) { return 2 * (a - b); },
             [](S a, S b, S) { return 2 * (b - a); });
  // At a tie each side gets half, so that maximum(x, x) has slope 1.
  t.maximum = binary([](S a, S b) { return a > b || a != a ? a : b; },
                     [](S a, S b, S) { return a > b ? S(1) : (a == b ? S(0.5) : S(0)); },
                     [](S a, S b, S) { return b > a ? S(1) : (a == b ? S(0.5) : S(0)); });
  t.minimum = binary([](S a, S b) { return a < b || a != a ? a : b; },
                     [](S a, S b, S) { return a < b ? S(1) : (a == b ? S(0.5) : S(0)); },
                     [](S a, S b, S) { return b < a ? S(1) : (a == b ? S(0.5) : S(0)); });
}

}  // namespace

void fill_elementwise(Kernels& table) {
  fill_functions(table);
  fill_activations(table);
  fill_arithmetic(table);
  table.select = select;
}

}}}}  // namespace gradus::detail::GRADUS_ISA
