#include <gradus/core/product.h>

#include <algorithm>

#include <gradus/core/memory.h>
#include <gradus/core/thread_pool.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {
namespace {

/// From 64 rows on, packing pays. A product of fewer than 2^23 multiply-adds takes at most about
/// 100 us: too short to gain from a second thread, and slower if that thread has to wait for a
/// core.
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
  const std::int64_t height = ((m + blocks - 1) / blocks + 7) / 8 * 8;
  const std::int64_t pieces = strips * blocks;
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

}  // namespace

void multiply(const MatrixView& a, const MatrixView& b, Scalar* c, std::int64_t m, std::int64_t n,
              std::int64_t k, bool add) {
  const std::int64_t work = m * n * k;
  if (work <= 64) return kernels().product(a, b, c, m, n, k, add, nullptr);
  if (work >= shared_from && threads() > 1) return multiply_shared(a, b, c, m, n, k, add);
  const Buffer workspace(product_workspace);
  kernels().product(a, b, c, m, n, k, add, workspace.data());
}

}  // namespace detail

}}  // namespace gradus
