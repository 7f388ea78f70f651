/// A child made by fork() has no helpers: it computes the same bits alone, and ends.

#include <fmt/core.h>
#include <gradus/gradus.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

int main() {
  using namespace gradus;
  Random random(1);
  const Tensor x = Tensor::uniform({300, 300}, 0, 1, random);
  const Threads two(2);
  const Tensor expected = matmul(x, x);
  int good = 0;
  constexpr int children = 20;
  for (int i = 0; i < children; ++i) {
    ::usleep(static_cast<unsigned>(i) * 200);  // by then the helper spins, yields or sleeps
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(20);  // ends a child that hangs
      const Tensor y = matmul(x, x);
      const auto a = y.values(), b = expected.values();
      std::exit(std::equal(a.begin(), a.end(), b.begin(), b.end()) ? 0 : 1);
    }
    int status = 1;
    ::waitpid(child, &status, 0);
    good += status == 0;
  }
  fmt::print("{} of {} children ended well\n", good, children);
  return good == children ? 0 : 1;
}
