#include <gradus/core/functions.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail { namespace GRADUS_ISA {
namespace {

constexpr std::int64_t lanes = 16;

/// Sixteen running sums of f(x), added pairwise: a fixed order that suits every vector length.
template <class F>
[[gnu::always_inline]] inline Scalar sum_of(const F& f, const Scalar* x, std::int64_t n) {
  if (n < lanes) {
    Scalar total = 0;
    for (std::int64_t i = 0; i < n; ++i) total += f(x[i]);
    return total;
  }
  Scalar lane[lanes] = {};
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    for (std::int64_t j = 0; j < lanes; ++j) lane[j] += f(x[i + j]);
  for (std::int64_t j = 0; i < n; ++i, ++j) lane[j] += f(x[i]);
  for (std::int64_t half = lanes / 2; half > 0; half /= 2)
    for (std::int64_t j = 0; j < half; ++j) lane[j] += lane[j + half];
  return lane[0];
}

/// Pairwise: the error grows with log n (Higham, "The accuracy of floating point summation", 1993).
Scalar sum(const Scalar* x, std::int64_t n) {
  if (n <= 512) return sum_of([](Scalar v) { return v; }, x, n);
  const std::int64_t half = n / 2 / lanes * lanes;
  return sum(x, half) + sum(x + half, n - half);
}

void accumulate(const Scalar* x, Scalar* y, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) y[i] += x[i];
}

void accumulate_rows(const Scalar* x, Scalar* __restrict y, std::int64_t rows, std::int64_t n) {
  std::int64_t j = 0;
  for (; j + lanes <= n; j += lanes) {  // keeps the sums of sixteen columns in registers
    Scalar lane[lanes];
    for (std::int64_t i = 0; i < lanes; ++i) lane[i] = y[j + i];
    for (std::int64_t r = 0; r < rows; ++r)
      for (std::int64_t i = 0; i < lanes; ++i) lane[i] += x[r * n + j + i];
    for (std::int64_t i = 0; i < lanes; ++i) y[j + i] = lane[i];
  }
  for (; j < n; ++j)
    for (std::int64_t r = 0; r < rows; ++r) y[j] += x[r * n + j];
}

void fill(Scalar a, Scalar* y, std::int64_t n, bool add) {
  for (std::int64_t i = 0; i < n; ++i) put(a, y[i], add);
}

double sum_of_magnitudes(const Scalar* x, std::int64_t n) {
  return static_cast<double>(sum_of(absolute, x, n));
}

std::int64_t first_not_finite(const Scalar* x, std::int64_t n) {
  // A number minus itself is 0 unless it is nan or infinite.
  if (sum_of([](Scalar v) { return v - v; }, x, n) == 0) return -1;
  std::int64_t i = 0;
  while (x[i] - x[i] == 0) ++i;
  return i;
}

/// The largest element, or the smallest with sign = -1; nan if any element is nan.
template <int sign>
Scalar extreme(const Scalar* x, std::int64_t n) {
  Scalar best = x[0];
  for (std::int64_t i = 1; i < n; ++i)
    best = sign * x[i] > sign * best || x[i] != x[i] ? x[i] : best;
  return best;
}

/// y[r] = f(row r of x).
template <Scalar (*f)(const Scalar*, std::int64_t)>
void each_row(const Scalar* x, Scalar* y, std::int64_t rows, std::int64_t n) {
  for (std::int64_t r = 0; r < rows; ++r) y[r] = f(x + r * n, n);
}

/// Elements that tie share the gradient equally.
void extreme_rows_backward(const Scalar* x, const Scalar* y, const Scalar* dy, Scalar* dx,
                           std::int64_t rows, std::int64_t n, bool add) {
  for (std::int64_t r = 0; r < rows; ++r, x += n, dx += n) {
    std::int64_t ties = 0;
    for (std::int64_t i = 0; i < n; ++i) ties += x[i] == y[r];
    const Scalar share = dy[r] / static_cast<Scalar>(ties > 0 ? ties : 1);
    for (std::int64_t i = 0; i < n; ++i) put(x[i] == y[r] ? share : Scalar(0), dx[i], add);
  }
}

