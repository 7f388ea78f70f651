#include <gradus/optim/muon.h>

#include <gradus/core/ops.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

void orthogonalize(std::span<Scalar> x, std::int64_t rows, std::int64_t columns, Real a, Real b,
                   Real c, int steps) {
  const NoGrad off;
  const bool flip = rows > columns;  // products of the small side cost less
  const auto turned = [&](const Tensor& m) { return flip ? transpose(m, {1, 0}) : m; };
  const auto number = [](Real v) { return Tensor(static_cast<Scalar>(v)); };
  Tensor X = turned(Tensor({rows, columns}, x)) * number(1 / (norm(x) + 1e-7));
  for (int step = 0; step < steps; ++step) {
    const Tensor A = matmul(X, transpose(X, {1, 0}));
    X = number(a) * X + matmul(number(b) * A + number(c) * matmul(A, A), X);
  }
  std::ranges::copy(turned(X).values(), x.begin());
}

}}}  // namespace gradus::detail
