// error: a list needs braces: .metrics = \{Accuracy\{\}\}
// Callbacks are a list, also if it is one.
#include <gradus/gradus.h>
using namespace gradus;

int main() {
  const Tensor x{{1}};
  Sequential model{Dense{.units = 1}};
  model.fit(x, x, {.callbacks = EarlyStopping{}});
}
