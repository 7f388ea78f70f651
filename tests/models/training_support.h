#pragma once
/// Shared by tests of training: the line y = 2x + 1 and models for it.

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <gradus/core/ops.h>
#include <gradus/models/layers.h>
#include <gradus/models/sequential.h>
#include <gradus/optim/sgd.h>

namespace training {

using namespace gradus;

inline const Tensor line_x{{1}, {2}, {3}, {4}}, line_y{{3}, {5}, {7}, {9}};

/// w x + b from w = b = 0.
inline Sequential line(const Schedule& rate = 0.01, std::vector<Metric> metrics = {}) {
  Sequential model{Dense{.units = 1, .kernel_initializer = Zeros{}}};
  model.compile({.optimizer = SGD{.learning_rate = rate},
                 .loss = MeanSquaredError{},
                 .metrics = std::move(metrics)});
  return model;
}

/// A model whose loss on each batch of training is the next of `script`, and whose weight goes down
/// by the rate with each update: from 0 by -1, -2, ... with rate 1.
inline Sequential scripted(std::vector<double> script, const Schedule& rate = 1) {
  Sequential model{Dense{.units = 1, .use_bias = false, .kernel_initializer = Zeros{}}};
  const auto loss = [script = std::move(script), i = std::make_shared<std::size_t>(0)](
                        const Tensor&, const Tensor& y_pred) {
    const double next = script.at((*i)++);
    return mean(y_pred - detach(y_pred), {.axis = 1}) + next;
  };
  model.compile({.optimizer = SGD{.learning_rate = rate}, .loss = loss});
  return model;
}
inline const Tensor one_row{{1}};

inline double weight(const Sequential& model) { return model.get_weights()[0].values()[0]; }

inline bool same(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() &&
         std::equal(a.values().begin(), a.values().end(), b.values().begin());
}
inline bool same(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Tensor& p, const Tensor& q) { return same(p, q); });
}

/// The names in some logs: `loss, val_loss`.
inline std::string names(const Logs& logs) {
  std::string all;
  for (const auto& [name, _] : logs) all += (all.empty() ? "" : ", ") + name;
  return all;
}

/// Records the logs of each epoch.
struct EpochLogs {
  std::vector<Logs> all;
  void on_epoch_end(std::int64_t, const Logs& logs) { all.push_back(logs); }
};

}  // namespace training
