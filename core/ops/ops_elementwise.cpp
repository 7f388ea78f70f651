#include <gradus/core/broadcast.h>
#include <gradus/core/elementwise.h>
#include <gradus/core/thread_pool.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

using namespace detail;
using namespace functions;  // here their names only

/// y = f(x; p, q), one element at a time.
Tensor map(const Tensor& x, const Unary& f, Scalar p, Scalar q) {
  const Node& from = node_of(x);
  NewTensor y(from.shape, from.size);
  const Buffer& xv = from.value;
  share(from.size, f.forward, xv.data(), y.data, Length{}, p, q);
  const Buffer& yv = y.tensor.node()->value;
  return record(std::move(y.tensor), {&x}, [&f, p, q, xv = xv, yv = yv](Backward& pass) {
    const Scalar* dy = pass.dy();
    const auto dx = pass.into(0, true);
    share(pass.output().size, f.backward, xv.data(), yv.data(), dy, dx.data, Length{}, p, q,
          dx.add);
  });
}

template <class F>
Tensor map(const Tensor& x, double p = 0, double q = 0) {
  return map(x, unary<F>(), static_cast<Scalar>(p), static_cast<Scalar>(q));
}

/// Calls f(a's rows, b's rows, offset in y, rows, n) for each block of rows of y.
template <class F>
[[gnu::noinline]] void each_block_of_runs(const Node& na, const Node& nb, const Node& y,
                                          const Buffer& a, const Buffer& b, const F& f) {
  const Runs runs(na.shape, nb.shape, y.shape);
  runs.each_block([&](std::int64_t ao, std::int64_t bo, std::int64_t yo) {
    f({a.data() + ao, runs.a_repeats(), runs.a_stride()},
      {b.data() + bo, runs.b_repeats(), runs.b_stride()}, yo, runs.rows(), runs.length());
  });
}
/// The same, in one call where b repeats along the leading axes of a.
template <class F>
void each_block(const Node& na, const Node& nb, const Node& y, const Buffer& a, const Buffer& b,
                const F& f) {
  if (!last_axes_of(na.shape, nb.shape) || y.size == 0)
    return each_block_of_runs(na, nb, y, a, b, f);
  const std::int64_t n = nb.size == 1 ? y.size : nb.size, rows = n == y.size ? 1 : y.size / n;
  f({a.data(), false, n}, {b.data(), nb.size < n, 0}, 0, rows, n);
}

/// The gradient of input `i` of a binary op. A null `slope` stands for 1.
void zip_backward(Backward& pass, int i, decltype(Binary::backward_a) slope, const Buffer& a,
                  const Buffer& b, const Buffer& y) {
  const Node& output = pass.output();
  const auto times_slope = [&](Scalar* out, bool add) {
    each_block(pass.input(0), pass.input(1), output, a, b,
               [&](const Operand& ra, const Operand& rb, std::int64_t yo, std::int64_t rows,
                   std::int64_t n) {
                 slope(ra, rb, y.data() + yo, pass.dy() + yo, out + yo, rows, n, add);
               });
  };
  const Node& input = pass.input(i);
  if (input.shape == output.shape) {
    if (!slope) return pass.pass(i);
    const Target whole = pass.into(i);
    return times_slope(whole.data, whole.add);
  }
  const Buffer products = slope ? Buffer(output.size) : Buffer();
  if (slope) times_slope(products.data(), false);
  sum_into(slope ? products.data() : pass.dy(), output.shape, pass.sum(i), input.shape);
}

/// y = f(a, b), broadcast.
Tensor zip(const char* name, const Tensor& a, const Tensor& b, const Binary& f) {
  const Node &na = node_of(a), &nb = node_of(b);
  NewTensor y = last_axes_of(na.shape, nb.shape)
                    ? NewTensor(na.shape, na.size)
                    : NewTensor(broadcast_shape(name, na.shape, nb.shape));
  const Node& result = *y.tensor.node();
  each_block(na, nb, result, na.value, nb.value,
             [&](const Operand& ra, const Operand& rb, std::int64_t yo, std::int64_t rows,
                 std::int64_t n) { f.forward(ra, rb, y.data + yo, rows, n); });
  return record(std::move(y.tensor), {&a, &b},
                [&f, a = na.value, b = nb.value, y = result.value](Backward& pass) {
                  if (pass.wants(0)) zip_backward(pass, 0, f.backward_a, a, b, y);
                  if (pass.wants(1)) zip_backward(pass, 1, f.backward_b, a, b, y);
                });
}

