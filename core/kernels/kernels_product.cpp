#include <gradus/core/kernels.h>

/// The matrix product, in the manner of Goto and van de Geijn ("Anatomy of high-performance matrix
/// multiplication", 2008): panels of b are packed for the cache, tiles of c summed in registers.
namespace gradus { inline namespace GRADUS_VARIANT { namespace detail { namespace GRADUS_ISA {
namespace {

#if defined(__AVX512F__)
constexpr int vector_bytes = 64, tile_rows = 8;
#elif defined(__AVX__)
constexpr int vector_bytes = 32, tile_rows = 4;
#else
constexpr int vector_bytes = 16, tile_rows = 4;
#endif
constexpr int lanes = vector_bytes / static_cast<int>(sizeof(Scalar));
constexpr int tile_vectors = 3;
constexpr std::int64_t panel_width = lanes * tile_vectors, panel_depth = 256;
static_assert(panel_width * panel_depth <= product_workspace);

typedef Scalar Vector __attribute__((vector_size(vector_bytes)));
typedef Scalar Four __attribute__((vector_size(4 * sizeof(Scalar))));

/// A vector of Scalars at any address. (`aligned` on the typedef would do for g++; clang loses it.)
template <class V>
struct __attribute__((packed, may_alias)) Unaligned {
  V vector;
};
template <class V>
Unaligned<V>* vectors_at(Scalar* p) {
  return reinterpret_cast<Unaligned<V>*>(p);
}
template <class V>
const Unaligned<V>* vectors_at(const Scalar* p) {
  return reinterpret_cast<const Unaligned<V>*>(p);
}

/// One tile: rows i to i + R of a times a panel of V vectors with rows `stride` apart, into the
/// same rows of c. The pragmas unroll early, so that the sums stay in registers.
template <int R, int V>
void tile(const MatrixView& a, std::int64_t i, const Scalar* panel, std::int64_t stride, Scalar* c,
          std::int64_t c_stride, std::int64_t k, bool add) {
  const Scalar* column = a.data + i * a.row_stride;
  c += i * c_stride;
  Vector sum[R][V] = {};
  if (add)
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
      for (int v = 0; v < V; ++v) sum[r][v] = vectors_at<Vector>(c + r * c_stride)[v].vector;
  for (std::int64_t p = 0; p < k; ++p, panel += stride, column += a.column_stride) {
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
      for (int v = 0; v < V; ++v)
        sum[r][v] += column[r * a.row_stride] * vectors_at<Vector>(panel)[v].vector;
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
    for (int v = 0; v < V; ++v) vectors_at<Vector>(c + r * c_stride)[v].vector = sum[r][v];
}

/// A tile that is wider than the rest of c: `width` columns are written.
template <int R, int V>
void edge_tile(const MatrixView& a, std::int64_t i, const Scalar* panel, std::int64_t stride,
               Scalar* c, std::int64_t c_stride, std::int64_t width, std::int64_t k, bool add) {
  Scalar whole[R * V * lanes];
  c += i * c_stride;
  for (int r = 0; r < R; ++r)
    for (std::int64_t j = 0; j < V * lanes; ++j)
      whole[r * V * lanes + j] = add && j < width ? c[r * c_stride + j] : Scalar(0);
  tile<R, V>({a.data + i * a.row_stride, a.row_stride, a.column_stride}, 0, panel, stride, whole,
             V * lanes, k, add);
  for (int r = 0; r < R; ++r)
    for (std::int64_t j = 0; j < width; ++j) c[r * c_stride + j] = whole[r * V * lanes + j];
}

/// Rows [i, m) of a panel: tiles of R rows, then smaller tiles for the rest.
template <int R, int V>
void rows(const MatrixView& a, std::int64_t i, const Scalar* panel, std::int64_t stride, Scalar* c,
          std::int64_t c_stride, std::int64_t width, std::int64_t m, std::int64_t k, bool add) {
  for (; i + R <= m; i += R)
    if (width == V * lanes)
      tile<R, V>(a, i, panel, stride, c, c_stride, k, add);
    else
      edge_tile<R, V>(a, i, panel, stride, c, c_stride, width, k, add);
  if constexpr (R > 1)
    if (i < m) rows<R / 2, V>(a, i, panel, stride, c, c_stride, width, m, k, add);
}

/// out[i * padded + j] = in[j * stride + i] for i, j in 0..3.
void transpose_4x4(const Scalar* in, std::int64_t stride, Scalar* out, std::int64_t padded) {
  const Four a = vectors_at<Four>(in)->vector, b = vectors_at<Four>(in + stride)->vector;
  const Four c = vectors_at<Four>(in + 2 * stride)->vector;
  const Four d = vectors_at<Four>(in + 3 * stride)->vector;
  const Four ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
  const Four cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  const Four ab_top = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const Four cd_top = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  vectors_at<Four>(out)->vector = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
  vectors_at<Four>(out + padded)->vector = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
  vectors_at<Four>(out + 2 * padded)->vector = __builtin_shufflevector(ab_top, cd_top, 0, 1, 4, 5);
  vectors_at<Four>(out + 3 * padded)->vector = __builtin_shufflevector(ab_top, cd_top, 2, 3, 6, 7);
}

/// Copies a (k x width) part of b, row after row, padded with zeros to whole vectors. Reads a
/// transposed b in blocks of sixteen columns, so that each cache line is fetched once.
[[gnu::always_inline]] inline void pack(const MatrixView& b, Scalar* panel, std::int64_t k,
                                        std::int64_t width, std::int64_t padded) {
  std::int64_t done = 0, columns = 0;  // copied by the blocks of four
  if (b.row_stride == 1 && b.column_stride != 1) {
    done = k / 4 * 4;
    columns = width / 4 * 4;
    for (std::int64_t p = 0; p < done; p += 16)
      for (std::int64_t j = 0; j < columns; j += 4)
        for (std::int64_t q = p; q < p + 16 && q < done; q += 4)
          transpose_4x4(b.data + q + j * b.column_stride, b.column_stride, panel + q * padded + j,
                        padded);
  }
  for (std::int64_t p = 0; p < k; ++p) {
    const Scalar* row = b.data + p * b.row_stride;
    Scalar* out = panel + p * padded;
    if (b.column_stride == 1)
      for (std::int64_t j = 0; j < width; ++j) out[j] = row[j];
    else
      for (std::int64_t j = p < done ? columns : 0; j < width; ++j)
        out[j] = row[j * b.column_stride];
    for (std::int64_t j = width; j < padded; ++j) out[j] = 0;
  }
}

/// A product too small for packing. Writing c at each step keeps the compiler from sums in vectors,
/// where products would not be fused as in tile().
[[gnu::noinline]] void product_tiny(const MatrixView& a, const MatrixView& b, Scalar* c,
                                    std::int64_t m, std::int64_t n, std::int64_t k, bool add) {
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j < n; ++j, ++c) {
      if (!add) *c = 0;
      for (std::int64_t p = 0; p < k; ++p)
        *c += a.data[i * a.row_stride + p * a.column_stride] *
              b.data[p * b.row_stride + j * b.column_stride];
    }
}

/// Packs each panel of b, unless it is contiguous already or would be read only once. Inlined
/// twice: one more call with nine arguments would slow down a step of small products.
[[gnu::always_inline]] inline void product_block(const MatrixView& a, const MatrixView& b,
                                                 Scalar* c, std::int64_t c_stride, std::int64_t m,
                                                 std::int64_t n, std::int64_t k, bool add,
                                                 Scalar* workspace) {
  const std::int64_t parts = (k + panel_depth - 1) / panel_depth, even = (k + parts - 1) / parts;
  for (std::int64_t p = 0; p < k; p += even) {
    const std::int64_t depth = k - p < even ? k - p : even;
    const MatrixView a_part{a.data + p * a.column_stride, a.row_stride, a.column_stride};
    for (std::int64_t j = 0; j < n; j += panel_width) {
      const std::int64_t width = n - j < panel_width ? n - j : panel_width;
      const std::int64_t vectors = (width + lanes - 1) / lanes;
      const MatrixView b_part{b.data + p * b.row_stride + j * b.column_stride, b.row_stride,
                              b.column_stride};
      const bool in_place = b.column_stride == 1 && width == vectors * lanes &&
                            (m <= tile_rows || b.row_stride == width);
      if (!in_place) pack(b_part, workspace, depth, width, vectors * lanes);
      const auto run = vectors == 3   ? rows<tile_rows, 3>
                       : vectors == 2 ? rows<tile_rows, 2>
                                      : rows<tile_rows, 1>;
      run(a_part, 0, in_place ? b_part.data : workspace, in_place ? b.row_stride : vectors * lanes,
          c + j, c_stride, width, m, depth, add || p > 0);
    }
  }
}

[[gnu::noinline]] void product_packed(const MatrixView& a, const MatrixView& b, Scalar* c,
                                      std::int64_t m, std::int64_t n, std::int64_t k, bool add,
                                      Scalar* workspace) {
  product_block(a, b, c, n, m, n, k, add, workspace);
}

void product(const MatrixView& a, const MatrixView& b, Scalar* c, std::int64_t m, std::int64_t n,
             std::int64_t k, bool add, Scalar* workspace) {
  if (m * n * k <= 64 || k == 0) return product_tiny(a, b, c, m, n, k, add);
  if (n == 1)  // a column becomes a row, which is summed a whole vector at a time
    return product_packed({b.data, 1, b.row_stride}, {a.data, a.column_stride, a.row_stride}, c, 1,
                          m, k, add, workspace);
  product_packed(a, b, c, m, n, k, add, workspace);
}

}  // namespace

void fill_product(Kernels& table) {
  table.product = product;
  table.product_block = product_block;
}

}}}}  // namespace gradus::detail::GRADUS_ISA
