// error: compile\(\{.loss = MeanSquaredError\{\}\}\)
// An optimizer alone has nothing to minimize.
#include <gradus/gradus.h>
using namespace gradus;

int main() {
  Sequential model{Dense{.units = 1}};
  model.compile({.optimizer =
                     SGD{
                         .learning_rate = 0.1,
                     },
                 .metrics = {Accuracy{}},
                 .seed = 7,
                 .threads = 2});
}
