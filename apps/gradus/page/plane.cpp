#include "page/plane.h"

#include "terminal/command.h"
#include "training/loss_surface.h"

using namespace gradus;

namespace {

Json to_json(const Surface& s, const char* name) {
  return {{"box", {s.x_low, s.x_high, s.y_low, s.y_high}},
          {"columns", s.columns},
          {"rows", s.rows},
          {name, s.heights}};
}

/// One number for each row of outputs: the value, a probability or a class.
std::vector<double> predictions(const Tensor& outputs, Targets targets) {
  std::vector<double> out;
  const auto classes = static_cast<std::size_t>(outputs.shape()[1]);
  const std::span<const Scalar> all = outputs.values();
  for (std::size_t i = 0; i < all.size(); i += classes) {
    const auto one = all.subspan(i, classes);
    const double first = value(one[0]);
    out.push_back(targets == Targets::numbers ? first
                  : targets == Targets::two_classes
                      ? 1 / (1 + std::exp(-first))
                      : static_cast<double>(std::ranges::max_element(one) - one.begin()));
  }
  return out;
}

/// A box around the rows, with a margin of 8% on each side.
Surface plane_around(const Tensor& x, std::size_t n) {
  Surface s{INFINITY, -INFINITY, INFINITY, -INFINITY, n, n, {}};
  for (std::size_t i = 0; i < x.values().size(); i += 2) {
    const double a = value(x.values()[i]), b = value(x.values()[i + 1]);
    s.x_low = std::min(s.x_low, a), s.x_high = std::max(s.x_high, a);
    s.y_low = std::min(s.y_low, b), s.y_high = std::max(s.y_high, b);
  }
  const double wide = 0.08 * (s.x_high - s.x_low), high = 0.08 * (s.y_high - s.y_low);
  return {s.x_low - wide, s.x_high + wide, s.y_low - high, s.y_high + high, n, n, {}};
}

}  // namespace

Json surface_around_start(const Problem& problem) {
  const double weights = problem.network.weights(problem.data.x.shape()[1], problem.outputs);
  check<UsageError>(weights == 2, "surface: the model must have two weights (got {})", weights);
  Sequential model = problem.model;
  model.build(problem.data.x.shape());
  std::array<double, 2> start{};
  auto next = start.begin();
  for (const Weight& weight : model.weights()) *next++ = value(weight.tensor.values()[0]);
  const ContourPlot plot = loss_surface(problem, start);
  Json out = to_json(plot.surface, "heights");
  out["levels"] = plot.levels;
  out["goal"] = *plot.goal;
  return out;
}

Json map_after(const Contender& c) {
  constexpr std::size_t n = 33;
  const Tensor& x = c.problem->data.x;
  check<UsageError>(x.shape()[1] == 2, "map: the data must have two inputs (got {})", x.shape()[1]);
  Sequential model = c.problem->model;
  const RunRequest run = requests_for({&c, 1}, {.every = c.steps, .curvature = false})[0];
  run_training(*c.problem, run.options, &model);
  Surface plane = plane_around(x, n);
  std::vector<Scalar> places;
  for (std::size_t j = 0; j < n; ++j)
    for (std::size_t i = 0; i < n; ++i)
      for (const double v :
           {plane.x_low + (plane.x_high - plane.x_low) * static_cast<double>(i) / (n - 1),
            plane.y_low + (plane.y_high - plane.y_low) * static_cast<double>(j) / (n - 1)})
        places.push_back(static_cast<Scalar>(v));
  plane.heights = predictions(model.predict(Tensor({n * n, 2}, places), {.batch_size = n * n}),
                              c.problem->loss.targets);
  Json out = to_json(plane, "values");
  for (std::size_t i = 0; i < x.values().size(); i += 2)
    out["points"].push_back({value(x.values()[i]), value(x.values()[i + 1])});
  for (const Scalar v : c.problem->data.y.values()) out["labels"].push_back(value(v));
  return out;
}
