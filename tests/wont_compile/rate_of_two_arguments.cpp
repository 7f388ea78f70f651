// error: \[\]\(double step\) \{
// A schedule is a function of the step alone.
#include <gradus/optim/sgd.h>
using namespace gradus;

SGD rule{.learning_rate = [](int a, int b) { return 0.1 / (a + b); }};
