// error: no matching|could not convert|no viable|conversion from
// A callback needs a hook, and by its right name.
#include <gradus/models/callback.h>
using namespace gradus;

struct Misspelt {
  void on_epoch_ends(std::int64_t) {}
};
Callback callback = Misspelt{};
