#include <gradus/models/metrics.h>

#include <doctest/doctest.h>

#include <cmath>

using namespace gradus;
using doctest::Approx;
using doctest::Contains;

namespace {

double once(const Metric& metric, const Tensor& y_true, const Tensor& y_pred,
            const Tensor& weight = {}) {
  std::vector<double> sums;
  metric.update(sums, y_true, y_pred, weight);
  return metric.result(sums);
}

template <class M>
std::string refusal(M metric) {
  try {
    const Metric made = metric;
  } catch (const ValueError& e) {
    return e.what();
  }
  return "accepted";
}

/// A user's metric; the caller keeps its sums.
struct LargestError {
  void update(std::vector<double>& sums, const Tensor& y_true, const Tensor& y_pred,
              const Tensor&) const {
    if (sums.empty()) sums.resize(1);
    sums[0] = std::max<double>(sums[0], max(abs(y_true - y_pred)).item());
  }
  double result(std::span<const double> sums) const { return sums[0]; }
};

/// And a function of rows, better when higher.
struct Close {
  double within = 0.1;
  static constexpr auto direction = Metric::Direction::up;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const {
    return 1 - minimum(abs(y_true - y_pred) / within, 1);
  }
  static void fields(auto& self, auto&& field) { field("within", self.within, rules::positive); }
};

}  // namespace

TEST_CASE("accuracy follows the shapes as in Keras") {
  const Metric accuracy = Accuracy{};
  const Tensor rows{{0, 0, 1}, {1, 1, 0}, {1, 0, 0}};
  CHECK(once(accuracy, Tensor{{1}, {0}, {1}}, Tensor{{0.6}, {0.5}, {0.4}}) == Approx(2.0 / 3));
  CHECK(once(accuracy, Tensor{1, 0, 1}, Tensor{0.6, 0.5, 0.4}) == Approx(2.0 / 3));
  CHECK(once(accuracy, Tensor{2, 0, 1}, rows) == Approx(2.0 / 3));
  CHECK(once(accuracy, Tensor{{2}, {0}, {0}}, rows) == 1);
  CHECK(once(accuracy, Tensor{{0, 0, 1}, {1, 0, 0}, {0, 1, 0}}, rows) == Approx(2.0 / 3));
  CHECK(once(accuracy, Tensor{2, 0, 1}, rows, Tensor{1, 1, 6}) == Approx(0.25));
  CHECK_THROWS_WITH_AS(once(accuracy, Tensor::zeros({3, 2}), Tensor::zeros({3, 4})),
                       Contains("targets of shape (3,2) must fit outputs of shape (3,4)"),
                       ShapeError);
  CHECK_THROWS_AS(once(accuracy, Tensor::zeros({2}), Tensor::zeros({3, 4})), ShapeError);
  CHECK_THROWS_AS(once(accuracy, Tensor::zeros({12}), Tensor::zeros({3, 4})), ShapeError);
}

TEST_CASE("the accuracies of the steps of a row are averaged") {
  const Tensor outputs{{{0, 1}, {1, 0}}, {{1, 0}, {1, 0}}};
  CHECK(once(Accuracy{}, Tensor{{1, 1}, {0, 0}}, outputs) == 0.75);
  CHECK(once(SparseCategoricalAccuracy{}, Tensor{{1, 1}, {0, 0}}, outputs, Tensor{1, 3}) == 0.875);
  CHECK(once(BinaryAccuracy{}, Tensor{{1, 0}, {1, 1}}, Tensor{{0.9, 0.9}, {0.9, 0.6}}) == 0.75);
  CHECK(once(BinaryAccuracy{.threshold = 0.7}, Tensor{{1, 0}, {1, 1}},
             Tensor{{0.9, 0.9}, {0.9, 0.6}}) == 0.5);
}

