#include "training/loss_surface.h"

#include "training/stability.h"

using namespace gradus;
using Point = std::array<double, 2>;

namespace {

/// The loss on all rows as a function of the two weights.
class Landscape {
 public:
  explicit Landscape(const Problem& problem) : model_(problem.model), data_(problem.data) {
    model_.compile({.optimizer = problem.model.optimizer(),
                    .loss = problem.loss.make(),  // and no metrics
                    .target_deviation = problem.network.target_deviation});
    model_.build(data_.x.shape());
    for (const Weight& weight : model_.weights()) shapes_.push_back(weight.tensor.shape());
  }

  double operator()(const Point& at) {
    std::vector<Tensor> weights;
    auto next = at.begin();
    for (const Shape& shape : shapes_) {
      std::vector<Scalar> values(static_cast<std::size_t>(shape.count()));
      for (Scalar& v : values) v = static_cast<Scalar>(*next++);
      weights.emplace_back(shape, values);
    }
    model_.set_weights(weights);
    const double loss = model_.evaluate(data_.x, data_.y, {.batch_size = 1024}).loss;
    return std::isfinite(loss) ? std::clamp(loss, -1e300, 1e300) : 1e300;
  }

 private:
  Sequential model_;
  const Dataset& data_;
  std::vector<Shape> shapes_;
};

/// Descends from `at` in steps along the axes, which shrink where no step leads lower.
Point find_minimum(Landscape& loss, Point at, double step) {
  const double end = step * 1e-4;
  double here = loss(at);
  for (int moves = 0; step > end && moves < 500; ++moves) {
    const Point from = at;
    for (const Point& move : {Point{step, 0}, {-step, 0}, {0, step}, {0, -step}}) {
      const Point there{from[0] + move[0], from[1] + move[1]};
      if (const double height = loss(there); height < here) {
        here = height;
        at = there;
      }
    }
    if (at == from) step /= 2;
  }
  return at;
}

struct Box {
  Point low, high;

  void take(const Point& p) {
    for (std::size_t i = 0; i < 2; ++i) {
      low[i] = std::min(low[i], p[i]);
      high[i] = std::max(high[i], p[i]);
    }
  }
  double width() const { return std::max(high[0] - low[0], high[1] - low[1]); }
};

/// A box around the start, the goal, and each path that stays within three times their distance.
Box box_around(const std::vector<Path>& paths, const Point& start, const Point& goal) {
  Box near{start, start};
  near.take(goal);
  Box box = near;
  for (const Path& path : paths) {
    Box whole = near;
    for (const Point& p : path.points) whole.take(p);
    if (!(whole.width() <= 3 * near.width())) continue;
    box.take(whole.low);
    box.take(whole.high);
  }
  return box;
}

/// A box around the goal and the last half of each path that stays near it then, if any does.
std::optional<Box> box_around_ends(const std::vector<Path>& paths, const Box& all,
                                   const Point& goal) {
  std::optional<Box> out;
  for (const Path& path : paths) {
    Box end{goal, goal};
    for (std::size_t i = path.points.size() / 2; i < path.points.size(); ++i)
      end.take(path.points[i]);
    if (!(end.width() <= 0.12 * all.width()) || end.width() == 0) continue;
    if (!out) out = end;
    out->take(end.low);
    out->take(end.high);
  }
  return out;
}

/// The loss over the box and some air around it, with the paths.
ContourPlot map_of(Landscape& loss, Box box, const std::vector<Path>& paths, const Point& goal) {
  constexpr std::size_t n = 41;
  constexpr int lines = 9;
  const double width = box.width(), air = std::max(0.12 * width, 1e-6);
  for (std::size_t i = 0; i < 2; ++i) {
    // In a very narrow box the contours would touch.
    const double more = air + std::max(0.0, 0.2 * width - (box.high[i] - box.low[i]) / 2);
    box.low[i] -= more;
    box.high[i] += more;
  }
  Surface surface{box.low[0], box.high[0], box.low[1], box.high[1], n, n, {}};
  for (std::size_t j = 0; j < n; ++j)
    for (std::size_t i = 0; i < n; ++i) {
      const auto part = [](std::size_t k) { return static_cast<double>(k) / (n - 1); };
      surface.heights.push_back(loss({box.low[0] + (box.high[0] - box.low[0]) * part(i),
                                      box.low[1] + (box.high[1] - box.low[1]) * part(j)}));
    }
  const std::vector<double> levels = contour_levels(surface, lines);
  return {"w", "b", std::move(surface), levels, paths, goal};
}

}  // namespace

ContourPlot loss_surface(const Problem& problem, const std::vector<Path>& paths) {
  Landscape loss(problem);
  const Point start = paths[0].points[0];
  Point lowest = start;
  for (const Path& path : paths)
    if (loss(path.points.back()) < loss(lowest)) lowest = path.points.back();
  const Point goal = find_minimum(loss, lowest, 0.1);
  const Box box = box_around(paths, start, goal);
  ContourPlot out = map_of(loss, box, paths, goal);
  if (const auto end = box_around_ends(paths, box, goal))
    out.inset.push_back(map_of(loss, *end, paths, goal));
  return out;
}

ContourPlot loss_surface(const Problem& problem, const std::array<double, 2>& start) {
  Landscape loss(problem);
  const auto least = least_loss(problem);
  const Point goal =
      least ? Point{least->weights[0], least->weights[1]} : find_minimum(loss, start, 0.1);
  Box box{goal, goal};
  box.take(start);
  const double swing = 0.8;  // of the way to the goal, as with a high momentum
  box.take({goal[0] + swing * (goal[0] - start[0]), goal[1] + swing * (goal[1] - start[1])});
  return map_of(loss, box, {}, goal);
}
