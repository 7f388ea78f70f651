// Schedules: the forms of a rate, values, expressions and texts.
#include <gradus/gradus.h>

#include <cmath>
using namespace gradus;

static_assert(!std::is_convertible_v<Tensor, Schedule>);

const ExponentialDecay halving{
    .initial_learning_rate = 0.1, .decay_steps = 2, .decay_rate = 0.5, .staircase = true};

bool forms_of_a_rate() {
  Schedule schedule = halving;
  const Optimizer optimizers[] = {
      SGD{.learning_rate = 0.1}, SGD{.learning_rate = halving},
      SGD{.learning_rate = [](double step) { return 0.1 / (1 + step); }},
      SGD{.learning_rate = schedule}};
  bool right = true;
  for (const Optimizer& optimizer : optimizers) right = right && optimizer.learning_rate() == 0.1;
  return right;
}

bool values_and_texts() {
  Schedule s =
      linear(0.0, 0.1, 100) >>
      CosineDecay{.initial_learning_rate = 0.1, .decay_steps = 900};  // join; local time restarts
  double now = s(250);  // pure: any integral or floating step, no side effect, held past the end
  s.duration();         // 1000; infinity for an endless one
  s.area(1000);         // sum of the first 1000 rates: the learning budget
  Schedule t = clamp(0.5 * s, 1e-5, 0.04);
  s* t;
  s + t;
  s.take(50);
  delay(s, 10);
  stretch(s, 2.0);
  Step steps_per_epoch = 32;
  repeat(CosineDecay{0.1, 50}, {.grow = 2.0, .decay = 0.5});
  per_epoch(s, steps_per_epoch);
  mirror(s, 0.95, 0.85);
  warmup(s, 100);
  std::string text = to_string(s);
  Schedule back = parse_schedule(text);  // exact round trip
  std::string json = serialize(s);
  Schedule again = deserialize(json);  // Keras's dict, key for key, where Keras has the class
  const SGD moving{.learning_rate = s, .momentum = mirror(s, 0.95, 0.85)};
  return std::abs(now - 0.0933012701892) < 1e-12 && s.duration() == 1000 &&
         std::abs(s.area(1000) - 50) < 1e-9 && t(100) == 0.04 && to_string(back) == text &&
         back(150) == s(150) && again(150) == s(150) && moving.momentum(0) == 0.95 &&
         moving.momentum(100) == 0.85;
}

// Two structs, and a lambda beside a schedule, make expressions too.
bool expressions() {
  const Schedule structs =
      0.5 * CosineDecay{.initial_learning_rate = 0.1, .decay_steps = 10} >>
      InverseTimeDecay{.initial_learning_rate = 0.05, .decay_steps = 320, .decay_rate = 1};
  const auto wave = [](double step) { return 0.05 + 0.05 * std::cos(step); };
  const Schedule mixed = halving * wave, doubled = 2 * wave;
  return structs(0) == 0.05 && structs(10) == 0.05 && mixed(0) == 0.1 * 0.1 && doubled(0) == 0.2;
}

bool keras() {
  const Schedule schedule = halving;
  const Schedule pasted = parse_schedule(
      "ExponentialDecay(initial_learning_rate=0.1, decay_steps=2, decay_rate=0.5, staircase=True)");
  const Schedule from_keras =
      parse_schedule("keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5, staircase=True)");
  return pasted(3) == schedule(3) && from_keras(3) == schedule(3) &&
         std::isinf(schedule.duration()) &&
         serialize(halving) ==
             "{\"module\": \"keras.optimizers.schedules\", \"class_name\": "
             "\"ExponentialDecay\", \"config\": {\"initial_learning_rate\": 0.1, "
             "\"decay_steps\": 2, \"decay_rate\": 0.5, \"staircase\": true, "
             "\"name\": \"ExponentialDecay\"}, \"registered_name\": null}";
}

int main() { return forms_of_a_rate() && values_and_texts() && expressions() && keras() ? 0 : 1; }
