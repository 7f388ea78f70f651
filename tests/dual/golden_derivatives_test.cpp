/// Derivatives that other systems computed: of the ops, and of fifty updates of a small network.

#include <gradus/gradus.h>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <map>

#include "golden/golden_ops.h"
#include "golden/golden_train.h"

namespace {

using golden::GoldenFile;
using golden::Json;
using golden::number;
using golden::numbers;
using golden::Skipped;
using namespace gradus;

/// Each hyper-parameter of the case is a direction.
std::string compare_run(const Json& problem, const Json& run) {
  const Json& wanted = run.at("hypergradient_of_final_full_batch_loss");
  std::map<std::string, int> directions;
  for (const auto& item : wanted.items())
    directions.emplace(item.key(), static_cast<int>(directions.size()));
  const golden::Seed seed = [&](const std::string& name, double x) {
    const auto found = directions.find(name);
    return found == directions.end() ? Dual(x) : Dual::parameter(x, found->second);
  };
  Optimizer opt = golden::optimizer_of(run, seed);
  const std::vector<Tensor> w = golden::weights_of(problem);
  for (std::int64_t t = 0; t < run.at("steps").get<std::int64_t>(); ++t) {
    golden::loss_of(w, golden::rows_of(problem, run, t), run).backward();
    opt.step(w);
  }
  const Scalar loss = golden::loss_of(w, golden::rows_of(problem, run, -1), run).item();
  for (const auto& item : wanted.items()) {
    const double got = loss.d[directions.at(item.key())], want = item.value().get<double>();
    if (!golden::close(got, want, 0, 1e-12))
      return fmt::format("by {}: got {:.17g}, want {:.17g}", item.key(), got, want);
  }
  return {};
}

constexpr int k = 5;  // the direction that the inputs move in, any of the seven

std::string compare(const std::string& what, double got, double want, double tolerance) {
  if (golden::close(got, want, 1e-13, tolerance)) return {};
  return fmt::format("{}: got {:.17g}, want {:.17g}", what, got, want);
}

/// The inputs move along the case's direction v, so their gradients carry the Hessian times v.
std::string compare_second_order(const Json& c) {
  const Json& second = c.at("second_order");
  // torch's slope there divides by p (1 - p) + 1e-12; ours is exact, as fractions show.
  const double tolerance = c.at("name") == "bce_prob" ? 4e-11 : 1e-11;
  const golden::Run run(c, [&](const std::string& name, const Tensor& x) {
    std::vector<Scalar> moving(x.values().begin(), x.values().end());
    if (second.at("direction").contains(name)) {
      const std::vector<double> v = numbers(second.at("direction").at(name).at("data"));
      for (std::size_t i = 0; i < v.size(); ++i) moving[i].d[k] = v[i];
    }
    return Tensor(x.shape(), moving);
  });
  std::vector<Tensor> inputs;
  for (const auto& item : second.at("hvp").items()) inputs.push_back(run.tensors.at(item.key()));
  const Tensor loss = sum(run.output * golden::tensor(c.at("upstream")));
  const std::vector<Tensor> gradient = gradients(loss, inputs);
  std::string wrong = compare("along the direction", loss.item().d[k],
                              second.at("directional_derivative").get<double>(), tolerance);
  std::size_t i = 0;
  for (const auto& item : second.at("hvp").items()) {
    const std::vector<double> want = numbers(item.value().at("data"));
    const Tensor& got = gradient[i++];
    for (std::size_t j = 0; j < want.size() && wrong.empty(); ++j)
      wrong = compare(fmt::format("Hessian times direction, {}[{}]", item.key(), j),
                      got.values()[j].d[k], want[j], tolerance);
  }
  return wrong;
}

}  // namespace

TEST_CASE("golden: derivatives of fifty updates by rate, decay and momentum") {
  GoldenFile file("ops/train.json");
  const auto compare = [&](const Json& run) { return compare_run(file.root().at("problem"), run); };
  golden::run_cases(file, compare, {.list = "runs", .name = "name"});
}

TEST_CASE("golden: derivatives of every op along a direction, to first and second order") {
  GoldenFile file("ops/ops.json");
  const auto smooth = [](const Json& c) {
    if (!c.contains("second_order")) throw Skipped("no second order: not smooth, or not finite");
    return compare_second_order(c);
  };
  golden::run_cases(file, smooth, {.name = "name"});
}
