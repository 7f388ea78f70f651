/// Builds a chain of a million ops on a thread with a stack of 64 KiB, runs it backward and frees
/// it; then frees another chain that was not run. Recursion would overflow the stack.

#include <fmt/core.h>

#include <chrono>

#include <gradus/core/ops.h>

#include "small_stack.h"

namespace {

using namespace gradus;

constexpr int length = 1'000'000;

Tensor chain(const Tensor& x) {
  Tensor y = x;
  for (int i = 0; i < length; ++i) y = y + x;
  return y;
}

bool same(const detail::Census& a, const detail::Census& b) {
  return a.tensors == b.tensors && a.recorded == b.recorded;
}

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

bool run_backward_and_free(const Tensor& x, const detail::Census& before) {
  const double start = seconds();
  const Tensor y = chain(x);
  const detail::Census built = detail::census();
  const double middle = seconds();
  y.backward();
  const detail::Census after = detail::census();
  fmt::print("built {} ops in {:.2f} s; backward in {:.2f} s: slope {}, {} tensors left\n",
             built.recorded, middle - start, seconds() - middle, x.grad().item(), after.tensors);
  return built.recorded == length && after.recorded == 0 && after.tensors == before.tensors + 1 &&
         x.grad().item() == length + 1;
}

void free_without_backward(const Tensor& x) {
  const double start = seconds();
  (void)chain(x);
  fmt::print("built and dropped {} ops in {:.2f} s\n", length, seconds() - start);
}

bool work() {
  const Tensor x = parameter(1);
  const detail::Census before = detail::census();
  bool good = run_backward_and_free(x, before);
  good = same(detail::census(), before) && good;
  free_without_backward(x);
  const detail::Census after = detail::census();
  fmt::print("{} tensors at the end, {} at the start; {} recorded\n", after.tensors, before.tensors,
             after.recorded);
  return good && same(after, before);
}

}  // namespace

int main() { return on_small_stack(64, work); }
