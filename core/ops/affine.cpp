#include <gradus/core/broadcast.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

using namespace detail;

/// y = x w + b for one matrix x. Fills y with rows of b first, doubling the filled part.
void product_plus_row(const Scalar* x, const Scalar* w, const Scalar* b, Scalar* y, Product p) {
  const std::int64_t size = p.m * p.n;
  if (size == 0) return;
  if (p.n == 1) kernels().fill(*b, y, size, false);
  if (p.n > 1) std::copy_n(b, p.n, y);
  for (std::int64_t done = p.n; p.n > 1 && done < size; done *= 2)
    std::copy_n(y, std::min(done, size - done), y + done);
  multiply(row_major(x, p.k), row_major(w, p.n), y, p.m, p.n, p.k, true);
}

/// dx = dy w^T, dw = x^T dy, db = the sum of dy's rows.
void affine_backward(Backward& pass, const Buffer& x, const Buffer& w, Product p) {
  product_backward(pass, x, w, p);
  if (!pass.wants(2)) return;
  if (p.n == 1)
    *pass.sum(2) += kernels().sum(pass.dy(), p.m);
  else
    kernels().accumulate_rows(pass.dy(), pass.sum(2), p.m, p.n);
}

}  // namespace

Tensor affine(const Tensor& x, const Tensor& w, const Tensor& b) {
  const Shape &sx = node_of(x).shape, &sw = node_of(w).shape, &sb = node_of(b).shape;
  const bool ranks = sx.rank() >= 2 && sw.rank() == 2 && sb.rank() == 1;
  check<ShapeError>(ranks && sx[-1] == sw[0] && sb[0] == sw[1],
                    "affine: x, w and b must have shapes (..., k), (k, n) and (n) (got {}, {} and "
                    "{})",
                    sx, sw, sb);
  Shape shape = sx;
  shape.set(-1, sw[1]);
  Product p{1, sw[1], sw[0]};
  for (int axis = 0; axis + 1 < sx.rank(); ++axis) p.m *= sx[axis];
  NewTensor y(shape);
  const Buffer &xv = node_of(x).value, &wv = node_of(w).value;
  product_plus_row(xv.data(), wv.data(), node_of(b).data(), y.data, p);
  return record(std::move(y.tensor), {&x, &w, &b},
                [x = xv, w = wv, p](Backward& pass) { affine_backward(pass, x, w, p); });
}

}}  // namespace gradus
