/// If the system refuses to start a thread, the caller does all the work and gets the same bits.

#include <fmt/core.h>
#include <gradus/gradus.h>
#include <pthread.h>

#include <algorithm>
#include <cstddef>
#include <system_error>
#include <thread>

namespace {

/// Makes new threads ask for a stack that is larger than any memory.
bool refuse_threads() {
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  const bool set = ::pthread_attr_setstacksize(&attributes, std::size_t{1} << 50) == 0 &&
                   ::pthread_setattr_default_np(&attributes) == 0;
  ::pthread_attr_destroy(&attributes);
  if (!set) return false;
  try {
    std::thread([] {}).join();
  } catch (const std::system_error&) {
    return true;
  }
  return false;
}

}  // namespace

int main() {
  using namespace gradus;
  Random random(1);
  const Tensor x = Tensor::uniform({300, 300}, 0, 1, random);
  const Tensor expected = matmul(x, x);
  if (!refuse_threads()) {
    fmt::print("skipped: threads start all the same\n");
    return 77;
  }
  const Threads eight(8);
  for (int i = 0; i < 3; ++i) {
    const Tensor y = matmul(x, x);
    const auto a = y.values(), b = expected.values();
    if (!std::equal(a.begin(), a.end(), b.begin(), b.end())) return 1;
  }
  fmt::print("the same without helpers\n");
  return 0;
}
