/// Each loss, metric, layer, callback, regularizer, constraint and initializer lists its options.

#include <gradus/core/fields.h>

#include <doctest/doctest.h>

#include <tuple>

#include <gradus/gradus.h>

using namespace gradus;

namespace {

constexpr std::size_t rounded_up(std::size_t offset, std::size_t alignment) {
  return (offset + alignment - 1) / alignment * alignment;
}

/// Where fields() leaves out a member: the options lie side by side from the beginning of the
/// struct to `end`, the offset of its state, apart from padding. "" when none is left out. (A bool
/// in the padding before a number would escape.)
template <class T>
std::string left_out(const T& self, std::size_t end, std::size_t alignment) {
  const auto offset = [&](const auto& member) {
    return static_cast<std::size_t>(reinterpret_cast<const char*>(&member) -
                                    reinterpret_cast<const char*>(&self));
  };
  std::string where;
  std::size_t at = 0;
  T::fields(self, [&](std::string_view name, const auto& member, const Rule& = rules::anything,
                      rules::Presence = rules::required) {
    if (offset(member) != rounded_up(at, alignof(decltype(member))))
      where += fmt::format("{} lacks a field before {}; ", detail::type_name<T>(), name);
    at = offset(member) + sizeof(member);
  });
  if (rounded_up(at, alignment) != end)
    where += fmt::format("{} lacks its last field", detail::type_name<T>());
  return where;
}

/// For a struct of options alone.
template <class T>
void check_all_listed(const T& self) {
  if constexpr (detail::HasFields<const T>)
    CHECK(left_out(self, sizeof(T), alignof(T)) == "");
  else
    CHECK_MESSAGE(std::is_empty_v<T>, detail::type_name<T>());
}

/// For options followed by state.
template <class T, class State>
void check_all_listed(State T::*state) {
  const T self{};
  const auto end = static_cast<std::size_t>(reinterpret_cast<const char*>(&(self.*state)) -
                                            reinterpret_cast<const char*>(&self));
  CHECK(left_out(self, end, alignof(State)) == "");
}

template <class... T>
void check_each(std::tuple<T...> family) {
  std::apply([](const auto&... self) { (check_all_listed(self), ...); }, family);
}

/// Forgets its last option.
struct Forgetful {
  double kept = 1, forgotten = 2;
  static void fields(auto& self, auto&& field) { field("kept", self.kept, rules::anything); }
};
/// Forgets its first option.
struct Hasty {
  double forgotten = 1, kept = 2;
  static void fields(auto& self, auto&& field) { field("kept", self.kept, rules::anything); }
};

}  // namespace

TEST_CASE("an option that fields() leaves out is found") {
  CHECK(left_out(Forgetful{}, sizeof(Forgetful), alignof(Forgetful)) ==
        "Forgetful lacks its last field");
  CHECK(left_out(Hasty{}, sizeof(Hasty), alignof(Hasty)) == "Hasty lacks a field before kept; ");
}

TEST_CASE("each loss and each metric lists its options") {
  check_each(
      std::tuple<MeanSquaredError, MeanAbsoluteError, MeanAbsolutePercentageError,
                 MeanSquaredLogarithmicError, Huber, LogCosh, Poisson, CosineSimilarity, Hinge,
                 SquaredHinge, CategoricalHinge, BinaryCrossentropy, BinaryFocalCrossentropy,
                 CategoricalCrossentropy, CategoricalFocalCrossentropy,
                 SparseCategoricalCrossentropy, CategoricalGeneralizedCrossEntropy, KLDivergence,
                 Dice, Tversky, LossOptions>());
  check_each(std::tuple<Accuracy, BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy,
                        TopKCategoricalAccuracy, SparseTopKCategoricalAccuracy,
                        RootMeanSquaredError, R2Score, Precision, Recall, TruePositives,
                        FalsePositives, TrueNegatives, FalseNegatives, FBetaScore, F1Score, AUC>());
}

TEST_CASE("each layer lists its options, and each part of a layer") {
  check_each(std::tuple<Flatten, Dropout, GaussianNoise, ReluOptions>());
  check_all_listed(&Dense::kernel);
  check_all_listed(&LayerNormalization::gamma);
  check_all_listed(&BatchNormalization::gamma);
  check_each(std::tuple<L1, L2, L1L2, OrthogonalRegularizer>());
  check_each(std::tuple<MaxNorm, NonNeg, UnitNorm, MinMaxNorm>());
  check_each(std::tuple<Zeros, Ones, Constant, Identity, RandomNormal, RandomUniform,
                        TruncatedNormal, VarianceScaling, GlorotUniform, GlorotNormal, HeUniform,
                        HeNormal, LecunUniform, LecunNormal, Orthogonal>());
}

TEST_CASE("each callback lists its options") {
  check_each(std::tuple<LearningRateScheduler, LambdaCallback>());
  check_all_listed(&EarlyStopping::best);
  check_all_listed(&ReduceLROnPlateau::plateau);
  check_all_listed(&ModelCheckpoint::best);
  check_all_listed(&BackupAndRestore::count);
  check_all_listed(&CSVLogger::offset);
  check_all_listed(&JSONLogger::offset);
  check_all_listed(&TensorBoard::train);
  check_all_listed(&GreedyLR::greedy);
  check_all_listed(&Plateau::scale);
  check_all_listed(&Greedy::scale);
}
