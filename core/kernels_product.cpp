#include <gradus/core/kernels.h>

/// The matrix product, in the manner of Goto and van de Geijn ("Anatomy of high-performance matrix
/// multiplication", 2008): panels of b are packed into memory that stays in the cache, and tiles of
/// c are summed up in registers.
namespace gradus::inline GRADUS_VARIANT::detail::GRADUS_ISA {
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

/// A machine vector of Scalars, read and written at any address.
typedef Scalar Vector __attribute__((vector_size(vector_bytes), aligned(alignof(Scalar)), may_alias));

Vector& vector_at(Scalar* p) { return *reinterpret_cast<Vector*>(p); }
const Vector& vector_at(const Scalar* p) { return *reinterpret_cast<const Vector*>(p); }

/// One tile: R rows of a times a packed panel V vectors wide; `width` of its columns exist in c.
template <int R, int V>
void tile(MatrixView a, const Scalar* panel, Scalar* c, std::int64_t c_stride, std::int64_t width,
          std::int64_t k, bool add) {
  Scalar edge[R * V * lanes] = {};
  const bool whole = width == V * lanes;
  Scalar* out = whole ? c : edge;
  const std::int64_t stride = whole ? c_stride : V * lanes;
  if (!whole && add)
    for (int r = 0; r < R; ++r)
      for (std::int64_t j = 0; j < width; ++j) edge[r * V * lanes + j] = c[r * c_stride + j];

  Vector sum[R][V] = {};
  if (add)
    for (int r = 0; r < R; ++r)
      for (int v = 0; v < V; ++v) sum[r][v] = vector_at(out + r * stride + v * lanes);
  for (std::int64_t p = 0; p < k; ++p, panel += V * lanes) {
    const Scalar* column = a.data + p * a.column_stride;
    for (int r = 0; r < R; ++r)
      for (int v = 0; v < V; ++v)
        sum[r][v] += column[r * a.row_stride] * vector_at(panel + v * lanes);
  }
  for (int r = 0; r < R; ++r)
    for (int v = 0; v < V; ++v) vector_at(out + r * stride + v * lanes) = sum[r][v];

  if (!whole)
    for (int r = 0; r < R; ++r)
      for (std::int64_t j = 0; j < width; ++j) c[r * c_stride + j] = edge[r * V * lanes + j];
}

/// Rows [i, m) of a panel in tiles of R rows, then what is left in smaller ones.
template <int R, int V>
void rows(MatrixView a, const Scalar* panel, Scalar* c, std::int64_t n, std::int64_t width,
          std::int64_t m, std::int64_t k, bool add) {
  std::int64_t i = 0;
  for (; i + R <= m; i += R)
    tile<R, V>({a.data + i * a.row_stride, a.row_stride, a.column_stride}, panel, c + i * n, n,
               width, k, add);
  if constexpr (R > 1)
    if (i < m)
      rows<R / 2, V>({a.data + i * a.row_stride, a.row_stride, a.column_stride}, panel, c + i * n,
                     n, width, m - i, k, add);
}

/// Copies a (k x width) part of b, row after row, padded with zeros to whole vectors.
void pack(MatrixView b, Scalar* panel, std::int64_t k, std::int64_t width, std::int64_t padded) {
  for (std::int64_t p = 0; p < k; ++p) {
    const Scalar* row = b.data + p * b.row_stride;
    Scalar* out = panel + p * padded;
    if (b.column_stride == 1)
      for (std::int64_t j = 0; j < width; ++j) out[j] = row[j];
    else
      for (std::int64_t j = 0; j < width; ++j) out[j] = row[j * b.column_stride];
    for (std::int64_t j = width; j < padded; ++j) out[j] = 0;
  }
}

/// Too small to be worth packing.
void product_tiny(MatrixView a, MatrixView b, Scalar* c, std::int64_t m, std::int64_t n,
                  std::int64_t k, bool add) {
  for (std::int64_t i = 0; i < m; ++i, c += n) {
    for (std::int64_t j = 0; j < n && !add; ++j) c[j] = 0;
    for (std::int64_t p = 0; p < k; ++p)  // outside of j, so that products are fused as in tile()
      for (std::int64_t j = 0; j < n; ++j)
        c[j] += a.data[i * a.row_stride + p * a.column_stride] *
                b.data[p * b.row_stride + j * b.column_stride];
  }
}

void product(MatrixView a, MatrixView b, Scalar* c, std::int64_t m, std::int64_t n, std::int64_t k,
             bool add, Scalar* workspace) {
  if (m * n * k <= 64 || k == 0) return product_tiny(a, b, c, m, n, k, add);
  for (std::int64_t p = 0; p < k; p += panel_depth) {
    const std::int64_t depth = k - p < panel_depth ? k - p : panel_depth;
    const MatrixView a_part{a.data + p * a.column_stride, a.row_stride, a.column_stride};
    for (std::int64_t j = 0; j < n; j += panel_width) {
      const std::int64_t width = n - j < panel_width ? n - j : panel_width;
      const std::int64_t vectors = (width + lanes - 1) / lanes;
      const MatrixView b_part{b.data + p * b.row_stride + j * b.column_stride, b.row_stride,
                              b.column_stride};
      pack(b_part, workspace, depth, width, vectors * lanes);
      const auto run = vectors == 3   ? rows<tile_rows, 3>
                       : vectors == 2 ? rows<tile_rows, 2>
                                      : rows<tile_rows, 1>;
      run(a_part, workspace, c + j, n, width, m, depth, add || p > 0);
    }
  }
}

}  // namespace

void fill_product(Kernels& table) { table.product = product; }

}  // namespace gradus::inline GRADUS_VARIANT::detail::GRADUS_ISA
