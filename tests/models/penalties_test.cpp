#include <gradus/models/regularizers.h>

#include <doctest/doctest.h>

#include <cmath>

#include <gradus/core/check_gradients.h>
#include <gradus/models/constraints.h>

using namespace gradus;
using doctest::Approx;

namespace {

void check_values(const Tensor& got, std::initializer_list<double> want) {
  REQUIRE(got.size() == static_cast<std::int64_t>(want.size()));
  std::size_t i = 0;
  for (const double w : want) CHECK(got.values()[i++] == Approx(w).epsilon(1e-6));
}

template <class Kind, class Struct>
std::string refusal(Struct options) {
  try {
    const Kind made = options;
  } catch (const ValueError& e) {
    return e.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("regularizers, worked out by hand") {
  const Tensor w{{3, -4}, {0, 1}};
  CHECK(L1{.l1 = 0.5}(w).item() == 4);
  CHECK(L2{.l2 = 0.5}(w).item() == 13);
  CHECK(L1L2{.l1 = 1, .l2 = 1}(w).item() == 34);
  CHECK(L1L2{}(w).item() == 0);
  // The rows' cosine is -4/5; the columns' is -4/sqrt(17).
  CHECK(OrthogonalRegularizer{.factor = 1}(w).item() == Approx(0.8));
  CHECK(OrthogonalRegularizer{.factor = 1, .mode = OrthogonalRegularizer::Vectors::columns}(w)
            .item() == Approx(4 / std::sqrt(17)));
  CHECK(OrthogonalRegularizer{}(Tensor{{1, 2, 3}}).item() == 0);
  CHECK(OrthogonalRegularizer{}(Tensor{{0, 0}, {1, 2}}).item() == 0);
  CHECK_THROWS_AS(OrthogonalRegularizer{}(Tensor{1, 2}), ShapeError);
}

TEST_CASE("the gradients of regularizers agree with finite differences") {
  const Tensor w{{1, -2, 0.5}, {0.5, 3, 1}};
  for (const Regularizer& r : {Regularizer(L1{}), Regularizer(L2{}), Regularizer(L1L2{0.1, 0.2}),
                               Regularizer(OrthogonalRegularizer{1})})
    CHECK(check_gradients([&](std::span<const Tensor> in) { return r(in[0]); }, {w}).ok);
}

TEST_CASE("constraints, worked out by hand") {
  const Tensor w{{3, 0.6}, {-4, 0.8}};
  check_values(MaxNorm{}(w), {1.2, 0.6, -1.6, 0.8});
  check_values(MaxNorm{.max_value = 1, .axis = 1}(Tensor{{3, -4}, {0.3, 0.4}}),
               {0.6, -0.8, 0.3, 0.4});
  check_values(UnitNorm{}(w), {0.6, 0.6, -0.8, 0.8});
  check_values(UnitNorm{}(Tensor{{0}, {0}}), {0, 0});
  check_values(UnitNorm{.axis = {0, 1}}(Tensor{{1, 1}, {1, 1}}), {0.5, 0.5, 0.5, 0.5});
  check_values(NonNeg{}(w), {3, 0.6, 0, 0.8});
  check_values(MinMaxNorm{.min_value = 2, .max_value = 4}(w), {2.4, 1.2, -3.2, 1.6});
  check_values(MinMaxNorm{.max_value = 1, .rate = 0.5}(Tensor{{3}, {-4}}), {1.8, -2.4});
}

TEST_CASE("bad options of regularizers and constraints are refused where they are given") {
  CHECK(refusal<Regularizer>(L1{-1}) == "L1: l1 must be finite and >= 0 (got -1)");
  CHECK(refusal<Regularizer>(L2{std::nan("")}) == "L2: l2 must be finite and >= 0 (got nan)");
  CHECK(refusal<Regularizer>(L1L2{0, -1}) == "L1L2: l2 must be finite and >= 0 (got -1)");
  CHECK(refusal<Regularizer>(OrthogonalRegularizer{-1}) != "accepted");
  CHECK(refusal<Constraint>(MaxNorm{-1}) == "MaxNorm: max_value must be finite and >= 0 (got -1)");
  CHECK(refusal<Constraint>(MinMaxNorm{2, 1}) ==
        "MinMaxNorm: min_value must be <= max_value (got 2 and 1)");
  CHECK(refusal<Constraint>(MinMaxNorm{0, 1, 2}) == "MinMaxNorm: rate must be in [0, 1] (got 2)");
}
