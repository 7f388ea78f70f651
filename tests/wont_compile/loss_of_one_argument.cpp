// error: \[\]\(const Tensor& y, const Tensor& p\)
// A loss compares targets with outputs.
#include <gradus/gradus.h>
using namespace gradus;

int main() {
  Sequential model{Dense{.units = 1}};
  model.compile({.optimizer = SGD{}, .loss = [](const Tensor& y) { return square(y); }});
}
