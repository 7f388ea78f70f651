// error: on_\{epoch,train,test,predict,\*_batch\}_\{begin,end\}
// Keras's old name for on_train_batch_end is no hook, overloaded or not.
#include <gradus/gradus.h>
using namespace gradus;

struct Old {
  void on_epoch_end() {}
  void on_batch_end() {}
  void on_batch_end(std::int64_t, const Logs&) {}
};
int main() {
  const Tensor x{{1}};
  Sequential model{Dense{.units = 1}};
  Old old;
  model.fit(x, x, {.callbacks = {std::ref(old)}});
}
