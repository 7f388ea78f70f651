/// Curvature and gradient noise that theory/stability.json holds, from what is public.

#include <gradus/gradus.h>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <Eigen/Eigenvalues>
#include <numeric>

#include "golden/golden_support.h"

namespace {

using golden::Json;
using golden::numbers;
using namespace gradus;

Tensor rows_of(const Json& json) {
  std::vector<Scalar> all;
  for (const Json& row : json)
    for (const double v : row.is_array() ? numbers(row) : std::vector{row.get<double>()})
      all.push_back(v);
  return reshape(Tensor({std::ssize(all)}, all), {std::ssize(json), -1});
}

struct Case {
  explicit Case(const Json& from)
      : json(from), x(rows_of(json.at("x"))), y(rows_of(json.at("y"))), net(layers()) {
    net.compile({.optimizer = SGD{.learning_rate = 0}, .loss = MeanSquaredError{}});
    net.build(x.shape());
    std::vector<double> all = numbers(json.at("weights"));
    std::vector<Tensor> values;
    auto next = all.begin();
    for (const Tensor& w : net.get_weights()) {
      values.emplace_back(w.shape(), std::vector<Scalar>(next, next + w.size()));
      next += w.size();
    }
    net.set_weights(values);
  }
  std::vector<Layer> layers() const {
    if (json.at("model") == "linear")
      return {Dense{.units = 1, .use_bias = json.at("bias").get<bool>()}};
    std::vector<Layer> out;
    const Json& units = json.at("units");
    for (std::size_t i = 0; i < units.size(); ++i) {
      const bool last = i + 1 == units.size();
      const Activation activation =
          last && json.at("output") == "linear" ? Activation(linear_activation) : Activation(tanh);
      out.push_back(Dense{.units = units[i].get<std::int64_t>(), .activation = activation});
    }
    return out;
  }
  static Tensor linear_activation(const Tensor& z) { return z; }

  /// The loss of some rows.
  std::function<Tensor()> loss(std::vector<std::int64_t> rows) {
    return [this, rows] { return mean(square(net(gather_rows(x, rows)) - gather_rows(y, rows))); };
  }
  std::vector<std::int64_t> all_rows() const {
    std::vector<std::int64_t> rows(static_cast<std::size_t>(x.shape()[0]));
    std::iota(rows.begin(), rows.end(), 0);
    return rows;
  }
  Direction gradient(const std::vector<std::int64_t>& rows) {
    Direction out;
    for (const Tensor& g : gradients(loss(rows)(), net.parameters()))
      for (const Scalar& v : g.values()) out.push_back(value(v));
    return out;
  }
  /// v' H v, with the Hessian of these rows.
  double curvature_along(const Direction& v, const std::vector<std::int64_t>& rows) {
    const auto product = hessian_times(loss(rows), net.parameters(), std::span(&v, 1));
    return std::inner_product(v.begin(), v.end(), product[0].begin(), 0.0);
  }
  Eigen::MatrixXd hessian() {
    const auto n = json.at("parameters").get<std::size_t>();
    Eigen::MatrixXd h(n, n);
    for (std::size_t i = 0; i < n; ++i) {
      std::vector<Direction> axis(1, Direction(n));
      axis[0][i] = 1;
      const auto column = hessian_times(loss(all_rows()), net.parameters(), axis);
      for (std::size_t k = 0; k < n; ++k) h(Eigen::Index(k), Eigen::Index(i)) = column[0][k];
    }
    return h;
  }

  const Json& json;
  Tensor x, y;
  Sequential net;
  std::string wrong = {};

