/// Schedule-Free SGD and AdamW, update by update, as theory/schedule_free.json holds them.

#include <gradus/gradus.h>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "golden_optimizers.h"
#include "golden_support.h"

namespace {

using golden::coarse;
using golden::Json;
using golden::numbers;
using namespace gradus;

using Vector = std::vector<double>;

Vector gradient_at(const Json& problem, const Vector& y, std::size_t t) {
  const std::string kind = problem.at("kind").get<std::string>();
  Vector g(y.size());
  if (kind == "rosenbrock") {
    const double c = problem.at("c").get<double>(), valley = y[1] - y[0] * y[0];
    return {-2 * (1 - y[0]) - 4 * c * y[0] * valley, 2 * c * valley};
  }
  for (std::size_t i = 0; i < y.size(); ++i)
    if (kind == "quadratic") {
      const Vector row = numbers(problem.at("matrix")[i]);
      g[i] = -numbers(problem.at("vector"))[i];
      for (std::size_t j = 0; j < y.size(); ++j) g[i] += row[j] * y[j];
    } else {
      g[i] = numbers(problem.at("slope")[t])[i] * y[i] + numbers(problem.at("offset")[t])[i];
    }
  return g;
}

Tensor tensor_of(const Vector& numbers) {
  return Tensor({std::ssize(numbers)}, std::vector<Scalar>(numbers.begin(), numbers.end()));
}

Vector slot(const Optimizer& opt, const std::string& name) {
  Vector found;
  opt.state([&](const std::string& its, std::span<const Scalar> v, const Shape&) {
    if (its == "0/" + name) found.assign(v.begin(), v.end());
  });
  return found;
}

Optimizer optimizer_of(const Json& c) {
  if (c.contains("form")) throw golden::Skipped("the form of the published experiments");
  const std::string name = c.at("optimizer").get<std::string>();
  Json options = c.at("options");
  if (name == "ScheduleFreeAdamW") {
    options["beta_1"] = options.at("beta");
    options.erase("beta");
  }
  Optimizer opt = golden::optimizer(name, options);
  opt.set_learning_rate(parse_schedule(c.at("schedule").at("text").get<std::string>()));
  return opt;
}

std::string compare_case(const Json& c) {
  Optimizer opt = optimizer_of(c);
  const std::vector<Tensor> w{parameter(tensor_of(numbers(c.at("start"))))};
  const Json& want = c.at("trajectory");
  std::string wrong;
  const auto expect = [&](const char* what, std::size_t t, const Vector& got, const Json& row) {
    const Vector wanted = row.is_array() ? numbers(row) : Vector{row.get<double>()};
    for (std::size_t i = 0; i < wanted.size() && wrong.empty(); ++i)
      if (!golden::close(got[i], wanted[i], coarse ? 1e-5 : 1e-12, coarse ? 1e-4 : 1e-10))
        wrong = fmt::format("step {}: {}[{}]: got {:.17g}, want {:.17g}", t, what, i, got[i],
                            wanted[i]);
  };
  const auto weights = [&] { return Vector(w[0].values().begin(), w[0].values().end()); };
  for (std::size_t t = 0; t < want.at("y").size(); ++t) {
    const Vector g = gradient_at(c.at("problem"), weights(), t);
    expect("gradient", t, g, want.at("gradient")[t]);
    opt.apply(std::vector<Tensor>{tensor_of(g)}, w);
    const double length = slot(opt, "averaging")[1];
    expect("c", t, {length == 0 ? 0 : 1 / length}, want.at("c")[t]);
    expect("z", t, slot(opt, "z"), want.at("z")[t]);
    expect("y", t, weights(), want.at("y")[t]);
    if (want.contains("v")) expect("v", t, slot(opt, "velocity"), want.at("v")[t]);
    opt.finalize();
    expect("x", t, weights(), want.at("x")[t]);
    opt.resume();
  }
  return wrong;
}

}  // namespace

TEST_CASE("updates of Schedule-Free SGD and AdamW are those of theory/schedule_free.json") {
  golden::GoldenFile file("theory/schedule_free.json");
  golden::run_cases(file, compare_case);
}
