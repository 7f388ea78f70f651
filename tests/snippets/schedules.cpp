// Schedules: what may be one, what may not, asking for values, and texts.
#include <gradus/gradus.h>

#include <cmath>
using namespace gradus;

static_assert(!std::is_convertible_v<Tensor, Schedule>);

int main() {
  const ExponentialDecay halving{
      .initial_learning_rate = 0.1, .decay_steps = 2, .decay_rate = 0.5, .staircase = true};
  Schedule schedule = halving;
  const Optimizer optimizers[] = {
      SGD{.learning_rate = 0.1}, SGD{.learning_rate = halving},
      SGD{.learning_rate = [](double step) { return 0.1 / (1 + step); }},
      SGD{.learning_rate = schedule}};
  bool right = true;
  for (const Optimizer& optimizer : optimizers) right = right && optimizer.learning_rate() == 0.1;

Schedule s = PiecewiseConstantDecay{.boundaries = {100, 200}, .values = {0.1, 0.05, 0.01}};
double now = s(250);                                  // pure: any integral or floating step, no side effect, held past the end
s.duration();                                         // infinity for an endless one
std::string text = to_string(s);   Schedule back = parse_schedule(text);            // exact round trip

  const Schedule pasted = parse_schedule(
      "ExponentialDecay(initial_learning_rate=0.1, decay_steps=2, decay_rate=0.5, staircase=True)");
  const Schedule from_keras =
      parse_schedule("keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5, staircase=True)");
  right = right && now == 0.01 && s(100) == 0.1 && s(100.5) == 0.05 && std::isinf(s.duration()) &&
          to_string(back) == text && back(150) == 0.05 && pasted(3) == schedule(3) &&
          from_keras(3) == schedule(3);
  return right ? 0 : 1;
}
