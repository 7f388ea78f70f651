// error: Dense\{...\} or \[\]\(const Tensor& x\)
// A layer is a function of a tensor.
#include <gradus/gradus.h>
using namespace gradus;

int main() {
  Sequential model{Dense{.units = 1}, [](double x) { return 2 * x; }};
}
