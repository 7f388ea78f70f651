/// Keras's activations: values and slopes, also at kinks.

#include <gradus/models/activations.h>

#include <doctest/doctest.h>

#include "golden_parts.h"

using namespace gradus;
using golden::Arguments;
using golden::Json;

namespace {

using Function = std::function<Tensor(const Tensor&)>;
using Make = std::function<Function(const Arguments&)>;

Make plain(Tensor (*op)(const Tensor&)) {
  return [op](const Arguments&) { return op; };
}
/// An activation with one option.
Make with_number(const char* name, double otherwise, Tensor (*op)(const Tensor&, double)) {
  return [=](const Arguments& a) -> Function {
    const double number = a.real(name, otherwise);
    return [=](const Tensor& x) { return op(x, number); };
  };
}

void add_plain(std::map<std::string, Make>& all) {
  all["linear"] = plain(linear);
  all["relu6"] = plain(relu6);
  all["selu"] = plain(selu);
  all["sigmoid"] = plain(sigmoid);
  all["tanh"] = plain(tanh);
  all["softplus"] = plain(softplus);
  all["softsign"] = plain(softsign);
  all["silu"] = all["swish"] = plain(silu);
  all["exponential"] = plain(exponential);
  all["hard_sigmoid"] = plain(hard_sigmoid);
  all["hard_silu"] = all["hard_swish"] = plain(hard_silu);
  all["hard_tanh"] = plain(hard_tanh);
  all["tanh_shrink"] = plain(tanh_shrink);
  all["mish"] = plain(mish);
  all["log_sigmoid"] = plain(log_sigmoid);
  all["sparse_plus"] = plain(sparse_plus);
  all["sparse_sigmoid"] = plain(sparse_sigmoid);
  all["softmax"] = plain(softmax);
  all["log_softmax"] = plain(log_softmax);
  all["sparsemax"] = plain(sparsemax);
  all["glu"] = plain(glu);
}

std::map<std::string, Make> table() {
  std::map<std::string, Make> all;
  add_plain(all);
  all["leaky_relu"] = with_number("negative_slope", 0.2, leaky_relu);
  all["elu"] = with_number("alpha", 1, elu);
  all["celu"] = with_number("alpha", 1, celu);
  all["hard_shrink"] = with_number("threshold", 0.5, hard_shrink);
  all["soft_shrink"] = with_number("threshold", 0.5, soft_shrink);
  all["squareplus"] = with_number("b", 4, squareplus);
  all["relu"] = [](const Arguments& a) -> Function {
    const ReluOptions options{a.real("negative_slope", 0), a.maybe("max_value"),
                              a.real("threshold", 0)};
    return [=](const Tensor& x) { return relu(x, options); };
  };
  all["gelu"] = [](const Arguments& a) -> Function {
    const bool approximate = a.flag("approximate");
    return [=](const Tensor& x) { return gelu(x, approximate); };
  };
  all["threshold"] = [](const Arguments& a) -> Function {
    const double from = a.real("threshold", 0), otherwise = a.real("default_value", 0);
    return [=](const Tensor& x) { return threshold(x, from, otherwise); };
  };
  return all;
}

/// Keras 3.16 computes sparsemax's threshold from a sum of partial sums instead of one of them;
/// with two elements above 0 its rows do not sum to 1.
bool is_distribution(const Tensor& rows) {
  const Tensor totals = sum(rows, {.axis = -1});
  for (const Scalar total : totals.values())
    if (std::abs(total - 1) > 1e-6) return false;
  return true;
}

/// 1e-9 relative in double and 2e-6 in float. The slopes of celu and hard_sigmoid come from torch
/// with constants (alpha, 1/6) that were rounded to float: 1e-6 for those.
std::string compare(const Json& c) {
  static const std::map<std::string, Make> makers = table();
  const auto name = c.at("activation").get<std::string>();
  const Arguments arguments(c.at("config"));
  const Function activation = golden::entry(makers, name)(arguments);
  arguments.finish();
  const Tensor x = parameter(golden::nested(c.at("x"))), want = golden::nested(c.at("y"));
  if (name == "sparsemax" && !is_distribution(want))
    throw golden::Skipped("Keras's rows do not sum to 1 (a defect of its sparsemax)");
  const Tensor y = activation(x);
  const double absolute = golden::coarse ? 5e-7 : 1e-14, relative = golden::coarse ? 2e-6 : 1e-9;
  const std::string why = golden::differences(y, want, absolute, relative);
  if (!why.empty()) return "value: " + why;
  if (c.at("dy").is_null()) return "";
  sum(y).backward();
  const bool rounded = name == "celu" || name == "hard_sigmoid";
  const std::string slope = golden::differences(x.grad(), golden::nested(c.at("dy")), absolute,
                                                rounded && !golden::coarse ? 1e-6 : relative);
  return slope.empty() ? slope : "slope: " + slope;
}

}  // namespace

TEST_CASE("golden activations of Keras") {
  golden::GoldenFile file("keras/activations.json");
  for (const Json& c : file.cases()) {
    const std::string name = c.at("activation").get<std::string>() + c.at("config").dump();
    try {
      file.finish(name, compare(c));
    } catch (const golden::Skipped& why) {
      file.skip(name, why.what());
    }
  }
}
