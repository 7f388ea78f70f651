#pragma once
/// The matrix product on as many threads as are in force.

#include <gradus/core/kernels.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// c (m x n, contiguous, = or +=) a (m x k) times b (k x n): the same bits on any number of
/// threads.
void multiply(const MatrixView& a, const MatrixView& b, Scalar* c, std::int64_t m, std::int64_t n,
              std::int64_t k, bool add);

}}}  // namespace gradus::detail
