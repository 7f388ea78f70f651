#pragma once
/// Exact derivatives by the numbers of a schedule or an optimizer, beside those by differences.

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/gradus.h>

namespace differences {

using namespace gradus;

/// The numbers of a Schedule or an Optimizer.
template <class T>
std::vector<OptionNumber> numbers_of(const T& at) {
  std::vector<OptionNumber> numbers;
  static_cast<void>(at.with_numbers([&](const OptionNumber& n) {
    numbers.push_back(n);
    return n.value;
  }));
  return numbers;
}

/// The same with number `which` moved.
template <class T>
T moved(const T& at, std::size_t which, double by) {
  std::size_t i = 0;
  return at.with_numbers(
      [&](const OptionNumber& n) { return i++ == which ? n.value + by : n.value; });
}

/// d f / d(number) for every number, seven in one evaluation.
template <class T, class F>
std::vector<double> exact(const T& at, const F& f) {
  std::vector<double> all(numbers_of(at).size());
  for (std::size_t first = 0; first < all.size(); first += Dual::directions) {
    std::size_t i = 0;
    const Real y = f(at.with_numbers([&](const OptionNumber& n) {
      const std::size_t k = i++ - first;
      return k < Dual::directions ? Dual::parameter(value(n.value), static_cast<int>(k)) : n.value;
    }));
    for (std::size_t k = 0; k < Dual::directions && first + k < all.size(); ++k)
      all[first + k] = y.d[k];
  }
  return all;
}

/// A difference of fourth order: around x, or from x on where a number has its least value.
template <class F>
double difference(const F& f, double h) {
  try {
    return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h);
  } catch (const Error&) {
    return (-25 * f(0) + 48 * f(h) - 36 * f(2 * h) + 16 * f(3 * h) - 3 * f(4 * h)) / (12 * h);
  }
}

/// The loss of a small network over all rows after some updates.
struct Training {
  Sequential net{Dense{.units = 8, .activation = tanh}, Dense{.units = 3}};
  Loss loss = MeanSquaredError{};
  std::int64_t epochs = 40;  // of five updates
  double target_deviation = 1;
};
inline Real trained(const Optimizer& optimizer, const Training& training = {}) {
  Random random(11, "rows");
  const Tensor x = Tensor::uniform({160, 4}, -1, 1, random);
  const Tensor y = softmax(2 * matmul(x, Tensor::normal({4, 3}, 0, 1, random)) +
                           Tensor::normal({160, 3}, 0, 0.3, random));  // fit for every loss
  Sequential net = training.net;
  net.compile({.optimizer = optimizer,
               .loss = training.loss,
               .seed = 3,
               .target_deviation = training.target_deviation});
  net.fit(x, y, {.batch_size = 32, .epochs = training.epochs, .verbose = 0});
  return net.loss(x, y);
}

struct Compared {
  int numbers = 0;
  int kinks = 0;    ///< where two differences and the derivative disagree: none is the slope
  int refused = 0;  ///< whose neighbours are no schedule, or no optimizer
  double worst = 0;
  std::string where;
};

/// Adds what the numbers of `at` show. An error is relative to the derivative or, if that is
/// greater, to 1% of f over the number: the differences' own rounding is a share of f.
template <class T, class F>
void compare(Compared& all, const T& at, const F& f, double h = 1e-4) {
  const std::vector<OptionNumber> numbers = numbers_of(at);
  const std::vector<double> derivatives = exact(at, f);
  const double scale = 0.01 * std::fabs(value(f(at)));
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const double x = value(numbers[i].value);
    double size = x == 0 ? 0.01 : std::fabs(x);
    if (x > 0.5 && x < 1) size = 1 - x;  // a beta: its distance from 1 is what counts
    const auto plain = [&](double by) { return value(f(moved(at, i, by))); };
    double coarse = 0, fine = 0;
    ++all.numbers;
    try {
      coarse = difference(plain, h * size), fine = difference(plain, h * size / 3);
    } catch (const Error&) {
      ++all.refused;
      continue;
    }
    const double unit = std::max(std::fabs(fine), scale / size);
    const double error = std::fabs(derivatives[i] - fine) / unit;
    if (error > 1e-8 && std::fabs(coarse - fine) > 3e-9 * unit) {
      ++all.kinks;
      continue;
    }
    if (!(error <= all.worst)) {
      all.worst = error;
      all.where = numbers[i].path + " of " + to_string(at) +
                  fmt::format(": {:.12g}, by differences {:.12g}", derivatives[i], fine);
    }
  }
}

}  // namespace differences
