#include <gradus/core/kernels.h>

/// The matrix product of numbers with derivatives. A Dual is one vector: its value times the other
/// side's vector, plus the other value times its own derivatives. Sums run in the order of k, fused
/// as in kernels_product.cpp, so the values have the same bits as in the double build.
namespace gradus { inline namespace GRADUS_VARIANT { namespace detail { namespace GRADUS_ISA {
namespace {

typedef double Vector __attribute__((vector_size(sizeof(Dual))));
struct __attribute__((packed, may_alias)) Unaligned {
  Vector vector;
};
// References, because a vector as a result would need AVX-512 in every caller.
Unaligned& at(Scalar& x) { return reinterpret_cast<Unaligned&>(x); }
const Unaligned& at(const Scalar& x) { return reinterpret_cast<const Unaligned&>(x); }

/// R rows of a times C columns of b. `fixed` says that a has no derivatives.
template <int R, int C, bool fixed>
[[gnu::always_inline]] inline void tile(const MatrixView& a, const MatrixView& b, Scalar* c,
                                        std::int64_t c_stride, std::int64_t k, bool add) {
  Vector sum[R][C] = {};
  if (add)
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
      for (int j = 0; j < C; ++j) sum[r][j] = at(c[r * c_stride + j]).vector;
  const Scalar *column = a.data, *row = b.data;
  for (std::int64_t p = 0; p < k; ++p, column += a.column_stride, row += b.row_stride) {
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
      for (int j = 0; j < C; ++j) {
        const Scalar &x = column[r * a.row_stride], &y = row[j * b.column_stride];
        sum[r][j] += x.v * at(y).vector;
        if constexpr (!fixed) {
          Vector derivatives = at(x).vector;
          derivatives[0] = 0;
          sum[r][j] += y.v * derivatives;
        }
      }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
    for (int j = 0; j < C; ++j) at(c[r * c_stride + j]).vector = sum[r][j];
}

/// R rows of a times b: tiles of four columns, then single ones.
template <int R, bool fixed>
void rows(const MatrixView& a, const MatrixView& b, Scalar* c, std::int64_t c_stride,
          std::int64_t n, std::int64_t k, bool add) {
  const auto columns_from = [&](std::int64_t j) {
    return MatrixView{b.data + j * b.column_stride, b.row_stride, b.column_stride};
  };
  std::int64_t j = 0;
  for (; j + 4 <= n; j += 4) tile<R, 4, fixed>(a, columns_from(j), c + j, c_stride, k, add);
  for (; j < n; ++j) tile<R, 1, fixed>(a, columns_from(j), c + j, c_stride, k, add);
}

template <bool fixed>
void blocks(const MatrixView& a, const MatrixView& b, Scalar* c, std::int64_t c_stride,
            std::int64_t m, std::int64_t n, std::int64_t k, bool add) {
  const auto rows_from = [&](std::int64_t i) {
    return MatrixView{a.data + i * a.row_stride, a.row_stride, a.column_stride};
  };
  std::int64_t i = 0;
  for (; i + 4 <= m; i += 4) rows<4, fixed>(rows_from(i), b, c + i * c_stride, c_stride, n, k, add);
  for (; i < m; ++i) rows<1, fixed>(rows_from(i), b, c + i * c_stride, c_stride, n, k, add);
}

/// True if no element has a derivative: mostly, a batch of data. Its half of the product is then 0.
bool is_fixed(const MatrixView& a, std::int64_t m, std::int64_t k) {
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t p = 0; p < k; ++p) {
      const Scalar& x = a.data[i * a.row_stride + p * a.column_stride];
      if (!is_zero(x - x.v)) return false;
    }
  return true;
}

void product_block(const MatrixView& a, const MatrixView& b, Scalar* c, std::int64_t c_stride,
                   std::int64_t m, std::int64_t n, std::int64_t k, bool add, Scalar*) {
  const auto run = is_fixed(a, m, k) ? blocks<true> : blocks<false>;
  run(a, b, c, c_stride, m, n, k, add);
}

void product(const MatrixView& a, const MatrixView& b, Scalar* c, std::int64_t m, std::int64_t n,
             std::int64_t k, bool add, Scalar* workspace) {
  product_block(a, b, c, n, m, n, k, add, workspace);
}

}  // namespace

void fill_product(Kernels& table) {
  table.product = product;
  table.product_block = product_block;
}

}}}}  // namespace gradus::detail::GRADUS_ISA
