// error: on_\{epoch,train,test,predict,\*_batch\}_\{begin,end\}
// A callback needs a hook, and by its right name.
#include <gradus/models/callback.h>
using namespace gradus;

struct Misspelt {
  void epoch_is_over(std::int64_t) {}
};
Callback callback = Misspelt{};
