// error: on_\{epoch,train,test,predict,\*_batch\}_\{begin,end\}
// One hook by its right name does not excuse the other.
#include <gradus/gradus.h>
using namespace gradus;

struct Misspelt {
  void on_train_begin() {}
  void on_epoch_ends(std::int64_t) {}
};
int main() {
  const Tensor x{{1}};
  Sequential model{Dense{.units = 1}};
  model.fit(x, x, {.callbacks = {Misspelt{}}});
}
