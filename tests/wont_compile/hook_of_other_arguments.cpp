// error: \(std::int64_t index, const Logs&, Sequential&\)
// A hook that nobody could call: logs are const.
#include <gradus/models/callback.h>
using namespace gradus;

struct Hopeful {
  void on_train_begin() {}
  void on_epoch_end(std::int64_t, Logs& logs) { logs.set("mine", 1); }
};
Callback callback = Hopeful{};
