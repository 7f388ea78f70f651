// error: Accuracy\{\} or \[\]\(const Tensor& y, const Tensor& p\)
// A metric compares targets with outputs.
#include <gradus/gradus.h>
using namespace gradus;

int main() {
  Sequential model{Dense{.units = 1}};
  model.compile({.optimizer = SGD{}, .loss = MeanSquaredError{}, .metrics = {[](const Tensor& y) {
                                                                   return square(y);
                                                                 }}});
}
