#include <gradus/core/broadcast.h>
#include <gradus/core/thread_pool.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

using namespace detail;

/// From 64 rows on, packing pays. A product of fewer than 2^23 multiply-adds takes at most about
/// 100 us: too short to gain from a second thread, and slower if that has to wait for a core.
constexpr std::int64_t rows_worth_packing = 64, shared_from = std::int64_t{1} << 23;

/// A large product in strips of columns; few strips are cut into blocks of rows.
void multiply_shared(const MatrixView& a, const MatrixView& b, Scalar* c, std::int64_t m,
                     std::int64_t n, std::int64_t k, bool add) {
  if (n == 1 && m > 1)  // a column becomes a row
    return multiply_shared({b.data, 1, b.row_stride}, {a.data, a.column_stride, a.row_stride}, c, 1,
                           m, k, add);
  const std::int64_t width = std::max(n / 512, std::int64_t{1}) * product_strip;
  const std::int64_t strips = (n + width - 1) / width;
  const std::int64_t blocks =
      std::clamp<std::int64_t>(12 / strips, 1, std::max(m / rows_worth_packing, std::int64_t{1}));
  const std::int64_t height = ((m + blocks - 1) / blocks + 7) / 8 * 8, pieces = strips * blocks;
  const Buffer workspaces(std::min<std::int64_t>(threads(), pieces) * product_workspace);
  in_pieces(static_cast<int>(pieces), [&](int piece, int thread) {
    const std::int64_t i = piece / strips * height, j = piece % strips * width;
    if (i >= m) return;
    kernels().product_block({a.data + i * a.row_stride, a.row_stride, a.column_stride},
                            {b.data + j * b.column_stride, b.row_stride, b.column_stride},
                            c + i * n + j, n, std::min(height, m - i), std::min(width, n - j), k,
                            add, workspaces.data() + thread * product_workspace);
  });
}

Shape leading(const Shape& shape) {
  Shape result;
  for (int i = 0; i + 2 < shape.rank(); ++i) result.push_back(shape[i]);
  return result;
}

/// Calls f(matrix of a, matrix of b, matrix of y), by number, over broadcast leading axes.
template <class F>
void each_batch(const Shape& a, const Shape& b, const Shape& y, F f) {
  const Runs runs(leading(a), leading(b), leading(y));
  runs.each([&](std::int64_t ai, std::int64_t bi, std::int64_t yi) {
    for (std::int64_t i = 0; i < runs.length(); ++i)
      f(runs.a_repeats() ? ai : ai + i, runs.b_repeats() ? bi : bi + i, yi + i);
  });
}

}  // namespace

void detail::multiply(const MatrixView& a, const MatrixView& b, Scalar* c, std::int64_t m,
                      std::int64_t n, std::int64_t k, bool add) {
  const std::int64_t work = m * n * k;
  if (work <= 64) return kernels().product(a, b, c, m, n, k, add, nullptr);
  if (work >= shared_from && threads() > 1) return multiply_shared(a, b, c, m, n, k, add);
  const Buffer workspace(product_workspace);
  kernels().product(a, b, c, m, n, k, add, workspace.data());
}

void detail::product_backward(Backward& pass, const Buffer& a, const Buffer& b, Product p) {
  const Shape &sa = pass.input(0).shape, &sb = pass.input(1).shape, &sy = pass.output().shape;
  const bool single = sb.rank() == 2;  // a's leading axes are folded into m
  for (const int side : {0, 1}) {
    if (!pass.wants(side)) continue;
    const Target target = single ? pass.into(side) : Target{pass.sum(side), true};
    const auto one = [&](std::int64_t ai, std::int64_t bi, std::int64_t yi) {
      const Scalar* dy = pass.dy() + yi * p.m * p.n;
      if (side == 0)
        multiply(row_major(dy, p.n), transposed(b.data() + bi * p.k * p.n, p.n),
                 target.data + ai * p.m * p.k, p.m, p.k, p.n, target.add);
      else
        multiply(transposed(a.data() + ai * p.m * p.k, p.k), row_major(dy, p.n),
                 target.data + bi * p.k * p.n, p.k, p.n, p.m, target.add);
    };
    if (single)
      one(0, 0, 0);
    else
      each_batch(sa, sb, sy, one);
  }
}

Tensor matmul(const Tensor& a, const Tensor& b) {
  const Shape &sa = a.shape(), &sb = b.shape();
  check<ShapeError>(sa.rank() >= 2 && sb.rank() >= 2,
                    "matmul: both sides must be matrices, rank >= 2 (got {} and {})", sa, sb);
  check<ShapeError>(sa[-1] == sb[-2], "matmul: {} by {}: the inner extents {} and {} must be equal",
                    sa, sb, sa[-1], sb[-2]);
  Product p{sa[-2], sb[-1], sa[-1]};
  Shape shape;
  if (sa.rank() > 2 || sb.rank() > 2) shape = broadcast_shape("matmul", leading(sa), leading(sb));
  shape.push_back(p.m);
  shape.push_back(p.n);
  NewTensor y(shape);
  const Buffer &av = node_of(a).value, &bv = node_of(b).value;
  const auto one = [&](std::int64_t ai, std::int64_t bi, std::int64_t yi) {
    multiply(row_major(av.data() + ai * p.m * p.k, p.k), row_major(bv.data() + bi * p.k * p.n, p.n),
             y.data + yi * p.m * p.n, p.m, p.n, p.k, false);
  };
  if (sb.rank() == 2) {
    if (sa.rank() > 2) p.m = leading(sa).count() * p.m;
    one(0, 0, 0);
  } else {
    each_batch(sa, sb, shape, one);
  }
  return record(std::move(y.tensor), {&a, &b},
                [a = av, b = bv, p](Backward& pass) { product_backward(pass, a, b, p); });
}

}}  // namespace gradus
