#pragma once
/// The matrix product on threads() threads.

#include <gradus/core/node.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// The extents of one product of matrices: (m x k) times (k x n).
struct Product {
  std::int64_t m, n, k;
};

inline MatrixView row_major(const Scalar* data, std::int64_t columns) { return {data, columns, 1}; }
inline MatrixView transposed(const Scalar* data, std::int64_t columns) {
  return {data, 1, columns};
}

/// c (m x n, contiguous, = or +=) a (m x k) times b (k x n): the same bits on any threads().
void multiply(const MatrixView& a, const MatrixView& b, Scalar* c, std::int64_t m, std::int64_t n,
              std::int64_t k, bool add);

/// The gradients of inputs 0 and 1 of y = a b (+ ...): da = dy b^T and db = a^T dy, each summed
/// over the batches that share the operand.
void product_backward(Backward& pass, const Buffer& a, const Buffer& b, Product p);

}}}  // namespace gradus::detail