TEST_CASE("top-k accuracy counts outputs larger than that of the target's class") {
  const Tensor p{{0.5, 0.3, 0.2}, {0.4, 0.2, 0.4}};
  CHECK(once(SparseTopKCategoricalAccuracy{.k = 2}, Tensor{2, 2}, p) == 0.5);
  CHECK(once(SparseTopKCategoricalAccuracy{.k = 3}, Tensor{2, 1}, p) == 1);
  CHECK(once(SparseTopKCategoricalAccuracy{}, Tensor{2, 1}, p) == 1);
  CHECK(once(TopKCategoricalAccuracy{.k = 1}, Tensor{{1, 0, 0}, {0, 0, 1}}, p) == 1);
  CHECK(once(TopKCategoricalAccuracy{.k = 2}, Tensor{{0, 0, 1}, {0, 1, 0}}, p) == 0);
  for (const double bad : {3.0, -1.0, 0.5})
    CHECK_THROWS_AS(once(SparseTopKCategoricalAccuracy{}, Tensor{0, bad}, p), ValueError);
  CHECK(refusal(TopKCategoricalAccuracy{.k = 0}) ==
        "TopKCategoricalAccuracy: k must be >= 1 (got 0)");
  CHECK(refusal(SparseTopKCategoricalAccuracy{.k = -1}) ==
        "SparseTopKCategoricalAccuracy: k must be >= 1 (got -1)");
}

TEST_CASE("metrics add up over batches") {
  const Metric metric = RootMeanSquaredError{};
  std::vector<double> sums;
  CHECK(metric.result(sums) == 0);
  metric.update(sums, Tensor{0, 0}, Tensor{1, 1});
  CHECK(metric.result(sums) == 1);
  metric.update(sums, Tensor{0, 0}, Tensor{3, 5}, Tensor{{2}, {0}});
  CHECK(metric.result(sums) == Approx(std::sqrt((1 + 1 + 18) / 4.0)));
  CHECK_THROWS_WITH_AS(metric.update(sums, Tensor{0, 0}, Tensor{3, 5}, Tensor{1, 2, 3}),
                       "Metric: sample_weight must have shape (2) or (2,1) (got (3))", ShapeError);
}

TEST_CASE("R2 is the share of the variance explained") {
  const Tensor y{{1, 0}, {3, 0}, {5, 0}}, p{{1, 1}, {3, 1}, {7, 1}};
  CHECK(once(R2Score{}, Tensor{1, 3, 5}, Tensor{1, 3, 7}) == Approx(0.5));
  CHECK(once(R2Score{}, Tensor{1, 3, 5}, Tensor{3, 3, 3}) == Approx(0));
  CHECK(once(R2Score{}, y, p) == Approx(0.25));  // the second output's targets are all alike
  CHECK(once(R2Score{.class_aggregation = R2Score::Aggregation::variance_weighted_average}, y, p) ==
        Approx(0.5));
  CHECK(once(R2Score{.num_regressors = 1}, Tensor{1, 3, 5}, Tensor{1, 3, 7}) == Approx(0));
  CHECK(once(R2Score{.num_regressors = 2}, Tensor{1, 3, 5}, Tensor{1, 3, 7}) == Approx(0.5));
  CHECK(once(R2Score{}, Tensor{1, 3, 5}, Tensor{1, 3, 7}, Tensor{1, 1, 0}) == Approx(1));
  // Far from 0, the difference of sums of squares would have no digits left.
  CHECK(once(R2Score{}, Tensor{10001, 10003, 10005}, Tensor{10001, 10003, 10007}) == Approx(0.5));
  std::vector<double> sums;
  Metric(R2Score{}).update(sums, y, p);
  CHECK_THROWS_AS(Metric(R2Score{}).update(sums, Tensor{1}, Tensor{1}), ShapeError);
  CHECK(refusal(R2Score{.num_regressors = -1}) == "R2Score: num_regressors must be >= 0 (got -1)");
}

