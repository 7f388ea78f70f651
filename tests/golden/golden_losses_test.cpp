/// Keras's losses: values and gradients, with reductions and sample weights.

#include <gradus/models/losses.h>

#include <doctest/doctest.h>

#include "golden_parts.h"

using namespace gradus;
using golden::Arguments;
using golden::Json;

namespace {

using Make = std::function<Loss(const Arguments&, LossOptions)>;

template <class L>
Make plain() {
  return [](const Arguments&, LossOptions options) { return Loss(L{}, options); };
}

std::map<std::string, Make> table_of_probabilities() {
  return {
      {"BinaryCrossentropy",
       [](const Arguments& a, LossOptions o) {
         return Loss(BinaryCrossentropy{a.flag("from_logits"), a.real("label_smoothing", 0)}, o);
       }},
      {"BinaryFocalCrossentropy",
       [](const Arguments& a, LossOptions o) {
         return Loss(BinaryFocalCrossentropy{a.flag("apply_class_balancing"), a.real("alpha", 0.25),
                                             a.real("gamma", 2), a.flag("from_logits"),
                                             a.real("label_smoothing", 0)},
                     o);
       }},
      {"CategoricalCrossentropy",
       [](const Arguments& a, LossOptions o) {
         return Loss(CategoricalCrossentropy{a.flag("from_logits"), a.real("label_smoothing", 0)},
                     o);
       }},
      {"CategoricalFocalCrossentropy",
       [](const Arguments& a, LossOptions o) {
         return Loss(
             CategoricalFocalCrossentropy{a.real("alpha", 0.25), a.real("gamma", 2),
                                          a.flag("from_logits"), a.real("label_smoothing", 0)},
             o);
       }},
      {"SparseCategoricalCrossentropy",
       [](const Arguments& a, LossOptions o) {
         return Loss(
             SparseCategoricalCrossentropy{a.flag("from_logits"), a.maybe_integer("ignore_class")},
             o);
       }},
      {"CategoricalGeneralizedCrossEntropy",
       [](const Arguments& a, LossOptions o) {
         return Loss(CategoricalGeneralizedCrossEntropy{a.real("q", 0.5)}, o);
       }},
      {"KLDivergence", plain<KLDivergence>()},
      {"Dice", plain<Dice>()},
      {"Tversky",
       [](const Arguments& a, LossOptions o) {
         return Loss(Tversky{a.real("alpha", 0.5), a.real("beta", 0.5)}, o);
       }},
  };
}

std::map<std::string, Make> table() {
  std::map<std::string, Make> all = table_of_probabilities();
  all["MeanSquaredError"] = plain<MeanSquaredError>();
  all["MeanAbsoluteError"] = plain<MeanAbsoluteError>();
  all["MeanAbsolutePercentageError"] = plain<MeanAbsolutePercentageError>();
  all["MeanSquaredLogarithmicError"] = plain<MeanSquaredLogarithmicError>();
  all["LogCosh"] = plain<LogCosh>();
  all["Poisson"] = plain<Poisson>();
  all["Hinge"] = plain<Hinge>();
  all["SquaredHinge"] = plain<SquaredHinge>();
  all["CategoricalHinge"] = plain<CategoricalHinge>();
  all["Huber"] = [](const Arguments& a, LossOptions o) {
    return Loss(Huber{a.real("delta", 1)}, o);
  };
  all["CosineSimilarity"] = [](const Arguments& a, LossOptions o) {
    return Loss(CosineSimilarity{a.integer("axis", -1)}, o);
  };
  return all;
}

LossReduction reduction(const Arguments& arguments) {
  const std::map<std::string, LossReduction> names{
      {"sum_over_batch_size", LossReduction::sum_over_batch_size},
      {"mean", LossReduction::mean},
      {"sum", LossReduction::sum},
      {"none", LossReduction::none},
      {"mean_with_sample_weight", LossReduction::mean_with_sample_weight}};
  return golden::entry(names, arguments.text("reduction", "sum_over_batch_size"));
}

/// 1e-9 relative in double, 2e-6 in float, as the file asks. The absolute part is for numbers that
/// Keras itself got as differences of numbers near 1: 1 - sigmoid(30) is good to 1e-16 only.
/// Saturated probabilities: 1 - 1e-7 as a float is 0.99999988, and its log a fifth off.
std::string compare(const Json& c, const Loss& loss) {
  const Tensor y_true = golden::nested(c.at("y_true"));
  const Tensor y_pred = parameter(golden::nested(c.at("y_pred")));
  const Tensor weight =
      c.contains("sample_weight") ? golden::nested(c.at("sample_weight")) : Tensor();
  const Tensor result = loss.reduced(y_true, y_pred, weight);
  const double absolute = golden::coarse ? 3e-7 : 1e-14, relative = golden::coarse ? 2e-6 : 1e-9;
  std::string why = golden::differences(result, golden::nested(c.at("value")), absolute, relative);
  if (!why.empty()) return "value: " + why;
  sum(result).backward();
  why = golden::differences(y_pred.grad(), golden::nested(c.at("grad_wrt_y_pred")), absolute,
                            relative);
  return why.empty() ? why : "gradient: " + why;
}

/// The checks of fit() before training: of the options and of the targets.
Loss checked(const Json& c) {
  static const std::map<std::string, Make> makers = table();
  const Arguments arguments(c.at("config"));
  const Loss loss = golden::entry(makers, c.at("loss"))(arguments, {reduction(arguments)});
  arguments.finish();
  loss.check_targets(golden::nested(c.at("y_true")), golden::nested(c.at("y_pred")).shape());
  return loss;
}

}  // namespace

TEST_CASE("golden losses of Keras") {
  golden::GoldenFile file("keras/losses.json");
  int number = 0;
  for (const Json& c : file.cases()) {
    const std::string name =
        fmt::format("#{} {}{}", number++, c.at("loss").get<std::string>(), c.at("config").dump());
    std::optional<Loss> loss;
    try {
      loss = checked(c);
    } catch (const golden::Skipped& why) {
      file.skip(name, why.what());
    } catch (const Error& why) {
      file.refuse(name, why.what());
    }
    if (loss) file.finish(name, compare(c, *loss));
  }
}
