// error: \[\]\(double step\) \{
// A rate is a number, not a text.
#include <gradus/gradus.h>
using namespace gradus;

int main() {
  const Optimizer optimizer = Adam{.learning_rate = [](double) { return "0.1"; }};
}
