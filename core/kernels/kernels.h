#pragma once
/// The expensive arithmetic, behind one table of functions. The build compiles kernels_*.cpp once
/// per instruction set (x86-64, x86-64-v3 with AVX2, x86-64-v4 with AVX-512). The first call of
/// kernels() chooses the best copy for this processor. Every array is contiguous.

#include <gradus/core/scalar.h>

#ifndef GRADUS_ISA  // the copy being compiled
#define GRADUS_ISA plain
#endif

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// y = f(x; p, q), element by element, and dx (= or +=) dy * f'(x; p, q).
struct Unary {
  void (*forward)(const Scalar* x, Scalar* y, std::int64_t n, Scalar p, Scalar q);
  void (*backward)(const Scalar* x, const Scalar* y, const Scalar* dy, Scalar* dx, std::int64_t n,
                   Scalar p, Scalar q, bool add);
};

/// One side of y = f(a, b): rows that are `stride` apart in `data`; stride 0 repeats one row. With
/// `repeat`, a row is one element, used n times.
struct Operand {
  const Scalar* data;
  bool repeat;
  std::int64_t stride;
};
/// y = f(a, b), element by element; y has `rows` rows of n.
struct Binary {
  void (*forward)(const Operand& a, const Operand& b, Scalar* y, std::int64_t rows, std::int64_t n);
  /// da (= or +=) dy * df/da, and the same for b, in the shape of y. Null where the factor is 1.
  void (*backward_a)(const Operand& a, const Operand& b, const Scalar* y, const Scalar* dy,
                     Scalar* da, std::int64_t rows, std::int64_t n, bool add);
  void (*backward_b)(const Operand& a, const Operand& b, const Scalar* y, const Scalar* dy,
                     Scalar* db, std::int64_t rows, std::int64_t n, bool add);
};

/// A function of each row of a (rows, n) array: one value per row, or a row of n values.
struct Rowwise {
  void (*forward)(const Scalar* x, Scalar* y, std::int64_t rows, std::int64_t n);
  void (*backward)(const Scalar* x, const Scalar* y, const Scalar* dy, Scalar* dx,
                   std::int64_t rows, std::int64_t n, bool add);
};

/// A matrix inside an array: element (i, j) is data[i * row_stride + j * column_stride].
struct MatrixView {
  const Scalar* data;
  std::int64_t row_stride, column_stride;
};

/// The factors in an update of the Adam family; see `adam` below.
struct AdamFactors {
  Scalar one_minus_beta_1, one_minus_beta_2, rate, epsilon;
};

struct Kernels {
  /// The element-wise functions, in the order of the lists in elementwise.h.
  const Unary* unary;
  const Binary* binary;
  Rowwise max, min, logsumexp, softmax, log_softmax;
  /// y (= or +=) condition != 0 ? a : b; a null a or b stands for zeros.
  void (*select)(const Scalar* condition, const Scalar* a, const Scalar* b, Scalar* y,
                 std::int64_t n, bool add);
  /// The sum of n elements in a fixed order, pairwise above a few hundred.
  Scalar (*sum)(const Scalar* x, std::int64_t n);
  /// y += x.
  void (*accumulate)(const Scalar* x, Scalar* y, std::int64_t n);
  /// y += each row of x, (rows, n), one after another.
  void (*accumulate_rows)(const Scalar* x, Scalar* y, std::int64_t rows, std::int64_t n);
  /// y (= or +=) a.
  void (*fill)(Scalar a, Scalar* y, std::int64_t n, bool add);
  /// c (m x n, row-major, = or +=) a (m x k) times b (k x n). Sums each element in the order of k,
  /// for any m and n. `workspace` holds product_workspace elements.
  void (*product)(const MatrixView& a, const MatrixView& b, Scalar* c, std::int64_t m,
                  std::int64_t n, std::int64_t k, bool add, Scalar* workspace);
  /// The same, bit for bit, for a block of a larger c with rows c_stride apart; k > 0.
  void (*product_block)(const MatrixView& a, const MatrixView& b, Scalar* c, std::int64_t c_stride,
                        std::int64_t m, std::int64_t n, std::int64_t k, bool add,
                        Scalar* workspace);
  /// w -= rate g; with momentum v = mu v - rate g and w += v, or with nesterov w += mu v - rate g.
  void (*sgd)(Scalar rate, const Scalar* g, Scalar* w, std::int64_t n);
  void (*sgd_momentum)(Scalar rate, Scalar mu, bool nesterov, const Scalar* g, Scalar* v, Scalar* w,
                       std::int64_t n);
  /// m += (g - m)(1 - beta_1); v += (g^2 - v)(1 - beta_2); w -= rate m / (sqrt(v) + epsilon). The
  /// rate includes the bias correction. `v_max`, if not null, keeps the largest v for the root.
  void (*adam)(const AdamFactors& factors, const Scalar* g, Scalar* m, Scalar* v, Scalar* v_max,
               Scalar* w, std::int64_t n);
  /// y = a x + b y; with b = 0 the old y is ignored. x may be y.
  void (*combine)(Scalar a, const Scalar* x, Scalar b, Scalar* y, std::int64_t n);
  /// The sum of (scale x)^2, in double.
  Real (*sum_of_squares)(const Scalar* x, double scale, std::int64_t n);
  /// The sum of |x|, at least the largest |x|. Not finite if an element is not, or if it overflows.
  double (*sum_of_magnitudes)(const Scalar* x, std::int64_t n);
  /// The first index whose element is nan or infinite, or -1.
  std::int64_t (*first_not_finite)(const Scalar* x, std::int64_t n);
};

/// Elements of scratch memory that `product` needs.
inline constexpr std::int64_t product_workspace = 48 * 256;
/// In every copy this number of columns of b is a whole number of panels.
inline constexpr std::int64_t product_strip = 48;

namespace GRADUS_ISA {
/// The table of this copy. Each source fills in its entries.
Kernels table();
void fill_reductions(Kernels& table);
void fill_product(Kernels& table);
}  // namespace GRADUS_ISA

#ifdef GRADUS_X86_COPIES  // set by the build for a source that chooses among the three copies
namespace x86_64 {
Kernels table();
}
namespace x86_64_v3 {
Kernels table();
}
namespace x86_64_v4 {
Kernels table();
}
#endif

/// The copy in force and its name: "x86-64", "x86-64-v3", "x86-64-v4" or "plain".
struct Choice {
  const char* name;
  Kernels table;
};
const Choice& chosen_kernels();
inline const Kernels& kernels() {
  static const Kernels& table = chosen_kernels().table;
  return table;
}

}}}  // namespace gradus::detail
