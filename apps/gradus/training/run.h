#pragma once
/// Trains a problem under a schedule, and writes down what can be seen on the way.

#include <gradus/models/history.h>
#include <gradus/schedules/schedule.h>

#include <array>
#include <cstdint>
#include <vector>

#include "problem/problem.h"

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
  gradus::History history = {};  ///< of the training

  static constexpr double far_above = 4;
};

/// The problem's data, layers, optimizer and loss; its model stays as it is.
Run train(const Problem& problem, const RunOptions& options);

/// Batches that an update takes: 1, unless the optimizer accumulates their gradients.
std::int64_t batches_per_update(const Problem& problem);
/// Updates in so many passes over the problem's rows; at least 1.
gradus::Step updates_in(const Problem& problem, std::int64_t epochs);
/// Passes until so many updates are done.
std::int64_t epochs_for(const Problem& problem, gradus::Step updates);

/// Values at rising steps, two or more, as something to plot: straight lines from one to the next.
gradus::Schedule straight_lines(std::vector<gradus::Step> steps, std::vector<double> values);
