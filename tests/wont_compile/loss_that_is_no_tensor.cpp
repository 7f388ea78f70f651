// error: \[\]\(const Tensor& y, const Tensor& p\)
// A text has no gradient, and no loss is named by one.
#include <gradus/gradus.h>
using namespace gradus;

int main() {
  Sequential model{Dense{.units = 1}};
  model.compile({.optimizer = SGD{}, .loss = "mse"});
}