template <class F>
Tensor zip(const char* name, const Tensor& a, const Tensor& b) {
  return zip(name, a, b, binary<F>());
}

}  // namespace

Tensor add(const Tensor& a, const Tensor& b) { return zip<Add>("add", a, b); }
Tensor sub(const Tensor& a, const Tensor& b) { return zip<Sub>("sub", a, b); }
Tensor mul(const Tensor& a, const Tensor& b) { return zip<Mul>("mul", a, b); }
Tensor div(const Tensor& a, const Tensor& b) { return zip<Div>("div", a, b); }
Tensor pow(const Tensor& x, const Tensor& y) { return zip<Pow>("pow", x, y); }
Tensor maximum(const Tensor& a, const Tensor& b) { return zip<Maximum>("maximum", a, b); }
Tensor minimum(const Tensor& a, const Tensor& b) { return zip<Minimum>("minimum", a, b); }
Tensor squared_difference(const Tensor& a, const Tensor& b) {
  return zip<SquaredDifference>("squared_difference", a, b);
}

Tensor neg(const Tensor& x) { return map<Neg>(x); }
Tensor pow(const Tensor& x, double y) { return map<Power>(x, y); }
Tensor exp(const Tensor& x) { return map<Exp>(x); }
Tensor log(const Tensor& x) { return map<Log>(x); }
Tensor log1p(const Tensor& x) { return map<Log1p>(x); }
Tensor expm1(const Tensor& x) { return map<Expm1>(x); }
Tensor sqrt(const Tensor& x) { return map<Sqrt>(x); }
Tensor square(const Tensor& x) { return map<Square>(x); }
Tensor abs(const Tensor& x) { return map<Abs>(x); }
Tensor sin(const Tensor& x) { return map<Sin>(x); }
Tensor cos(const Tensor& x) { return map<Cos>(x); }
Tensor tanh(const Tensor& x) { return map<Tanh>(x); }
Tensor sigmoid(const Tensor& x) { return map<Sigmoid>(x); }
Tensor relu(const Tensor& x) { return map<Relu>(x); }
Tensor leaky_relu(const Tensor& x) { return leaky_relu(x, 0.2); }
Tensor leaky_relu(const Tensor& x, double slope) { return map<LeakyRelu>(x, slope); }
Tensor elu(const Tensor& x) { return elu(x, 1.0); }
Tensor elu(const Tensor& x, double alpha) { return map<Elu>(x, alpha); }
Tensor gelu(const Tensor& x) { return map<Gelu>(x); }
Tensor gelu(const Tensor& x, bool approximate) {
  return approximate ? map<GeluTanh>(x) : map<Gelu>(x);
}
Tensor silu(const Tensor& x) { return map<Silu>(x); }
Tensor softplus(const Tensor& x) { return map<Softplus>(x); }
Tensor log_sigmoid(const Tensor& x) { return map<LogSigmoid>(x); }

Tensor clip(const Tensor& x, double low, double high) {
  check(low <= high, "clip: low must be <= high (got {} and {})", low, high);
  return map<Clip>(x, low, high);
}

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  const Shape sides = broadcast_shape("where", a.shape(), b.shape());
  const Shape common = broadcast_shape("where", condition.shape(), sides);
  const Tensor c = broadcast_to(detach(condition), common);
  const Tensor whole_a = broadcast_to(a, common), whole_b = broadcast_to(b, common);
  NewTensor y(common);
  const Buffer& cv = node_of(c).value;
  kernels().select(cv.data(), node_of(whole_a).data(), node_of(whole_b).data(), y.data, c.size(),
                   false);
  return record(std::move(y.tensor), {&whole_a, &whole_b}, [condition = cv](Backward& pass) {
    const std::int64_t n = pass.output().size;
    for (const int side : {0, 1}) {
      if (!pass.wants(side)) continue;
      const auto target = pass.into(side);
      kernels().select(condition.data(), side == 0 ? pass.dy() : nullptr,
                       side == 1 ? pass.dy() : nullptr, target.data, n, target.add);
    }
  });
}

}}  // namespace gradus
