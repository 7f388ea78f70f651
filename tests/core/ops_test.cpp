/// Ops: their values, at the edges and in bulk.

#include <gradus/core/ops.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <thread>

namespace {

using namespace gradus;

using List = std::vector<Scalar>;
List list(const Tensor& x) { return {x.values().begin(), x.values().end()}; }

constexpr double epsilon = std::numeric_limits<Scalar>::epsilon();

/// Checks that both have the same shape and that elements differ by a few roundings at most.
bool near(const Tensor& got, const Tensor& want, double roundings = 4) {
  if (got.shape() != want.shape()) return false;
  for (std::size_t i = 0; i < got.values().size(); ++i) {
    const double a = got.values()[i], b = want.values()[i];
    if (!(std::abs(a - b) <= roundings * epsilon * std::max(1.0, std::abs(b)))) return false;
  }
  return true;
}

TEST_CASE("arithmetic broadcasts as NumPy does") {
  const Tensor column{{1}, {2}, {3}}, row{{10, 20, 30, 40}};
  CHECK(list(column + row) == List{11, 21, 31, 41, 12, 22, 32, 42, 13, 23, 33, 43});
  CHECK(list(row - column) == List{9, 19, 29, 39, 8, 18, 28, 38, 7, 17, 27, 37});
  CHECK(list(2 * Tensor{{1, 2}, {3, 4}} + 1) == List{3, 5, 7, 9});
  CHECK(list(1 - Tensor{1, 2} / 2) == List{0.5, 0});
  CHECK(list(-Tensor{{1, 2}, {3, 4}} * Tensor{10, 100}) == List{-10, -200, -30, -400});
  const Tensor deep = Tensor::ones({2, 1, 4}) * column;
  CHECK(deep.shape() == Shape{2, 3, 4});
  CHECK(deep(1, 2, 0) == 3);
  CHECK((Tensor(2) * Tensor(3)).shape() == Shape{});
  CHECK((Tensor(2) * Tensor{3}).shape() == Shape{1});
  CHECK((Tensor::zeros({0, 3}) + Tensor::ones({3})).shape() == Shape{0, 3});
  CHECK((Tensor::zeros({0, 1}) + Tensor::ones({1, 3})).shape() == Shape{0, 3});
  CHECK((Tensor::zeros({4, 0, 2}) * Tensor::ones({1, 2})).shape() == Shape{4, 0, 2});
}

TEST_CASE("functions have their textbook values") {
  CHECK(near(exp(Tensor{0, 1, -1}), {1, 2.718281828459045, 0.36787944117144233}));
  CHECK(near(log(Tensor{1, 10}), {0, 2.302585092994046}));
  CHECK(near(log1p(Tensor{0, 1}), {0, 0.6931471805599453}));
  CHECK(near(expm1(Tensor{0, 1}), {0, 1.718281828459045}));
  CHECK(list(sqrt(Tensor{4, 0})) == List{2, 0});
  CHECK(list(square(Tensor{-3, 2})) == List{9, 4});
  CHECK(list(abs(Tensor{-3, 2, 0})) == List{3, 2, 0});
  CHECK(near(sin(Tensor{1}), {0.8414709848078965}));
  CHECK(near(cos(Tensor{1}), {0.5403023058681398}));
  CHECK(near(tanh(Tensor{1, -0.1}), {0.7615941559557649, -0.09966799462495582}));
  CHECK(near(sigmoid(Tensor{0, 2}), {0.5, 0.8807970779778823}));
  CHECK(list(relu(Tensor{-1, 0, 2})) == List{0, 0, 2});
  CHECK(near(leaky_relu(Tensor{-1, 2}), {-0.2, 2}));
  CHECK(near(leaky_relu(Tensor{-1, 2}, 0.1), {-0.1, 2}));
  CHECK(near(elu(Tensor{-1, 2}), {-0.6321205588285577, 2}));
  CHECK(near(elu(Tensor{-1}, 2), {-1.2642411176571153}));
  CHECK(near(gelu(Tensor{1}), {0.8413447460685429}));
  CHECK(near(gelu(Tensor{1}, true), {0.8411919906082767}));
  CHECK(near(silu(Tensor{1}), {0.7310585786300049}));
  CHECK(near(softplus(Tensor{1}), {1.3132616875182228}));
  CHECK(near(log_sigmoid(Tensor{1}), {-0.31326168751822286}));
  CHECK(near(pow(Tensor{2, 9}, 0.5), {1.4142135623730951, 3}));
  CHECK(list(pow(Tensor{2, 3}, Tensor{3, 2})) == List{8, 9});
  CHECK(list(maximum(Tensor{1, 5}, Tensor{3, 2})) == List{3, 5});
  CHECK(list(minimum(Tensor{1, 5}, Tensor{3, 2})) == List{1, 2});
  CHECK(list(where(Tensor{1, 0, -2}, Tensor{1, 2, 3}, 9)) == List{1, 9, 3});
  CHECK(list(clip(Tensor{-5, 0, 5}, -1, 2)) == List{-1, 0, 2});
}

TEST_CASE("reductions run over the given axes") {
  const Tensor x({2, 3, 2}, List{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  CHECK(sum(x).item() == 78);
  CHECK(list(sum(x, {.axis = 1})) == List{9, 12, 27, 30});
  CHECK(list(sum(x, {.axis = {0, 2}})) == List{18, 26, 34});
  CHECK(sum(x, {.axis = {0, 2}, .keepdims = true}).shape() == Shape{1, 3, 1});
  CHECK(sum(x, {.keepdims = true}).shape() == Shape{1, 1, 1});
  CHECK(list(mean(x, {.axis = -1})) == List{1.5, 3.5, 5.5, 7.5, 9.5, 11.5});
  CHECK(list(max(x, {.axis = 0})) == List{7, 8, 9, 10, 11, 12});
  CHECK(list(max(x, {.axis = {2, 0}})) == List{8, 10, 12});
  CHECK(list(min(x, {.axis = {1, 2}})) == List{1, 7});
  CHECK(near(logsumexp(Tensor{{0, 0}, {1000, 1000}}, {.axis = 1}),
             {0.6931471805599453, 1000.6931471805599}));
  CHECK(logsumexp(Tensor{-INFINITY, -INFINITY}).item() == -INFINITY);
  CHECK(near(softmax(Tensor{{0, 0}, {0, 0}}, 0), {{0.5, 0.5}, {0.5, 0.5}}));
  CHECK(near(sum(softmax(x, 1), {.axis = 1}), Tensor::ones({2, 2})));
  CHECK(near(exp(log_softmax(x / 5, 0)), softmax(x / 5, 0)));
  CHECK(near(softmax(Tensor{1, 2, 3}), softmax(Tensor{1001, 1002, 1003})));
}

TEST_CASE("ops that move elements put each in its place") {
  const Tensor x{{1, 2, 3}, {4, 5, 6}};
  CHECK(list(transpose(x)) == List{1, 4, 2, 5, 3, 6});
  const Tensor deep({2, 3, 2}, List{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  CHECK(transpose(deep, {2, 0, 1}).shape() == Shape{2, 2, 3});
  CHECK(list(transpose(deep, {2, 0, 1})) == List{1, 3, 5, 7, 9, 11, 2, 4, 6, 8, 10, 12});
  CHECK(list(transpose(transpose(deep, {1, 2, 0}), {2, 0, 1})) == list(deep));
  CHECK(reshape(x, {3, -1}).shape() == Shape{3, 2});
  CHECK(reshape(x, {-1}).shape() == Shape{6});
  CHECK(reshape(Tensor::zeros({0, 3}), {-1, 3}).shape() == Shape{0, 3});
  CHECK(reshape(Tensor{7}, {}).item() == 7);
  CHECK(list(broadcast_to(Tensor{1, 2}, {2, 2})) == List{1, 2, 1, 2});
  CHECK(list(concat({x, Tensor{{7, 8, 9}}}, 0)) == List{1, 2, 3, 4, 5, 6, 7, 8, 9});
  CHECK(list(concat({x, Tensor{{7}, {8}}}, -1)) == List{1, 2, 3, 7, 4, 5, 6, 8});
  CHECK(concat({x, Tensor::zeros({0, 3})}, 0).shape() == Shape{2, 3});
  CHECK(list(slice(x, 1, 0, 3, 2)) == List{1, 3, 4, 6});
  CHECK(list(slice(x, 1, -2, -1)) == List{2, 5});
  CHECK(slice(x, 0, 1, 1).shape() == Shape{0, 3});
  CHECK(list(gather_rows(x, {1, 0, 1})) == List{4, 5, 6, 1, 2, 3, 4, 5, 6});
  CHECK(gather_rows(x, std::vector<int>{}).shape() == Shape{0, 3});
  CHECK(list(pick(x, {2, 0})) == List{3, 4});
  CHECK(list(pick(x, {{2}, {0}})) == List{3, 4});
}

TEST_CASE("ties share the gradient") {
  const Tensor x = parameter({2, 1, 2, 2}), y = parameter({2, 3, 0, 2});
  CHECK(list(gradients(max(x), {x})[0]) == list(Tensor{1, 0, 1, 1} / 3));
  CHECK(list(gradients(min(x), {x})[0]) == List{0, 1, 0, 0});
  const auto both = gradients(sum(maximum(x, y)), {x, y});
  CHECK(list(both[0]) == List{0.5, 0, 1, 0.5});
  CHECK(list(both[1]) == List{0.5, 1, 0, 0.5});
  CHECK(list(gradients(sum(minimum(x, y)), {x})[0]) == List{0.5, 1, 0, 0.5});
  const Tensor zero = parameter({0, -0.0});
  CHECK(list(gradients(sum(relu(zero)), {zero})[0]) == List{0, 0});
  CHECK(list(gradients(sum(abs(zero)), {zero})[0]) == List{0, 0});
  CHECK(list(gradients(sum(leaky_relu(zero)), {zero})[0]) == List(2, Scalar(0.2)));
  CHECK(list(gradients(sum(elu(zero, 2)), {zero})[0]) == List{2, 2});
  CHECK(list(gradients(sum(clip(zero, 0, 1)), {zero})[0]) == List{1, 1});
  CHECK(list(gradients(sum(pow(zero, 0)), {zero})[0]) == List{0, 0});
  CHECK(list(gradients(sum(pow(zero, 1)), {zero})[0]) == List{1, 1});
  const Tensor power = parameter({0, 2});
  CHECK(list(gradients(sum(pow(Tensor{0, 0}, power)), {power})[0]) == List{0, 0});
}

TEST_CASE("nan in an input stays nan in the result") {
  const Scalar nan = std::numeric_limits<Scalar>::quiet_NaN();
  const auto lost = [](const Tensor& x) { return !std::isnan(x.values()[0]); };
  for (Tensor (*f)(const Tensor&) : std::initializer_list<Tensor (*)(const Tensor&)>{
           neg, exp,  log,  log1p,    expm1,       sqrt,    square,
           abs, sin,  cos,  tanh,     sigmoid,     relu,    leaky_relu,
           elu, gelu, silu, softplus, log_sigmoid, softmax, log_softmax})
    for (const Scalar x : {nan, -nan}) CHECK_FALSE(lost(f(Tensor::full({37}, x))));
  CHECK_FALSE(lost(clip(nan, -1, 1)));
  for (Tensor (*f)(const Tensor&, const Tensor&) : {maximum, minimum, add, sub, mul, div}) {
    CHECK_FALSE(lost(f(nan, 1)));
    CHECK_FALSE(lost(f(1, nan)));
    CHECK_FALSE(lost(f(Tensor{nan, 1}, Tensor{1, 1})));
    CHECK_FALSE(lost(f(Tensor{1, 1}, Tensor{nan, 1})));
  }
  for (std::size_t place = 0; place < 40; ++place) {
    List values(40, 1);
    values[place] = nan;
    const Tensor x({40}, values);
    CHECK_FALSE(lost(max(x)));
    CHECK_FALSE(lost(min(x)));
    CHECK_FALSE(lost(sum(x)));
    CHECK_FALSE(lost(logsumexp(x)));
    CHECK_FALSE(lost(softmax(x)));
  }
}

TEST_CASE("values follow IEEE arithmetic") {
  CHECK(std::isnan(log(Tensor(-1)).item()));
  CHECK(std::isnan(sqrt(Tensor(-1)).item()));
  CHECK(std::isnan((Tensor(0) / 0).item()));
  CHECK((Tensor(1) / 0).item() == INFINITY);
  CHECK(log(Tensor(0)).item() == -INFINITY);
}

TEST_CASE("a product over no elements has its shape, zeros and gradients") {
  const Tensor a = parameter(Tensor::zeros({0, 3})), b = parameter(Tensor::ones({3, 2}));
  const auto g = gradients(sum(tanh(matmul(a, b)) + 1), {a, b});
  CHECK(g[0].shape() == Shape{0, 3});
  CHECK(list(g[1]) == List{0, 0, 0, 0, 0, 0});
  CHECK(list(matmul(Tensor::zeros({2, 0}), Tensor::zeros({0, 2}))) == List{0, 0, 0, 0});
  const Tensor row = parameter({1, 2, 3});
  CHECK(list(gradients(sum(a * row + exp(a)), {row})[0]) == List{0, 0, 0});
  CHECK(gradients(sum(softmax(a) + log_softmax(a, 0)), {a})[0].shape() == Shape{0, 3});
  CHECK(gradients(sum(concat({a, transpose(b)}, 0)), {a})[0].shape() == Shape{0, 3});
}

/// The distance of `got` from `want`, in the spacing of Scalars at `want`.
double ulps(Scalar got, long double want) {
  return static_cast<double>(std::abs(got - want) / (std::abs(want) * epsilon / 2));
}

TEST_CASE("long sums stay accurate along every axis") {
  constexpr std::int64_t n = 1'000'000;
  Random random(3);
  const Tensor x = Tensor::uniform({n, 3}, 0, 1, random);
  long double columns[3] = {};
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = 0; j < 3; ++j) columns[j] += x(i, j);
  const Tensor down = sum(x, {.axis = 0}), turned = sum(transpose(x), {.axis = 1});
  const Tensor w = parameter({1, 1, 1});
  const Tensor back = gradients(sum(x * w), {w})[0];
  for (int j = 0; j < 3; ++j) {
    CHECK(ulps(down(j), columns[j]) <= 4);
    CHECK(ulps(turned(j), columns[j]) <= 4);
    CHECK(ulps(back(j), columns[j]) <= 4);
    CHECK(ulps(mean(x, {.axis = 0})(j), columns[j] / n) <= 5);
  }
  CHECK(ulps(sum(x).item(), columns[0] + columns[1] + columns[2]) <= 4);
  CHECK(sum(Tensor::full({n}, 0.1)).item() == doctest::Approx(1e5).epsilon(4 * epsilon));
}

/// Element (i, j) of a matrix or of its transpose.
long double element(const Tensor& x, std::int64_t i, std::int64_t j, bool turned) {
  return turned ? x(j, i) : x(i, j);
}

/// Whether c is, up to rounding, the product of a and b, each as it is or transposed.
bool is_product(const Tensor& c, const Tensor& a, bool turn_a, const Tensor& b, bool turn_b) {
  const std::int64_t depth = a.shape()[turn_a ? 0 : 1];
  for (std::int64_t i = 0; i < c.shape()[0]; ++i)
    for (std::int64_t j = 0; j < c.shape()[1]; ++j) {
      long double sum = 0, size = 0;
      for (std::int64_t p = 0; p < depth; ++p) {
        const long double term = element(a, i, p, turn_a) * element(b, p, j, turn_b);
        sum += term;
        size += std::abs(term);
      }
      const long double bound = (static_cast<double>(depth) / 2 + 2) * epsilon * size;
      if (!(std::abs(c(i, j) - sum) <= bound)) return false;
    }
  return true;
}

void check_product(std::int64_t m, std::int64_t k, std::int64_t n) {
  Random random(static_cast<std::uint64_t>(m * 1'000'000 + k * 1000 + n));
  const Tensor a = parameter(Tensor::uniform({m, k}, -1, 1, random));
  const Tensor b = parameter(Tensor::uniform({k, n}, -1, 1, random));
  const Tensor w = Tensor::uniform({m, n}, -1, 1, random);
  const Tensor c = matmul(a, b);
  const auto g = gradients(sum(c * w), {a, b});
  INFO(m, " x ", k, " x ", n);
  CHECK(is_product(c, a, false, b, false));
  CHECK(is_product(g[0], w, false, b, true));
  CHECK(is_product(g[1], a, true, w, false));
}

TEST_CASE("matrix products agree with three loops") {
  for (std::int64_t m : {1, 2, 3, 4, 5, 7, 8, 9, 16, 31, 70})
    for (std::int64_t n : {1, 3, 4, 5, 11, 12, 13, 24, 47, 49, 70})
      for (std::int64_t k : {1, 2, 7, 16, 33}) check_product(m, k, n);
  for (std::int64_t k : {255, 256, 257, 300, 513}) {
    check_product(3, k, 5);
    check_product(13, k, 50);
  }
  check_product(300, 9, 7);
  check_product(6, 10, 301);
}

TEST_CASE("affine is a product with a row added") {
  const Tensor x{{1, 2}, {3, 4}, {5, 6}}, w{{1, 0, 2}, {0, 1, -1}}, b{10, 20, 30};
  CHECK(list(affine(x, w, b)) == List{11, 22, 30, 13, 24, 32, 15, 26, 34});
  CHECK(affine(reshape(x, {3, 1, 2}), w, b).shape() == Shape{3, 1, 3});
  CHECK(list(affine(x, Tensor{{1}, {2}}, Tensor{0.5})) == List{5.5, 11.5, 17.5});
  CHECK(list(affine(Tensor::zeros({2, 0}), Tensor::zeros({0, 2}), Tensor{1, 2})) ==
        List{1, 2, 1, 2});
  CHECK(affine(Tensor::zeros({0, 2}), w, b).shape() == Shape{0, 3});
  for (const auto& [sx, sw, sb] :
       std::initializer_list<std::array<Shape, 3>>{{{{2}, {2, 3}, {3}}},
                                                   {{{4, 2}, {3, 3}, {3}}},
                                                   {{{4, 2}, {2, 3}, {2}}},
                                                   {{{4, 2}, {2, 3}, {1, 3}}},
                                                   {{{4, 2}, {1, 2, 3}, {3}}}})
    CHECK_THROWS_WITH_AS(
        affine(Tensor::zeros(sx), Tensor::zeros(sw), Tensor::zeros(sb)),
        fmt::format("affine: x, w and b must have shapes (..., k), (k, n) and (n) (got {}, {} and "
                    "{})",
                    sx, sw, sb)
            .c_str(),
        ShapeError);
}

TEST_CASE("batched products are products of each pair") {
  Random random(1);
  const Tensor a = Tensor::uniform({3, 1, 4, 5}, -1, 1, random);
  const Tensor b = Tensor::uniform({2, 5, 6}, -1, 1, random);
  const Tensor c = matmul(a, b);
  CHECK(c.shape() == Shape{3, 2, 4, 6});
  const Tensor flat_a = reshape(a, {3, 20}), flat_b = reshape(b, {2, 30});
  for (int i = 0; i < 6; ++i) {
    const Tensor left = reshape(gather_rows(flat_a, {i / 2}), {4, 5});
    const Tensor right = reshape(gather_rows(flat_b, {i % 2}), {5, 6});
    CHECK(list(gather_rows(reshape(c, {6, 24}), {i})) == list(matmul(left, right)));
  }
}

/// Checks that f gives each row of x the same bits alone and in the batch.
template <class F>
bool rows_stand_alone(const Tensor& x, F f) {
  const Tensor whole = f(x);
  for (std::int64_t i = 0; i < x.shape()[0]; ++i)
    if (list(f(gather_rows(x, {i}))) != list(gather_rows(whole, {i}))) return false;
  return true;
}

TEST_CASE("a row alone gives the same bits as in a batch") {
  Random random(5);
  for (std::int64_t width : {1, 2, 3, 5, 8, 15, 17, 33, 70, 300}) {
    const Tensor x = Tensor::uniform({23, width}, -3, 3, random);
    INFO("width ", width);
    for (std::int64_t out : {1, 2, 3, 10, 49}) {
      const Tensor w = Tensor::uniform({width, out}, -1, 1, random);
      CHECK(rows_stand_alone(x, [&](const Tensor& in) { return matmul(in, w); }));
    }
    for (Tensor (*f)(const Tensor&) : std::initializer_list<Tensor (*)(const Tensor&)>{
             exp, tanh, softmax, log_softmax, sigmoid, softplus, gelu, silu})
      CHECK(rows_stand_alone(x, f));
    const auto reduced = [](const Tensor& in) {
      return reshape(logsumexp(in, {.axis = 1}) + sum(in, {.axis = 1}), {-1, 1});
    };
    CHECK(rows_stand_alone(x, reduced));
  }
}

}  // namespace

TEST_CASE("another thread continues a graph") {
  const Tensor w = parameter(3.0);
  Tensor h;
  for (int i = 0; i < 1000; ++i) h = w * 2;
  double slope = 0;
  std::thread([&] { slope = gradients(h * h + h, {h, w})[1].item(); }).join();
  CHECK(slope == 26);
}

TEST_CASE("a shape without elements limits the product of its other extents") {
  CHECK_THROWS_AS(Tensor::zeros({std::int64_t{1} << 40, std::int64_t{1} << 40, 0}), ValueError);
  const std::int64_t large = std::int64_t{1} << (sizeof(void*) == 8 ? 40 : 20);
  CHECK(slice(Tensor::zeros({large, 0, 4}), 1, 0, 0).size() == 0);
  CHECK(slice(Tensor{1, 2, 3}, 0, 0, 3, std::numeric_limits<std::int64_t>::max()).size() == 1);
}