TEST_CASE("hits and misses are counted, output by output") {
  const Tensor y{{1, 0, 1}, {0, 1, 0}}, p{{0.9, 0.6, 0.2}, {0.5, 0.7, 0.8}}, w{1, 3};
  CHECK(once(TruePositives{}, y, p) == 2);
  CHECK(once(FalsePositives{}, y, p) == 2);
  CHECK(once(TrueNegatives{}, y, p) == 1);
  CHECK(once(FalseNegatives{}, y, p) == 1);
  CHECK(once(TruePositives{}, y, p, w) == 4);
  CHECK(once(FalsePositives{.thresholds = 0.65}, y, p, w) == 3);
  CHECK(once(Precision{}, y, p) == 0.5);
  CHECK(once(Recall{}, y, p) == Approx(2.0 / 3));
  CHECK(once(Recall{.thresholds = 0.1}, y, p) == 1);
  CHECK(once(Precision{.top_k = 1}, y, p) == 0.5);
  CHECK(once(Recall{.top_k = 1}, y, p) == Approx(1.0 / 3));
  CHECK(once(Precision{.top_k = 1}, Tensor{{1, 0}}, Tensor{{0.5, 0.5}}) == 1);  // the first of two
  CHECK(once(Recall{.top_k = 3}, y, p) == 1);
  CHECK(once(Recall{.thresholds = 0.5, .top_k = 3}, y, p) == Approx(2.0 / 3));
  CHECK(once(Precision{.class_id = 2}, y, p) == 0);
  CHECK(once(Recall{.class_id = 0}, y, p) == 1);
  CHECK(once(Precision{}, Tensor{0, 0}, Tensor{0.1, 0.2}) == 0);
  CHECK_THROWS_AS(once(Precision{.class_id = 3}, y, p), ValueError);
  CHECK_THROWS_AS(once(Precision{}, Tensor{{1, 0}}, Tensor{{1}}), ShapeError);
  CHECK(refusal(Precision{.thresholds = 1.5}) ==
        "Precision: thresholds must be in [0, 1] (got 1.5)");
  CHECK(refusal(Recall{.top_k = 0}) == "Recall: top_k must be >= 1 (got 0)");
  CHECK(refusal(Recall{.class_id = -1}) == "Recall: class_id must be >= 0 (got -1)");
  CHECK(refusal(FalseNegatives{.thresholds = -1}) != "accepted");
}

TEST_CASE("F scores combine precision and recall") {
  const Tensor y{{1, 0}, {1, 0}, {0, 1}}, p{{0.9, 0.1}, {0.2, 0.8}, {0.6, 0.4}};
  using Average = FBetaScore::Average;
  CHECK(once(F1Score{}, y, p) == Approx(0.25).epsilon(1e-5));  // of 1/2 and 0
  CHECK(once(F1Score{.average = Average::micro}, y, p) == Approx(1.0 / 3).epsilon(1e-5));
  CHECK(once(F1Score{.average = Average::weighted}, y, p) == Approx(1.0 / 3).epsilon(1e-5));
  CHECK(once(F1Score{.threshold = 0.3}, Tensor{1, 1, 0}, Tensor{0.9, 0.2, 0.4}) ==
        Approx(0.5).epsilon(1e-5));
  // precision 1, recall 1/2: 5 / (4 + 2) / ... with beta = 2
  CHECK(once(FBetaScore{.beta = 2, .threshold = 0.5}, Tensor{1, 1}, Tensor{0.9, 0.2}) ==
        Approx(5 * 0.5 / (4 + 0.5)).epsilon(1e-5));
  CHECK(refusal(FBetaScore{.beta = 0}) == "FBetaScore: beta must be finite and > 0 (got 0)");
  CHECK(refusal(F1Score{.threshold = 2}) == "F1Score: threshold must be in [0, 1] (got 2)");
}

TEST_CASE("AUC is the area under the ROC or PR curve") {
  const Tensor y{0, 0, 1, 1}, p{0.1, 0.4, 0.35, 0.8};
  CHECK(once(AUC{}, y, p) == Approx(0.75));
  CHECK(once(AUC{}, y, p, Tensor{1, 0, 1, 1}) == Approx(1));
  CHECK(once(AUC{}, Tensor{0, 1}, Tensor{0.5, 0.5}) == Approx(0.5));
  CHECK(once(AUC{}, Tensor{1, 1}, Tensor{0.5, 0.7}) == 0);
  CHECK(once(AUC{.from_logits = true}, y, Tensor{-3, -1, -2, 4}) == Approx(0.75));
  CHECK(once(AUC{.summation_method = AUC::Summation::minoring}, Tensor{0, 1}, Tensor{0.5, 0.5}) ==
        0);
  CHECK(once(AUC{.summation_method = AUC::Summation::majoring}, Tensor{0, 1}, Tensor{0.5, 0.5}) ==
        1);
  // Precision 1 up to recall 1/2; then, hits and misses together, h of h + m = 1/2 .. 1 and 0 .. 1.
  CHECK(once(AUC{.curve = AUC::Curve::PR}, Tensor{1, 1, 0}, Tensor{0.9, 0.5, 0.5}) ==
        Approx(0.5 + 0.25 * (1 + 0.5 * std::log(3))));
  CHECK_THROWS_WITH_AS(once(AUC{}, y, Tensor{0, 0, 0, 1.5}),
                       "AUC: y_pred must be in [0, 1], or from_logits set (got 1.5)", ValueError);
  CHECK_THROWS_AS(once(AUC{}, y, Tensor{0, 0, 0, std::nan("")}), ValueError);
  CHECK(refusal(AUC{.num_thresholds = 1}) == "AUC: num_thresholds must be >= 2 (got 1)");
}

