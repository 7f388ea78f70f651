// error: \(std::int64_t index, const Logs&, Sequential&\)
// An epoch has a number, and no name.
#include <gradus/gradus.h>
using namespace gradus;

struct Hopeful {
  void on_epoch_end(const std::string&) {}
};
int main() {
  const Tensor x{{1}};
  Sequential model{Dense{.units = 1}};
  model.fit(x, x, {.callbacks = {Hopeful{}}});
}
