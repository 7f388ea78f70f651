/// Runs the programs of ops/ops.json, and compares values at extreme arguments with ops/tails.json.

#include <gradus/core/ops.h>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "golden_ops.h"

namespace {

using golden::bce_logits;
using golden::Call;
using golden::coarse;
using golden::GoldenFile;
using golden::Json;
using golden::number;
using golden::numbers;
using golden::rule;
using golden::rules;
using golden::Run;
using golden::Skipped;
using golden::sparse_ce;
using namespace gradus;

/// The first difference, or an empty text.
std::string difference(const char* what, const Tensor& got, const Json& want, const Json& c) {
  if (got.shape() != golden::shape(want.at("shape")))
    return fmt::format("{} has shape {}", what, got.shape());
  double absolute = 1e-12, relative = 1e-10;
  if (const auto stated = c.find("tolerance"); stated != c.end()) {
    absolute = number(stated->value("atol", Json(absolute)));
    relative = number(stated->value("rtol", Json(relative)));
  }
  const std::vector<double> list = numbers(want.at("data"));
  for (std::size_t i = 0; i < list.size(); ++i) {
    const double x = got.values()[i], y = list[i];
    if (coarse && golden::beyond_float(y)) throw Skipped("outside the range of float");
    const bool ok = coarse ? golden::close(x, y, 1e-4 * std::max(1.0, std::abs(y)), 0)
                           : golden::close(x, y, absolute, relative);
    if (!ok) return fmt::format("{}[{}] is {:.17g}, not {:.17g}", what, i, x, y);
  }
  return {};
}

/// All gradients of a case, of the result `of`.
template <class F>
std::string compare_gradients(const char* how, const Json& c, F gradient_of) {
  for (const auto& [name, want] : c.at("grads").items()) {
    const std::string what = fmt::format("d/d{} by {}", name, how);
    const std::string text = difference(what.c_str(), gradient_of(name), want, c);
    if (!text.empty()) return text;
  }
  return {};
}

std::string run_case(const Json& c) {
  Run first(c);
  std::string text = difference("output", first.output, c.at("output"), c);
  if (!text.empty() || !c.contains("grads")) return text;

  const Tensor upstream = golden::tensor(c.at("upstream"));
  if (first.output.wants_grad()) first.output.backward(upstream);
  text = compare_gradients("backward", c, [&](const std::string& name) {
    const Tensor& x = first.tensors.at(name);
    return x.has_grad() ? x.grad() : Tensor::zeros(x.shape());
  });
  if (!text.empty()) return text;

  Run second(c);
  if (!second.output.wants_grad()) return {};
  std::vector<Tensor> inputs;
  std::map<std::string, std::size_t> place;
  for (const auto& [name, unused] : c.at("grads").items()) {
    place[name] = inputs.size();
    inputs.push_back(second.tensors.at(name));
  }
  const std::vector<Tensor> all = gradients(sum(second.output * upstream), inputs);
  return compare_gradients("gradients", c,
                           [&](const std::string& name) { return all.at(place.at(name)); });
}

TEST_CASE("ops have the values and gradients of golden ops/ops.json") {
  GoldenFile file("ops/ops.json");
  golden::run_cases(file, run_case, {.name = "name"});
}

constexpr double four_ulp = 4 * 0x1p-52;

/// The required tier of tails.json: `scale` is the largest intermediate number.
std::string tail(const char* what, double got, double want, double scale) {
  const double size = std::max({1.0, std::isfinite(want) ? std::abs(want) : 1.0, scale});
  if (golden::close(got, want, (coarse ? 1e-4 : four_ulp) * size, 0)) return {};
  return fmt::format("{} is {:.17g}, not {:.17g}", what, got, want);
}

void scalar_tail(GoldenFile& file, const Json& c) {
  const double x = number(c.at("x")), value = number(c.at("value")),
               derivative = number(c.at("derivative"));
  const std::string fn = c.at("fn"), name = fmt::format("{}({})", fn, x);
  if (!golden::fits(x, {value, derivative})) return file.skip(name, "outside the range of float");
  if (!rules().contains(fn)) return file.skip(name, "no rule for the function");
  const Tensor input = parameter(x);
  const Tensor y = rule(fn)(Call{{input}, {{}}, Json::object()});
  y.backward();
  std::string text = tail("value", y.item(), value, 0);
  if (text.empty()) text = tail("derivative", input.grad().item(), derivative, 0);
  file.finish(name, text);
}

std::string tails_of(const char* what, const Tensor& got, const Json& want, double scale) {
  std::string text;
  const std::vector<double> list = numbers(want);
  for (std::size_t i = 0; i < list.size() && text.empty(); ++i)
    text = tail(what, got.values()[i], list[i], scale);
  return text;
}

std::string vector_tail(const Json& c) {
  const std::vector<double> x = numbers(c.at("x"));
  const std::vector<Scalar> values(x.begin(), x.end());
  const Tensor row(Shape{1, x.size()}, values);
  double scale = 1;
  for (const double element : x) scale = std::max(scale, std::abs(element));
  std::string text = tail("logsumexp", logsumexp(row).item(), number(c.at("logsumexp")), scale);
  if (text.empty()) text = tails_of("softmax", softmax(row), c.at("softmax"), scale);
  if (text.empty()) text = tails_of("log_softmax", log_softmax(row), c.at("log_softmax"), scale);
  for (std::size_t label = 0; label < x.size() && text.empty(); ++label) {
    const Tensor logits = parameter(row);
    const Tensor loss = sparse_ce(logits, Tensor{label}, 0);
    text = tail("sparse_ce", loss.item(), number(c.at("sparse_ce")[label]), scale);
    loss.backward();
    if (text.empty())
      text = tails_of("sparse_ce_grad", logits.grad(), c.at("sparse_ce_grad")[label], scale);
  }
  return text;
}

std::string bce_tail(const Json& c) {
  const double z = number(c.at("z"));
  const Tensor logit = parameter(z);
  const Tensor loss = bce_logits(logit, number(c.at("y")));
  loss.backward();
  const std::string text = tail("loss", loss.item(), number(c.at("loss")), std::abs(z));
  return text.empty() ? tail("dz", logit.grad().item(), number(c.at("dz")), 0) : text;
}

TEST_CASE("ops at extreme arguments have the values of golden ops/tails.json") {
  GoldenFile file("ops/tails.json");
  for (const Json& c : file.cases("scalar")) scalar_tail(file, c);
  for (const Json& c : file.cases("vector"))
    file.finish("vector " + c.at("x").dump(), vector_tail(c));
  for (const Json& c : file.cases("bce_logits"))
    file.finish(fmt::format("bce_logits z={} y={}", c.at("z").dump(), c.at("y").dump()),
                bce_tail(c));
}

}  // namespace
