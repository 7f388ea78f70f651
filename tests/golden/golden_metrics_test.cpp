/// Keras's metrics: the result after each batch, the name, and which way is better.

#include <gradus/models/metrics.h>

#include <doctest/doctest.h>

#include <algorithm>

#include "golden_parts.h"

using namespace gradus;
using golden::Arguments;
using golden::Json;

namespace {

using Make = std::function<Metric(const Arguments&)>;

template <class M>
Make plain() {
  return [](const Arguments&) { return Metric(M{}); };
}
template <class M>
Make with_thresholds() {
  return [](const Arguments& a) { return Metric(M{a.real("thresholds", 0.5)}); };
}

FBetaScore::Average average(const Arguments& a) {
  const std::map<std::string, FBetaScore::Average> names{
      {"macro", FBetaScore::Average::macro},
      {"micro", FBetaScore::Average::micro},
      {"weighted", FBetaScore::Average::weighted}};
  return golden::entry(names, a.text("average", "macro"));
}

void add_accuracies(std::map<std::string, Make>& all) {
  all["Accuracy"] = plain<Accuracy>();
  all["CategoricalAccuracy"] = plain<CategoricalAccuracy>();
  all["SparseCategoricalAccuracy"] = plain<SparseCategoricalAccuracy>();
  all["BinaryAccuracy"] = [](const Arguments& a) {
    return Metric(BinaryAccuracy{a.real("threshold", 0.5)});
  };
  all["TopKCategoricalAccuracy"] = [](const Arguments& a) {
    return Metric(TopKCategoricalAccuracy{a.integer("k", 5)});
  };
  all["SparseTopKCategoricalAccuracy"] = [](const Arguments& a) {
    return Metric(SparseTopKCategoricalAccuracy{a.integer("k", 5)});
  };
}

void add_losses(std::map<std::string, Make>& all) {
  all["MeanSquaredError"] = plain<MeanSquaredError>();
  all["MeanAbsoluteError"] = plain<MeanAbsoluteError>();
  all["MeanAbsolutePercentageError"] = plain<MeanAbsolutePercentageError>();
  all["MeanSquaredLogarithmicError"] = plain<MeanSquaredLogarithmicError>();
  all["LogCoshError"] = plain<LogCoshError>();
  all["Poisson"] = plain<Poisson>();
  all["Hinge"] = plain<Hinge>();
  all["SquaredHinge"] = plain<SquaredHinge>();
  all["CategoricalHinge"] = plain<CategoricalHinge>();
  all["KLDivergence"] = plain<KLDivergence>();
  all["CosineSimilarity"] = [](const Arguments& a) {
    return Metric(CosineSimilarity{a.integer("axis", -1)});
  };
  all["BinaryCrossentropy"] = [](const Arguments& a) {
    return Metric(BinaryCrossentropy{a.flag("from_logits"), a.real("label_smoothing", 0)});
  };
  all["CategoricalCrossentropy"] = [](const Arguments& a) {
    return Metric(CategoricalCrossentropy{a.flag("from_logits"), a.real("label_smoothing", 0)});
  };
  all["SparseCategoricalCrossentropy"] = [](const Arguments& a) {
    return Metric(SparseCategoricalCrossentropy{a.flag("from_logits")});
  };
}

void add_hits(std::map<std::string, Make>& all) {
  all["TruePositives"] = with_thresholds<TruePositives>();
  all["FalsePositives"] = with_thresholds<FalsePositives>();
  all["TrueNegatives"] = with_thresholds<TrueNegatives>();
  all["FalseNegatives"] = with_thresholds<FalseNegatives>();
  all["Precision"] = [](const Arguments& a) {
    return Metric(
        Precision{a.maybe("thresholds"), a.maybe_integer("top_k"), a.maybe_integer("class_id")});
  };
  all["Recall"] = [](const Arguments& a) {
    return Metric(
        Recall{a.maybe("thresholds"), a.maybe_integer("top_k"), a.maybe_integer("class_id")});
  };
  all["F1Score"] = [](const Arguments& a) {
    return Metric(F1Score{average(a), a.maybe("threshold")});
  };
  all["FBetaScore"] = [](const Arguments& a) {
    return Metric(FBetaScore{average(a), a.real("beta", 1), a.maybe("threshold")});
  };
  all["AUC"] = [](const Arguments& a) {
    const std::map<std::string, AUC::Summation> sums{
        {"interpolation", AUC::Summation::interpolation},
        {"minoring", AUC::Summation::minoring},
        {"majoring", AUC::Summation::majoring}};
    return Metric(AUC{a.integer("num_thresholds", 200),
                      a.text("curve", "ROC") == "PR" ? AUC::Curve::PR : AUC::Curve::ROC,
                      golden::entry(sums, a.text("summation_method", "interpolation")),
                      a.flag("from_logits")});
  };
}

std::map<std::string, Make> table() {
  std::map<std::string, Make> all;
  add_losses(all);
  add_accuracies(all);
  add_hits(all);
  all["RootMeanSquaredError"] = plain<RootMeanSquaredError>();
  all["R2Score"] = [](const Arguments& a) {
    const bool uniform = a.text("class_aggregation", "uniform_average") == "uniform_average";
    return Metric(R2Score{uniform ? R2Score::Aggregation::uniform_average
                                  : R2Score::Aggregation::variance_weighted_average,
                          a.integer("num_regressors", 0)});
  };
  return all;
}

const char* text(MonitorMode direction) {
  return direction == MonitorMode::max ? "up" : direction == MonitorMode::min ? "down" : "none";
}

/// Keras counts the instances of a name: precision_1.
std::string without_number(std::string name) {
  const std::size_t digits = name.find_last_not_of("0123456789");
  if (digits != std::string::npos && name[digits] == '_') name.resize(digits);
  return name;
}

/// The share of rows whose class is among the k largest outputs, after each batch: from a sorted
/// row, to check the file, which counts a class that came third as among the two largest.
Json top_k_by_definition(const Json& c) {
  const auto k = c.at("config").at("k").get<std::size_t>();
  double right = 0, rows = 0;
  Json results = Json::array();
  for (const Json& batch : c.at("batches")) {
    for (std::size_t i = 0; i < batch.at("y_pred").size(); ++i) {
      std::vector<double> row = golden::numbers(batch.at("y_pred")[i]);
      const Json& y = batch.at("y_true")[i];
      const std::vector<double> hot = y.is_array() ? golden::numbers(y) : std::vector<double>{};
      const auto marked = std::max_element(hot.begin(), hot.end()) - hot.begin();
      const std::size_t chosen =
          hot.size() > 1 ? static_cast<std::size_t>(marked)
                         : (hot.empty() ? y.get<std::size_t>() : y.at(0).get<std::size_t>());
      const double output = row.at(chosen);
      std::sort(row.rbegin(), row.rend());
      const double weight =
          batch.at("sample_weight").is_null() ? 1 : golden::number(batch.at("sample_weight")[i]);
      right += weight * (output >= row.at(std::min(k, row.size()) - 1));
      rows += weight;
    }
    results.push_back(rows == 0 ? 0 : right / rows);
  }
  return results;
}

/// 1e-9 relative in double; 3e-6 in float, whose outputs and weights are themselves rounded.
std::string compare(const Json& c) {
  static const std::map<std::string, Make> makers = table();
  const Arguments arguments(c.at("config"));
  const Metric metric = golden::entry(makers, c.at("metric"))(arguments);
  arguments.finish();
  const auto name = without_number(c.at("name"));
  if (metric.name() != name) return fmt::format("the name is {} and not {}", metric.name(), name);
  const std::string direction =
      c.at("direction").is_null() ? "none" : c.at("direction").get<std::string>();
  if (text(metric.direction()) != direction) return "direction is not " + direction;
  const bool by_rank = c.at("metric").get<std::string>().find("TopK") != std::string::npos;
  const Json results = by_rank ? top_k_by_definition(c) : c.at("result_after_each");
  std::vector<double> sums;
  for (std::size_t i = 0; i < c.at("batches").size(); ++i) {
    const Json& batch = c.at("batches")[i];
    metric.update(
        sums, golden::nested(batch.at("y_true")), golden::nested(batch.at("y_pred")),
        batch.at("sample_weight").is_null() ? Tensor() : golden::nested(batch.at("sample_weight")));
    const Json* want = &results[i];
    if (want->is_array() && want->size() > 1) throw golden::Skipped("a metric gives one number");
    if (want->is_array()) want = &want->at(0);
    const double got = metric.result(sums);
    if (!golden::close(got, golden::number(*want), 1e-12, golden::coarse ? 3e-6 : 1e-9))
      return fmt::format("after batch {} it is {} and not {}", i, got, golden::number(*want));
  }
  if (results != c.at("result_after_each"))
    throw golden::Skipped("the file counts a class beyond the k largest; by definition it passes");
  return "";
}

}  // namespace

TEST_CASE("golden metrics of Keras") {
  golden::GoldenFile file("keras/metrics.json");
  int number = 0;
  for (const Json& c : file.cases()) {
    const std::string name =
        fmt::format("#{} {}{}", number++, c.at("metric").get<std::string>(), c.at("config").dump());
    try {
      file.finish(name, compare(c));
    } catch (const golden::Skipped& why) {
      file.skip(name, why.what());
    }
  }
}