TEST_CASE("a metric is named after its struct and knows which way is better") {
  struct Case {
    Metric metric;
    const char* name;
    MonitorMode direction;
  };
  for (const Case& c :
       {Case{Accuracy{}, "accuracy", MonitorMode::max},
        {MeanAbsoluteError{}, "mean_absolute_error", MonitorMode::min},
        {SparseCategoricalCrossentropy{}, "sparse_categorical_crossentropy", MonitorMode::min},
        {LogCosh{}, "logcosh", MonitorMode::min},
        {KLDivergence{}, "kl_divergence", MonitorMode::min},
        {CosineSimilarity{}, "cosine_similarity", MonitorMode::max},
        {TopKCategoricalAccuracy{}, "top_k_categorical_accuracy", MonitorMode::max},
        {R2Score{}, "r2_score", MonitorMode::max},
        {F1Score{}, "f1_score", MonitorMode::max},
        {FBetaScore{}, "fbeta_score", MonitorMode::max},
        {AUC{}, "auc", MonitorMode::max},
        {RootMeanSquaredError{}, "root_mean_squared_error", MonitorMode::min},
        {TrueNegatives{}, "true_negatives", MonitorMode::automatic}}) {
    CHECK(c.metric.name() == c.name);
    CHECK_MESSAGE(c.metric.direction() == c.direction, c.name);
  }
  Metric renamed = Accuracy{};
  renamed.rename("hits");
  CHECK(renamed.name() == "hits");
}

TEST_CASE("a user's metric is a struct with update and result, a row function or a lambda") {
  const Metric largest = LargestError{}, close = Close{.within = 2};
  std::vector<double> sums;
  largest.update(sums, Tensor{1, 2}, Tensor{1, 5});
  largest.update(sums, Tensor{1}, Tensor{2});
  CHECK(largest.result(sums) == 3);
  CHECK(largest.name() == "largest_error");
  CHECK(largest.direction() == MonitorMode::automatic);
  CHECK(once(close, Tensor{1, 2}, Tensor{2, 2}) == 0.75);
  CHECK(close.direction() == MonitorMode::max);
  CHECK_THROWS_AS(Metric(Close{.within = 0}), ValueError);
  const Metric mean_output = [](const Tensor&, const Tensor& y_pred) { return y_pred; };
  CHECK(once(mean_output, Tensor{1, 2}, Tensor{2, 4}) == 3);
  CHECK(mean_output.direction() == MonitorMode::automatic);
}

TEST_CASE("one value in all is weighted by the rows") {
  const Metric whole = [](const Tensor& y_true, const Tensor& y_pred) {
    return mean(abs(y_true - y_pred));
  };
  std::vector<double> sums;
  whole.update(sums, Tensor{0, 0, 0}, Tensor{1, 1, 1});
  whole.update(sums, Tensor{0}, Tensor{5});
  CHECK(whole.result(sums) == 2);
  CHECK_THROWS_AS(whole.update(sums, Tensor{0}, Tensor{5}, Tensor{1}), StateError);
  const Metric outer = [](const Tensor& y_true, const Tensor& y_pred) { return y_true - y_pred; };
  CHECK_THROWS_WITH_AS(once(outer, Tensor{1, 2}, Tensor{{1}, {2}}),
                       Contains("one value per row, or one in all (got shape (2,2) for 2 rows)"),
                       ShapeError);
  const Metric ignoring = SparseCategoricalCrossentropy{.from_logits = true, .ignore_class = -1};
  CHECK(once(ignoring, Tensor{0, -1}, Tensor{{0, 0}, {5, 0}}) == Approx(std::log(2)));
  CHECK(once(ignoring, Tensor{0, -1}, Tensor{{0, 0}, {5, 0}}, Tensor{3, 9}) == Approx(std::log(2)));
}

TEST_CASE("metrics record nothing") {
  const Tensor w = parameter({1, 2});
  const Tensor y_pred = w * 2;
  const auto before = detail::census().recorded;
  std::vector<double> sums;
  for (const Metric& metric : {Metric(MeanSquaredError{}), Metric(RootMeanSquaredError{})}) {
    sums.clear();
    metric.update(sums, Tensor{1, 2}, y_pred);
  }
  CHECK(detail::census().recorded == before);
}
