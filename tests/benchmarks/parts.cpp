/// What a training step is made of.

#include <benchmark/benchmark.h>
#include <gradus/core/kernels.h>
#include <gradus/core/ops.h>

#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "benchmarks.h"
#include "hand_loops.h"

namespace {

using namespace gradus;

/// Adds a benchmark of one call of f.
template <class F>
void add(const std::string& name, F f) {
  benchmark::RegisterBenchmark(name.c_str(), [f](benchmark::State& state) mutable {
    for (auto _ : state) f();
  });
}

// ---- products -----------------------------------------------------------------------------------

/// The operands of one product, in storage aligned as a step has it.
struct Operands {
  explicit Operands(const hand::Product& product)
      : p(product),
        a(Tensor::uniform({p.m, p.k}, -1, 1, random)),
        b(Tensor::uniform({p.k, p.n}, -1, 1, random)),
        c(std::int64_t{p.m} * p.n),
        workspace(detail::product_workspace) {}

  void by_gradus() const {
    const detail::MatrixView left{a.values().data(), p.a_transposed ? 1 : p.k,
                                  p.a_transposed ? p.m : 1};
    const detail::MatrixView right{b.values().data(), p.b_transposed ? 1 : p.n,
                                   p.b_transposed ? p.k : 1};
    detail::kernels().product(left, right, c.data(), p.m, p.n, p.k, false, workspace.data());
    benchmark::ClobberMemory();
  }
  void by_eigen(decltype(hand::native::multiply) multiply) const {
    multiply(p, a.values().data(), b.values().data(), c.data());
    benchmark::ClobberMemory();
  }

  Random random{4};
  hand::Product p;
  Tensor a, b;
  detail::Buffer c, workspace;
};

void check_equal(const std::string& name, const Operands& operands) {
  const float* c = operands.c.data();
  operands.by_eigen(hand::native::multiply);
  const std::vector<float> expected(c, c + operands.p.m * operands.p.n);
  operands.by_gradus();
  for (std::size_t i = 0; i < expected.size(); ++i)
    if (!(std::abs(c[i] - expected[i]) <= 1e-4f * (1 + std::abs(expected[i]))))
      throw std::runtime_error(
          fmt::format("{}: element {} is {}, Eigen's {}", name, i, c[i], expected[i]));
}

void add_product(const std::string& group, const hand::Product& product) {
  const Operands operands(product);
  check_equal(group, operands);
  add(group + "/eigen_native", [=] { operands.by_eigen(hand::native::multiply); });
  add(group + "/eigen_plain", [=] { operands.by_eigen(hand::plain::multiply); });
  add(group + "/gradus", [=] { operands.by_gradus(); });
}

/// The products of a layer (batch, in) x (in, out): forward, by the kernel, by the inputs.
void add_layer(int in, int out, int batch) {
  const auto group = [&](const char* use) {
    return fmt::format("product_{}_{}x{}_batch_{}", use, in, out, batch);
  };
  add_product(group("forward"), {false, false, batch, out, in});
  add_product(group("dkernel"), {true, false, in, out, batch});
  add_product(group("dinput"), {false, true, batch, in, out});
}

// ---- recorded operations
// ---------------------------------------------------------------------------

/// Squares on squares of 1, so that the numbers stay as they are.
void add_operations() {
  const Tensor one(1.0), w = parameter(one);
  add("operation/not_recorded", [=] { benchmark::DoNotOptimize(square(one)); });
  add("operation/recorded_freed", [=] { benchmark::DoNotOptimize(square(w)); });
  add("operation/recorded_backward_freed", [=] {
    square(w).backward();
    w.zero_grad();
  });
  benchmark::RegisterBenchmark("operation/recorded_backward_freed_in_a_chain",
                               [=](benchmark::State& state) {
                                 constexpr int length = 100;
                                 while (state.KeepRunningBatch(length)) {
                                   Tensor y = w;
                                   for (int i = 0; i < length; ++i) y = square(y);
                                   y.backward();
                                   w.zero_grad();
                                 }
                               });
}

}  // namespace

void add_parts() {
  for (const int batch : {32, 128, 512}) add_layer(784, 128, batch);
  for (const int batch : {32, 128}) add_layer(128, 10, batch);
  add_operations();
}