  void expect(const char* name, double got, double want, double tolerance = 1e-9) {
    if (!golden::close(got, want, 1e-9, tolerance))
      wrong += fmt::format("{}: got {:.17g}, want {:.17g}; ", name, got, want);
  }
  void expect(const char* name, double got) { expect(name, got, json.at(name).get<double>()); }
};

void compare_curvature(Case& c) {
  Sharpness sharp{.every = 1, .memory = {.tolerance = 0}};
  GradientNoise noise{.every = 1};
  const History h = c.net.fit(c.x, c.y,
                              {.batch_size = c.x.shape()[0],
                               .verbose = 0,
                               .callbacks = {std::ref(sharp), std::ref(noise)}});
  const double largest = h["sharpness"].back();
  c.expect("largest", largest);
  c.expect("limit", 2 / largest);
  c.expect("noise_trace", noise.traces[0]);
  c.expect("noise_scale", h["gradient_noise"].back());
  const std::vector<double> mu = numbers(c.json.at("momenta"));
  for (std::size_t i = 0; i < mu.size(); ++i) {
    c.expect("momentum_limits", 2 * (1 + mu[i]) / largest,
             numbers(c.json.at("momentum_limits"))[i]);
    c.expect("nesterov_limits", 2 * (1 + mu[i]) / (1 + 2 * mu[i]) / largest,
             numbers(c.json.at("nesterov_limits"))[i]);
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> all(c.hessian());
  const std::vector<double> wanted = numbers(c.json.at("eigenvalues"));
  for (std::size_t i = 0; i < wanted.size(); ++i)
    c.expect("eigenvalues", all.eigenvalues()[Eigen::Index(i)], wanted[i]);
  const std::vector<double> vector = numbers(c.json.at("top_vector"));
  const Direction& top = sharp.memory.directions[0];
  const double sign = std::inner_product(top.begin(), top.end(), vector.begin(), 0.0) < 0 ? -1 : 1;
  for (std::size_t i = 0; i < vector.size(); ++i)
    c.expect("top_vector", sign * top[i], vector[i], 1e-8 / c.json.at("gap").get<double>());
}

/// What has no function, but follows from gradients() and hessian_times().
void compare_batches(Case& c) {
  const std::vector<std::int64_t> rows = c.all_rows();
  const auto n = rows.size(), batch = c.json.at("batch").get<std::size_t>();
  std::vector<bool> taken(n, false);
  std::fill_n(taken.begin(), batch, true);
  double square = 0, own = 0, full = 0;
  int batches = 0;
  do {
    std::vector<std::int64_t> some;
    for (std::size_t i = 0; i < n; ++i)
      if (taken[i]) some.push_back(rows[i]);
    const Direction g = c.gradient(some);
    square += std::inner_product(g.begin(), g.end(), g.begin(), 0.0);
    own += c.curvature_along(g, some);
    full += c.curvature_along(g, rows);
    ++batches;
  } while (std::prev_permutation(taken.begin(), taken.end()));
  c.expect("batches", batches);
  c.expect("batch_sharpness", own / square);
  c.expect("batch_curvature", full / square);

  const Direction g = c.gradient(rows);
  const double gradient = std::inner_product(g.begin(), g.end(), g.begin(), 0.0);
  double spread = 0;  // tr(H Sigma)
  for (const std::int64_t row : rows) {
    Direction from_mean = c.gradient({row});
    for (std::size_t k = 0; k < g.size(); ++k) from_mean[k] -= g[k];
    spread += c.curvature_along(from_mean, rows) / static_cast<double>(n);
  }
  const double kappa = static_cast<double>(n - batch) / static_cast<double>(batch * (n - 1));
  c.expect("gradient_square", gradient);
  c.expect("best_one_step_rate", gradient / (c.curvature_along(g, rows) + kappa * spread));
  c.expect("best_one_step_rate_full", gradient / c.curvature_along(g, rows));
}

}  // namespace

TEST_CASE("curvature and gradient noise are those of theory/stability.json") {
  golden::GoldenFile file("theory/stability.json");
  golden::run_cases(file, [](const Json& json) {
    Case c(json);
    compare_curvature(c);
    compare_batches(c);
    return c.wrong;
  });
}
