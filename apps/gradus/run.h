#pragma once
/// Trains a problem under a schedule, and writes down what can be seen on the way.

#include <gradus/schedules/schedule.h>

#include <array>
#include <cstdint>
#include <vector>

#include "problem.h"

struct RunOptions {
  gradus::Schedule rate;
  gradus::Step steps;      ///< updates, >= 1
  std::uint64_t seed = 0;  ///< of the first weights and the shuffles
  gradus::Step every = 1;  ///< updates from one look at all rows to the next
};

/// What was seen until the last update, or until training diverged: all of it finite.
struct Run {
  std::vector<double> rates = {};         ///< of each update
  std::vector<double> batch_losses = {};  ///< of each update's rows, before it
  std::vector<gradus::Step> looks = {};  ///< updates made before each look: 0, every, ..., the last
  std::vector<double> losses = {};       ///< on all rows, at each look
  /// Of a model of two weights: these, before the first update and after each.
  std::vector<std::array<double, 2>> path = {};
  /// A loss, gradient or weight that is not finite; or a loss on all rows that ends above
  /// `far_above` times the first one.
  bool diverged = false;
  gradus::Sequential model;  ///< trained, as of the last update

  static constexpr double far_above = 4;
};

/// The problem's data, layers, optimizer and loss; its model stays as it is.
Run train(const Problem& problem, const RunOptions& options);

/// Updates in one pass over the problem's rows.
gradus::Step steps_per_epoch(const Problem& problem);

/// Values at rising steps, two or more, as something to plot: straight lines from one to the next.
gradus::Schedule straight_lines(std::vector<gradus::Step> steps, std::vector<double> values);
