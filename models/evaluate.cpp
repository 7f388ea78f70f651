/// Checking data, evaluate() and predict(); and History, which they report in.

#include <algorithm>

#include <gradus/core/nearest.h>
#include <gradus/core/node.h>
#include <gradus/core/ops.h>
#include <gradus/models/rows.h>
#include <gradus/models/sequential.h>

namespace gradus::inline GRADUS_VARIANT {
namespace detail {

void check_finite(const char* caller, const char* name, const Tensor& x) {
  std::int64_t bad = kernels().first_not_finite(node_of(x).data(), x.size());
  if (bad < 0) return;
  const double found = value(node_of(x).data()[bad]);
  std::string place;
  for (int axis = x.rank(); axis-- > 0; bad /= x.shape()[axis])
    place = fmt::format("[{}]", bad % x.shape()[axis]) + place;
  check(false, "{}: {} must be finite ({}{} is {})", caller, name, name, place, found);
}

Tensor take_rows(const Tensor& x, std::span<const std::int64_t> rows) {
  const Node& from = node_of(x);
  const std::int64_t width = from.size / std::max<std::int64_t>(1, from.shape[0]);
  Shape shape = from.shape;
  shape.set(0, static_cast<std::int64_t>(rows.size()));
  Fresh to(shape);
  Scalar* out = to.data;
  for (const std::int64_t row : rows) out = std::copy_n(from.data() + row * width, width, out);
  return std::move(to.tensor);
}

Tensor row_mean(const Tensor& values, std::int64_t rows) {
  check<ShapeError>(values.size() == 1 || (values.size() == rows && values.shape()[0] == rows),
                    "Loss: a loss or metric must give one value per row, or one in all (got shape "
                    "{} for {} rows)",
                    values.shape(), rows);
  return mean(values);
}

Tensor row_range(const Tensor& x, std::int64_t start, std::int64_t stop) {
  const NoGrad off;
  return slice(x, 0, start, stop);
}

}  // namespace detail

namespace {

/// The model's rows and the ones it got: `4 features (got 5)`, or shapes for images.
std::string mismatch(const Shape& expected, const Shape& got) {
  if (expected.rank() == 2 && got.rank() == 2)
    return fmt::format("{} features (got {})", expected[1], got[1]);
  return fmt::format("rows as in shape {} (got {})", expected, got);
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out.empty() ? "none" : out;
}

template <class Map>
const auto& entry(const char* owner, const Map& map, std::string_view key) {
  const auto found = map.find(key);
  std::vector<std::string> names;
  if (found == map.end())
    for (const auto& [name, _] : map) names.push_back(name);
  check(found != map.end(), "{}: there is no '{}'; did you mean '{}'? (there are: {})", owner, key,
        detail::nearest(key, names), joined(names));
  return found->second;
}

}  // namespace

const std::vector<double>& History::operator[](std::string_view key) const {
  return entry("History", series_, key);
}

void History::add(std::int64_t epoch, const std::vector<std::pair<std::string, double>>& numbers) {
  const auto room = static_cast<std::size_t>(expected_);
  if (epochs_.empty()) epochs_.reserve(room);
  epochs_.push_back(epoch);
  for (const auto& [name, number] : numbers) {
    std::vector<double>& series = series_[name];
    if (series.empty()) series.reserve(room);
    series.push_back(number);
  }
}

double Evaluation::operator[](std::string_view key) const {
  return key == "loss" ? loss : entry("Evaluation", metrics, key);
}

Tensor Sequential::checked_input(const char* caller, const Tensor& x) const {
  Tensor rows = detach(x);
  if (rows.rank() == 1) rows = reshape(rows, {rows.size(), 1});
  check<ShapeError>(rows.rank() >= 2, "{}: x must be (rows, features...) (got shape {})", caller,
                    x.shape());
  check(rows.shape()[0] > 0, "{}: x is empty", caller);
  detail::check_finite(caller, "x", rows);
  if (!input_shape_) return rows;
  Shape expected = *input_shape_;
  expected.set(0, rows.shape()[0]);
  check<ShapeError>(rows.shape() == expected, "{}: model expects {}", caller,
                    mismatch(expected, rows.shape()));
  return rows;
}

Dataset Sequential::checked_examples(const char* caller, const Tensor& x, const Tensor& y) {
  const Loss& loss = compiled(caller).loss;
  check<ShapeError>(x.rank() > 0 && y.rank() > 0 && x.shape()[0] == y.shape()[0],
                    "{}: x and y must have as many rows (x has {}, y has {})", caller,
                    x.rank() > 0 ? x.shape()[0] : 0, y.rank() > 0 ? y.shape()[0] : 0);
  Dataset data{checked_input(caller, x), detach(y)};
  detail::check_finite(caller, "y", y);
  if (input_shape_) {
    loss.check_targets(y, output_shapes_.back());
  } else {
    Built built = built_for(data.x.shape());
    loss.check_targets(y, built.output_shapes.back());
    adopt(std::move(built));
  }
  return data;
}

Evaluation Sequential::evaluate(const Tensor& x, const Tensor& y, const EvaluateOptions& options) {
  check(options.batch_size >= 1, "evaluate: batch_size must be >= 1 (got {})",
        options.batch_size.count);
  return evaluate_rows(checked_examples("evaluate", x, y), options.batch_size);
}

Evaluation Sequential::evaluate_rows(const Dataset& data, std::int64_t batch_size) {
  const NoGrad off;
  const std::int64_t rows = data.x.shape()[0];
  const std::vector<Metric>& metrics = compiled_->metrics;
  detail::RowMeans means(1 + metrics.size());
  for (std::int64_t start = 0; start < rows; start += batch_size) {
    const std::int64_t stop = std::min(rows, start + batch_size);
    const Tensor y_true = detail::row_range(data.y, start, stop);
    const Tensor y_pred = (*this)(detail::row_range(data.x, start, stop));
    means.add_rows(stop - start);
    means.add(0, value(detail::row_mean(compiled_->loss(y_true, y_pred), stop - start).item()),
              stop - start);
    for (std::size_t i = 0; i < metrics.size(); ++i) {
      std::vector<double> sums;
      metrics[i].update(sums, y_true, y_pred);
      means.add(1 + i, metrics[i].result(sums), stop - start);
    }
  }
  Evaluation result{.loss = means[0]};
  for (std::size_t i = 0; i < metrics.size(); ++i) result.metrics[metrics[i].name()] = means[1 + i];
  return result;
}

Tensor Sequential::predict(const Tensor& x, const EvaluateOptions& options) {
  check<StateError>(compiled_ || input_shape_, "predict: call compile() first");
  check(options.batch_size >= 1, "predict: batch_size must be >= 1 (got {})",
        options.batch_size.count);
  const NoGrad off;
  const Tensor rows = checked_input("predict", x);
  build(rows.shape());
  const std::int64_t count = rows.shape()[0];
  std::vector<Tensor> parts;
  for (std::int64_t start = 0; start < count; start += options.batch_size)
    parts.push_back((*this)(
        detail::row_range(rows, start, std::min<std::int64_t>(count, start + options.batch_size))));
  return concat(parts, 0);
}

}  // namespace gradus
