#include <gradus/optim/muon.h>

#include <gradus/core/broadcast.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

void orthogonalize(std::span<Scalar> x, std::int64_t rows, std::int64_t columns, Real a, Real b,
                   Real c, int steps) {
  const std::int64_t small = std::min(rows, columns), large = std::max(rows, columns);
  const std::int64_t n = small * large;
  const bool flip = rows > columns;  // products of the small side cost less
  const auto place = [&](std::int64_t i) {
    return static_cast<std::size_t>(flip ? i % large * small + i / large : i);
  };
  const auto scale = static_cast<Scalar>(1 / (norm(x) + 1e-7));
  Buffer wide(n), next(n), square(small * small), fourth(small * small);
  for (std::int64_t i = 0; i < n; ++i) wide.data()[i] = scale * x[place(i)];
  const auto combine = kernels().combine;
  for (int step = 0; step < steps; ++step) {
    const MatrixView X{wide.data(), large, 1}, transposed{wide.data(), 1, large};
    const MatrixView A{square.data(), small, 1}, B{fourth.data(), small, 1};
    multiply(X, transposed, square.data(), small, small, large, false);
    multiply(A, A, fourth.data(), small, small, small, false);
    combine(static_cast<Scalar>(b), square.data(), static_cast<Scalar>(c), fourth.data(),
            small * small);
    multiply(B, X, next.data(), small, large, small, false);
    combine(static_cast<Scalar>(a), wide.data(), 1, next.data(), n);
    std::swap(wide, next);
  }
  for (std::int64_t i = 0; i < n; ++i) x[place(i)] = wide.data()[i];
}

}}}  // namespace gradus::detail
