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
Activation twice = [](const Tensor& x) { return 2 * x; };
Metric metric = [](const Tensor& y_true, const Tensor& y_pred) { return abs(y_pred - y_true); };
CompileOptions compiled{.optimizer = rule, .loss = loss, .metrics = {metric, Accuracy{}}};
FitOptions fitted{.callbacks = {callback, EarlyStopping{}}};

// A conversion that is deleted is none.
struct Misspelt {
  void on_epoch_end() {}
  void on_train_epoch_end() {}
};
constexpr auto of_two = [](int a, int b) { return a + b; };
static_assert(!std::is_convertible_v<decltype(of_two), Schedule>);
static_assert(!std::is_convertible_v<decltype(of_two), Loss>);
static_assert(!std::is_convertible_v<decltype(of_two), Metric>);
static_assert(!std::is_convertible_v<decltype(of_two), Layer>);
static_assert(!std::is_convertible_v<decltype(of_two), Activation>);
static_assert(!std::is_convertible_v<Misspelt, Callback>);
static_assert(!std::is_default_constructible_v<Loss>);
