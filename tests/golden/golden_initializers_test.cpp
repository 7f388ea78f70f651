/// Keras's initializers (bounds and spread of a sample), regularizers and constraints.

#include <gradus/models/initializers.h>

#include <doctest/doctest.h>

#include <algorithm>

#include <gradus/models/constraints.h>
#include <gradus/models/regularizers.h>

#include "golden_parts.h"

using namespace gradus;
using golden::Arguments;
using golden::Json;

namespace {

const std::map<std::string, Initializer> initializers{
    {"GlorotUniform", GlorotUniform{}}, {"GlorotNormal", GlorotNormal{}},
    {"HeUniform", HeUniform{}},         {"HeNormal", HeNormal{}},
    {"LecunUniform", LecunUniform{}},   {"LecunNormal", LecunNormal{}}};

/// At least 20000 values of this shape.
std::vector<double> sample(const Initializer& make, const Shape& shape) {
  Random random(11);
  std::vector<double> all;
  while (all.size() < 20000) {
    const Tensor draw = make(shape, random);
    all.insert(all.end(), draw.values().begin(), draw.values().end());
  }
  return all;
}

/// The sample must lie within the bounds, come near to both, and have mean 0 and the deviation to
/// within 5 standard errors: deviation / sqrt(n) for the mean, and at most deviation / sqrt(2 n)
/// for the deviation, as tails shorter than the normal's make it smaller.
std::string compare_initializer(const Json& c) {
  const std::vector<double> all =
      sample(golden::entry(initializers, c.at("initializer")), golden::shape(c.at("shape")));
  const bool uniform = c.at("distribution") == "uniform";
  const double bound = golden::number(c.at(uniform ? "high" : "cut")) * (1 + 1e-7);
  const auto [least, most] = std::minmax_element(all.begin(), all.end());
  if (*least < -bound || *most > bound)
    return fmt::format("values from {} to {} leave +-{}", *least, *most, bound);
  if (*least > -0.98 * bound || *most < 0.98 * bound)
    return fmt::format("values from {} to {} stay off +-{}", *least, *most, bound);
  const auto n = static_cast<double>(all.size());
  double mean = 0, variance = 0;
  for (const double v : all) mean += v / n;
  for (const double v : all) variance += (v - mean) * (v - mean) / n;
  const double deviation = golden::number(c.at("stddev"));
  if (std::abs(mean) > 5 * deviation / std::sqrt(n)) return fmt::format("the mean is {}", mean);
  if (std::abs(std::sqrt(variance) - deviation) > 5 * deviation / std::sqrt(2 * n))
    return fmt::format("the deviation is {} and not {}", std::sqrt(variance), deviation);
  return "";
}

Regularizer regularizer(const Json& c, const Arguments& a) {
  const auto name = c.at("regularizer").get<std::string>();
  if (name == "L1") return L1{a.real("l1", 0.01)};
  if (name == "L2") return L2{a.real("l2", 0.01)};
  if (name == "L1L2") return L1L2{a.real("l1", 0), a.real("l2", 0)};
  if (name != "OrthogonalRegularizer") throw golden::Skipped("there is no " + name);
  using Vectors = OrthogonalRegularizer::Vectors;
  return OrthogonalRegularizer{a.real("factor", 0.01),
                               a.text("mode", "rows") == "rows" ? Vectors::rows : Vectors::columns};
}

Constraint constraint(const Json& c, const Arguments& a) {
  const auto name = c.at("constraint").get<std::string>();
  const int axis = a.integer("axis", 0);
  if (name == "MaxNorm") return MaxNorm{a.real("max_value", 2), axis};
  if (name == "NonNeg") return NonNeg{};
  if (name == "UnitNorm") return UnitNorm{axis};
  if (name != "MinMaxNorm") throw golden::Skipped("there is no " + name);
  return MinMaxNorm{a.real("min_value", 0), a.real("max_value", 1), a.real("rate", 1), axis};
}

/// 1e-9 relative in double, 2e-6 in float.
template <class Make>
std::string compare(const Json& c, Make make) {
  const Arguments arguments(c.at("config"));
  const auto function = make(c, arguments);
  arguments.finish();
  return golden::differences(function(golden::nested(c.at("x"))), golden::nested(c.at("value")),
                             1e-14, golden::coarse ? 2e-6 : 1e-9);
}

template <class Compare>
void run(golden::GoldenFile& file, const char* list, const char* kind, Compare compare_case) {
  for (const Json& c : file.cases(list)) {
    std::string name = c.at(kind).get<std::string>();
    name += c.contains("config") ? c.at("config").dump() : c.at("shape").dump();
    try {
      file.finish(name, compare_case(c));
    } catch (const golden::Skipped& why) {
      file.skip(name, why.what());
    }
  }
}

}  // namespace

TEST_CASE("golden initializers, regularizers and constraints of Keras") {
  golden::GoldenFile file("keras/initializers.json");
  run(file, "initializers", "initializer", compare_initializer);
  run(file, "regularizers", "regularizer", [](const Json& c) { return compare(c, regularizer); });
  run(file, "constraints", "constraint", [](const Json& c) { return compare(c, constraint); });
}