constexpr Scalar infinity = static_cast<Scalar>(INFINITY);

/// y = e^(x - m) for the largest element m, so that nothing overflows; returns the sum of y.
Scalar exp_shifted(const Scalar* x, Scalar* y, std::int64_t n, Scalar m) {
  const Scalar shift = m == -infinity ? Scalar(0) : m;
  for (std::int64_t i = 0; i < n; ++i) y[i] = exp(x[i] - shift);
  return sum(y, n);
}

/// m + log sum e^(x - m), summed in pieces that fit on the stack.
Scalar logsumexp(const Scalar* x, std::int64_t n) {
  const Scalar m = extreme<1>(x, n);
  if (m == infinity || m == -infinity) return m;
  Scalar piece[256], total = 0;
  for (std::int64_t i = 0; i < n; i += 256)
    total += exp_shifted(x + i, piece, n - i < 256 ? n - i : 256, m);
  return m + log(total);
}

/// dx = dy softmax(x), softmax(x) = e^(x - y).
void logsumexp_rows_backward(const Scalar* x, const Scalar* y, const Scalar* dy, Scalar* dx,
                             std::int64_t rows, std::int64_t n, bool add) {
  for (std::int64_t r = 0; r < rows; ++r, x += n, dx += n) {
    const Scalar shift = y[r] == -infinity ? Scalar(0) : y[r];
    for (std::int64_t i = 0; i < n; ++i) put(dy[r] * exp(x[i] - shift), dx[i], add);
  }
}

void softmax_rows(const Scalar* x, Scalar* y, std::int64_t rows, std::int64_t n) {
  for (std::int64_t r = 0; r < rows; ++r, x += n, y += n) {
    const Scalar total = exp_shifted(x, y, n, extreme<1>(x, n));
    for (std::int64_t i = 0; i < n; ++i) y[i] /= total;
  }
}
/// dx = y (dy - sum(dy y)).
void softmax_rows_backward(const Scalar*, const Scalar* y, const Scalar* dy, Scalar* dx,
                           std::int64_t rows, std::int64_t n, bool add) {
  for (std::int64_t r = 0; r < rows; ++r, y += n, dy += n, dx += n) {
    Scalar dot = 0;
    for (std::int64_t i = 0; i < n; ++i) dot += dy[i] * y[i];
    for (std::int64_t i = 0; i < n; ++i) put(y[i] * (dy[i] - dot), dx[i], add);
  }
}

/// (x - m) - log sum e^(x - m): subtracting m first keeps the small differences.
void log_softmax_rows(const Scalar* x, Scalar* y, std::int64_t rows, std::int64_t n) {
  for (std::int64_t r = 0; r < rows; ++r, x += n, y += n) {
    const Scalar m = extreme<1>(x, n), log_total = log(exp_shifted(x, y, n, m));
    for (std::int64_t i = 0; i < n; ++i) y[i] = (x[i] - m) - log_total;
  }
}
/// dx = dy - softmax(x) sum(dy).
void log_softmax_rows_backward(const Scalar*, const Scalar* y, const Scalar* dy, Scalar* dx,
                               std::int64_t rows, std::int64_t n, bool add) {
  for (std::int64_t r = 0; r < rows; ++r, y += n, dy += n, dx += n) {
    const Scalar total = sum(dy, n);
    for (std::int64_t i = 0; i < n; ++i) put(dy[i] - exp(y[i]) * total, dx[i], add);
  }
}

}  // namespace

void fill_reductions(Kernels& table) {
  table.sum = sum;
  table.accumulate = accumulate;
  table.accumulate_rows = accumulate_rows;
  table.fill = fill;
  table.sum_of_magnitudes = sum_of_magnitudes;
  table.first_not_finite = first_not_finite;
  table.max = {each_row<extreme<1>>, extreme_rows_backward};
  table.min = {each_row<extreme<-1>>, extreme_rows_backward};
  table.logsumexp = {each_row<logsumexp>, logsumexp_rows_backward};
  table.softmax = {softmax_rows, softmax_rows_backward};
  table.log_softmax = {log_softmax_rows, log_softmax_rows_backward};
}

}}}}  // namespace gradus::detail::GRADUS_ISA
