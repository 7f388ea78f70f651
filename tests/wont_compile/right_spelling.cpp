// Compiles: what the other files here get wrong, put right. If this fails, their errors mean
// nothing.
#include <gradus/gradus.h>
using namespace gradus;

Schedule number = 0.1;
Schedule text = parse_schedule("0.1");
Schedule function = [](double step) { return 0.1 / (1 + step); };
SGD rule{.learning_rate = [](int step) { return 0.1 / (1 + step); }};
Dense layer{.units = 16};
Layer any_layer = Dense{.units = 16};
Loss loss = MeanSquaredError{};
struct EachEpoch {
  void on_train_begin() {}
  void on_epoch_end(std::int64_t, const Logs&) {}
};
Callback callback = EachEpoch{};
