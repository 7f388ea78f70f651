// error: a list needs braces: .metrics = \{Accuracy\{\}\}
// Metrics are a list, also if it is one.
#include <gradus/gradus.h>
using namespace gradus;

int main() {
  Sequential model{Dense{.units = 1}};
  model.compile({.optimizer = SGD{}, .loss = MeanSquaredError{}, .metrics = Accuracy{}});
}
