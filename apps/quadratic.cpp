// Gradient descent on a quadratic of 60 weights under a schedule, in float and in double.

#include <array>

#include "lesson.h"

using namespace gradus;

/// The curvatures, from 0.01 to 1, belong to the axes of the weights, reflected in the plane with
/// this `normal`. The weights start at 0; at the minimum each is 1.
template <class Number>
void descend(const char* name, const Schedule& rate, Step steps) {
  std::array<Number, 60> w{}, normal{}, off{};
  Number square = 0, largest = 0;
  for (double k = 1; Number & v : normal) {
    v = static_cast<Number>(std::sin(k++));
    square += v * v;
  }
  const auto mirror = [&] {
    Number sum = 0;
    for (std::size_t i = 0; i < 60; ++i) sum += normal[i] * off[i];
    for (std::size_t i = 0; i < 60; ++i) off[i] -= 2 * sum / square * normal[i];
  };
  for (Step t = 0; t < steps; ++t) {
    for (std::size_t i = 0; i < 60; ++i) off[i] = w[i] - 1;
    mirror();
    for (double k = 0; Number & along : off)
      along *= static_cast<Number>(std::pow(0.01, 1 - k++ / 59));
    mirror();  // now off is the gradient
    for (std::size_t i = 0; i < 60; ++i) {
      w[i] -= static_cast<Number>(value(rate(t))) * off[i];
      largest = std::max(largest, std::abs(w[i]));
    }
  }
  double left = 0;
  for (const Number weight : w) left += (weight - 1.0) * (weight - 1.0) / 60;
  fmt::print("in {:6}  {:<10.5g} of the distance is left; the largest weight was {:.2g}\n", name,
             std::sqrt(left), largest);
}

int main(int argc, char** argv) {
  return run_lesson(argc, argv, "quadratic SCHEDULE", [](const char* text) {
    const Schedule rate = parse_schedule(text, {.all = 32});
    const double end = value(rate.duration());
    const Step steps = end < 1e6 ? static_cast<Step>(end) : 32;
    descend<float>("float", rate, steps);
    descend<double>("double", rate, steps);
  });
}
