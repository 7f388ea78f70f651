// Training without a model, and tensors to and from Eigen.
#include <gradus/gradus.h>
#include <Eigen/Core>

#include <cmath>
using namespace gradus;

int main() {
  Tensor x{{1}, {2}, {3}, {4}};
  Tensor y{{3}, {5}, {7}, {9}};
  const Eigen::MatrixXd m{{1, 2, 3}, {4, 5, 6}};

  Tensor w = parameter({{0.5}}), b = parameter({0.0});  // leaves that want a gradient
  Optimizer opt = SGD{.learning_rate = 0.1};
  for (int i = 0; i < 100; ++i) {
    Tensor loss = mean(square(matmul(x, w) + b - y));
    loss.backward();   // fills w.grad(), b.grad()
    opt.step({w, b});  // updates, clears the gradients, iterations() += 1
  }
  std::vector<Tensor> g = gradients(mean(square(matmul(x, w) + b - y)),
                                    {w, b});  // functional form; leaves .grad() alone
  {
    NoGrad off;
    Tensor p = matmul(x, w) + b;
  }  // nothing is recorded in its scope
  x.shape();
  x(1, 0);
  x.values() /* std::span<const Scalar>, row-major */;
  x.rank();
  x.size();
  sum(x).item();
  Tensor::zeros({2, 3});
  Tensor::full({2}, 3.0);
  Tensor({2, 2}, std::vector<Scalar>{1, 2, 3, 4});
  Tensor::from(m);
  x.matrix() /* Eigen map */;
  GradientCheck r = check_gradients([](std::span<const Tensor> in) { return mean(tanh(in[0])); },
                                    {x});  // r.max_error, r.ok

  const Tensor t = Tensor::from(m);
  const bool right = std::abs(w(0, 0) - 2) < 0.1 && std::abs(b(0) - 1) < 0.2 && g.size() == 2 &&
                     opt.iterations() == 100 && !w.has_grad() && x.matrix().sum() == 10 &&
                     t.shape() == Shape{2, 3} && t(1, 0) == 4 && t.matrix()(0, 2) == 3 &&
                     sum(x).item() == 10 && r.ok;
  return right ? 0 : 1;
}
