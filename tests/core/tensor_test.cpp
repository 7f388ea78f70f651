/// Tensors: construction, gradients after backward(), and errors.

#include <gradus/core/tensor.h>

#include <doctest/doctest.h>
#include <Eigen/Core>

#include <cmath>
#include <string>
#include <type_traits>

#include <gradus/core/node.h>
#include <gradus/core/ops.h>

namespace {

using namespace gradus;
using doctest::Contains;

std::vector<Scalar> list(const Tensor& x) { return {x.values().begin(), x.values().end()}; }
using List = std::vector<Scalar>;

TEST_CASE("braces nest to any depth") {
  const Tensor matrix{{1, 2, 3}, {4, 5, 6}};
  CHECK(matrix.shape() == Shape{2, 3});
  CHECK(list(matrix) == List{1, 2, 3, 4, 5, 6});
  CHECK(Tensor{1, 2.5, 3u}.shape() == Shape{3});
  CHECK(Tensor{{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}, {{9, 0}, {1, 2}}}.shape() == Shape{3, 2, 2});
  CHECK(Tensor{{{{5}}}}.shape() == Shape{1, 1, 1, 1});
  CHECK(Tensor{{}, {}}.shape() == Shape{2, 0});
  CHECK(parameter({{0.5}}).shape() == Shape{1, 1});
  CHECK(parameter({0.0}).shape() == Shape{1});
}

TEST_CASE("round brackets make a scalar and braces a vector of one") {
  CHECK(Tensor(0.3).rank() == 0);
  CHECK(Tensor(0.3).size() == 1);
  CHECK(Tensor{0.3}.shape() == Shape{1});
  CHECK(Tensor(7).item() == 7);
  CHECK(Tensor().shape() == Shape{0});
  const Tensor moved_from = Tensor(1);
  Tensor source = moved_from;
  const Tensor target = std::move(source);
  CHECK(target.item() == 1);
  CHECK(source.shape() == Shape{0});  // NOLINT(bugprone-use-after-move)
}

TEST_CASE("a tensor is made from a shape and values") {
  const Tensor x({2, 3}, List{1, 2, 3, 4, 5, 6});
  CHECK(x(1, 0) == 4);
  CHECK(Tensor(Shape{}, List{8}).item() == 8);
  CHECK(Tensor({0, 3}, List{}).size() == 0);
  CHECK(list(Tensor::zeros({2})) == List{0, 0});
  CHECK(list(Tensor::ones({1, 2})) == List{1, 1});
  CHECK(list(Tensor::full({3}, 2)) == List{2, 2, 2});
}

TEST_CASE("a tensor is made from Eigen matrices and expressions of any number type") {
  Eigen::Matrix<int, 2, 3> integers;
  integers << 1, 2, 3, 4, 5, 6;
  CHECK(list(Tensor::from(integers)) == List{1, 2, 3, 4, 5, 6});
  CHECK(Tensor::from(integers.transpose()).shape() == Shape{3, 2});
  CHECK(list(Tensor::from(integers.transpose())) == List{1, 4, 2, 5, 3, 6});
  const Eigen::MatrixXd doubles = Eigen::MatrixXd::Identity(2, 2);
  CHECK(list(Tensor::from(doubles * 2 + doubles)) == List{3, 0, 0, 3});
  const Eigen::VectorXf floats = Eigen::VectorXf::Constant(3, 0.5f);
  CHECK(Tensor::from(floats).shape() == Shape{3, 1});
  CHECK(list(Tensor::from(floats.array().square().matrix())) == List{0.25, 0.25, 0.25});
}

TEST_CASE("matrix shows the values to Eigen without a copy") {
  const Tensor x{{1, 2, 3}, {4, 5, 6}};
  const auto map = x.matrix();
  CHECK(map.data() == x.values().data());
  CHECK(map.rows() == 2);
  CHECK(map(1, 0) == 4);
  CHECK((map * map.transpose())(0, 1) == 32);
  CHECK(Tensor{1, 2}.matrix().rows() == 2);
  CHECK(Tensor{1, 2}.matrix().cols() == 1);
  CHECK(Tensor(3).matrix()(0, 0) == 3);
  CHECK_THROWS_WITH_AS(Tensor::zeros({1, 2, 3}).matrix(), Contains("(1,2,3)"), ShapeError);
}

TEST_CASE("random tensors depend only on the seed") {
  const auto draw = [](std::uint64_t seed, std::uint64_t index) {
    Random random(seed, "test", index);
    List values = list(Tensor::uniform({100}, -2, 3, random));
    for (const Scalar x : list(Tensor::normal({100}, 1, 0.5, random))) values.push_back(x);
    return values;
  };
  CHECK(Random(Random::Streams(7, "test"), 3).bits() == Random(7, "test", 3).bits());
  CHECK(draw(7, 0) == draw(7, 0));
  CHECK(draw(7, 0) != draw(8, 0));
  CHECK(draw(7, 0) != draw(7, 1));
  Random random(1);
  const Tensor u = Tensor::uniform({20000}, -2, 3, random);
  CHECK(min(u).item() >= -2);
  CHECK(max(u).item() < 3);
  CHECK(mean(u).item() == doctest::Approx(0.5).epsilon(0.05));
  const Tensor n = Tensor::normal({20000}, 1, 0.5, random);
  CHECK(mean(n).item() == doctest::Approx(1).epsilon(0.02));
  CHECK(mean(square(n - 1)).item() == doctest::Approx(0.25).epsilon(0.05));
}

TEST_CASE("an element is read by one index per axis") {
  const Tensor x{{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}};
  CHECK(x(1, 0, 1) == 6);
  CHECK(x(std::size_t{0}, std::int64_t{1}, 0) == 3);
  CHECK(Tensor(4)() == 4);
  CHECK_THROWS_WITH_AS(x(0, 0), Contains("needs 3 indices (got 2)"), ValueError);
  CHECK_THROWS_WITH_AS(x(0, 2, 0), Contains("index 2 of axis 1 must be in [0,2)"), ValueError);
  CHECK_THROWS_AS(x(-1, 0, 0), ValueError);
  CHECK(Tensor{{9}}.item() == 9);
}

TEST_CASE("copies are handles to the same tensor") {
  const Tensor w = parameter({1, 2});
  const Tensor v = w;
  v.node()->writable()[0] = 5;
  CHECK(w(0) == 5);
  sum(w * 3).backward();
  CHECK(list(v.grad()) == List{3, 3});
  v.zero_grad();
  CHECK_FALSE(w.has_grad());
}

TEST_CASE("gradients add up until zero_grad") {
  const Tensor w = parameter({1, 2});
  CHECK_FALSE(w.has_grad());
  sum(square(w)).backward();
  const Tensor first = w.grad();
  CHECK(list(first) == List{2, 4});
  sum(w).backward();
  CHECK(list(w.grad()) == List{3, 5});
  CHECK(list(first) == List{2, 4});
  w.zero_grad();
  CHECK_FALSE(w.has_grad());
  sum(w).backward();
  CHECK(list(w.grad()) == List{1, 1});
}

TEST_CASE("two parameters that share a gradient buffer add up separately") {
  const Tensor a = parameter({1, 2}), b = parameter({3, 4});
  sum(a + b).backward();
  sum(a * 2).backward();
  CHECK(list(a.grad()) == List{3, 3});
  CHECK(list(b.grad()) == List{1, 1});
  const Tensor upstream{5, 7};
  a.zero_grad();
  (a + 0 * b).backward(upstream);
  sum(a).backward();
  CHECK(list(a.grad()) == List{6, 8});
  CHECK(list(upstream) == List{5, 7});
}

TEST_CASE("backward takes the upstream gradient of any shape that fits") {
  const Tensor w = parameter({{1, 2}, {3, 4}});
  (w * w).backward({{1, 10}, {100, 1000}});
  CHECK(list(w.grad()) == List{2, 40, 600, 8000});
  CHECK_THROWS_WITH_AS((w * 2).backward(Tensor{1, 1}), Contains("shape (2,2) (got (2))"),
                       ShapeError);
  w.zero_grad();
  w.backward({{1, 2}, {3, 4}});
  CHECK(list(w.grad()) == List{1, 2, 3, 4});
  CHECK(parameter(2).wants_grad());
}

TEST_CASE("gradients leaves every grad alone") {
  const Tensor a = parameter(3), b = parameter(4), unused = parameter({1, 2});
  (a * 10).backward();
  const std::vector<Tensor> g = gradients(a * a * b, {a, b, unused, Tensor{1, 1, 1}});
  CHECK(g[0].item() == 24);
  CHECK(g[1].item() == 9);
  CHECK(list(g[2]) == List{0, 0});
  CHECK(list(g[3]) == List{0, 0, 0});
  CHECK(a.grad().item() == 10);
  CHECK_FALSE(b.has_grad());
  CHECK_FALSE(unused.has_grad());
}

TEST_CASE("gradients differentiates by intermediate tensors, too") {
  const Tensor x = parameter({1, 2});
  const Tensor h = x * 3, top = square(h);
  const Tensor y = sum(top + h);
  const std::vector<Tensor> g = gradients(y, {x, h, top, y, x});
  CHECK(list(g[0]) == List{21, 39});
  CHECK(list(g[1]) == List{7, 13});
  CHECK(list(g[2]) == List{1, 1});
  CHECK(g[3].item() == 1);
  CHECK(list(g[4]) == List{21, 39});
  const Tensor again = exp(x - x);
  CHECK(list(gradients(sum(again * again), {again})[0]) == List{2, 2});
}

TEST_CASE("nothing is recorded under NoGrad and it nests") {
  const Tensor w = parameter(2);
  {
    const NoGrad off;
    CHECK_FALSE((w * w).wants_grad());
    {
      const NoGrad twice;
      CHECK_FALSE((w * w).wants_grad());
    }
    CHECK_FALSE((w * w).wants_grad());
    CHECK(parameter(1).wants_grad());
  }
  CHECK((w * w).wants_grad());
  try {
    const NoGrad off;
    throw std::runtime_error("through");
  } catch (const std::runtime_error&) {
  }
  CHECK((w * w).wants_grad());
}

TEST_CASE("gradients stop at detach") {
  const Tensor x = parameter({2, 3});
  const Tensor d = detach(x);
  CHECK_FALSE(d.wants_grad());
  CHECK(list(d) == List{2, 3});
  sum(x * d).backward();
  CHECK(list(x.grad()) == List{2, 3});
}

TEST_CASE("a second backward is refused and changes no gradient") {
  const Tensor w = parameter({1, 2}), v = parameter({5, 5});
  const Tensor y = sum(square(w));
  y.backward();
  CHECK_THROWS_WITH_AS(y.backward(), Contains("was run backward before; compute it again"),
                       StateError);
  CHECK(list(w.grad()) == List{2, 4});

  const Tensor shared = exp(w * 0);
  const Tensor left = sum(shared * 2), right = sum(v * 3 + shared);
  left.backward();
  w.zero_grad();
  CHECK_THROWS_AS(right.backward(), StateError);
  CHECK_FALSE(v.has_grad());
  CHECK_FALSE(w.has_grad());
  sum(w + v).backward();
  CHECK(list(w.grad()) == List{1, 1});
  CHECK(list(v.grad()) == List{1, 1});
  CHECK_THROWS_AS(gradients(sum(shared), {w}), StateError);
}

TEST_CASE("an update does not change the values of a recorded graph") {
  const Tensor w = parameter({2, 3});
  const Tensor y = sum(w * w);
  const Tensor before = detach(w), reshaped = reshape(w, {2, 1});
  w.node()->writable()[0] = 100;
  CHECK(w(0) == 100);
  CHECK(before(0) == 2);
  CHECK(reshaped(0, 0) == 2);
  y.backward();
  CHECK(list(w.grad()) == List{4, 6});
  const Scalar* place = w.values().data();
  CHECK(w.node()->writable() == place);  // no graph reads it now
  const Tensor initial{1, 2}, p = parameter(initial);
  p.node()->writable()[0] = 7;
  CHECK(initial(0) == 1);
}

bool same(const detail::Census& a, const detail::Census& b) {
  return a.tensors == b.tensors && a.recorded == b.recorded;
}

TEST_CASE("graphs free all their nodes") {
  (void)Tensor().shape();  // the empty tensor of this thread
  const detail::Census empty = detail::census();
  {
    const Tensor w = parameter({{1, 2}, {3, 4}});
    const detail::Census start = detail::census();
    CHECK(start.tensors == empty.tensors + 1);
    const auto loss = [&] { return mean(square(tanh(matmul(w, w)) + w * 2 - concat({w}, 0))); };
    {
      const Tensor y = loss();
      CHECK(detail::census().recorded > start.recorded);
      y.backward();
      CHECK(detail::census().tensors == start.tensors + 1);
      CHECK(detail::census().recorded == start.recorded);
    }
    CHECK(same(detail::census(), start));
    { const Tensor dropped = loss(); }
    CHECK(same(detail::census(), start));
    (void)gradients(loss(), {w});
    CHECK(same(detail::census(), start));
    {
      const Tensor spent = square(w);
      sum(spent).backward();
      CHECK_THROWS_AS(sum(exp(w) + spent).backward(), StateError);
    }
    CHECK(same(detail::census(), start));
  }
  CHECK(same(detail::census(), empty));
}

TEST_CASE("impossible shapes are refused") {
  CHECK_THROWS_WITH_AS(Tensor::zeros({2, -3}), Contains("shape[1] must be >= 0 (got -3)"),
                       ValueError);
  const std::int64_t huge = std::int64_t{1} << 40;
  CHECK_THROWS_WITH_AS(Tensor::zeros({huge, huge}), Contains("must not overflow"), ValueError);
  CHECK_THROWS_WITH_AS(reshape(Tensor{1, 2}, {huge, huge}), Contains("must not overflow"),
                       ValueError);
  CHECK_THROWS_AS(broadcast_to(Tensor(1), {huge, huge}), ValueError);
  CHECK_THROWS_WITH_AS(Tensor({2, 3}, List(5)), Contains("shape (2,3) needs 6 values (got 5)"),
                       ShapeError);
  CHECK_THROWS_WITH_AS((Tensor{{1, 2}, {3}}), Contains("row 1 has 1 values, row 0 has 2"),
                       ShapeError);
  CHECK_THROWS_WITH_AS((Tensor{{{1}, {2}}, {{3}, {4, 5}}}), Contains("ragged"), ShapeError);
  CHECK_THROWS_WITH_AS((Tensor{{1, 2}, 3}), Contains("equally deep"), ShapeError);
  CHECK_THROWS_WITH_AS((Tensor{1, {2}}), Contains("equally deep"), ShapeError);
  CHECK_THROWS_WITH_AS((Shape{1, 1, 1, 1, 1, 1, 1, 1, 1}), Contains("rank must be <= 8"),
                       ShapeError);
}

// A sanitizer ends the program when malloc would return null; 32 bits refuse such a shape.
#if !defined(__SANITIZE_ADDRESS__) && UINTPTR_MAX > UINT32_MAX
TEST_CASE("an allocation that fails changes nothing") {
  const Tensor w = parameter({1, 2});
  const detail::Census before = detail::census();
  CHECK_THROWS_AS(Tensor::zeros({std::int64_t{1} << 50}), std::bad_alloc);
  CHECK_THROWS_AS(broadcast_to(w, {std::int64_t{1} << 50, 2}), std::bad_alloc);
  CHECK(same(detail::census(), before));
  sum(square(w)).backward();
  CHECK(list(w.grad()) == List{2, 4});
}
#endif

TEST_CASE("reductions over no elements are 0 or refused, never nan") {
  const Tensor nothing = Tensor::zeros({0, 3});
  CHECK(sum(nothing).item() == 0);
  CHECK(list(sum(nothing, {.axis = 0})) == List{0, 0, 0});
  CHECK_THROWS_WITH_AS(mean(nothing), Contains("mean: the axes must hold at least one element"),
                       ValueError);
  CHECK_THROWS_AS(mean(nothing, {.axis = 0}), ValueError);
  CHECK_THROWS_WITH_AS(max(nothing), Contains("(got shape (0,3))"), ValueError);
  CHECK_THROWS_AS(min(nothing, {.axis = 0}), ValueError);
  CHECK_THROWS_AS(logsumexp(nothing), ValueError);
  CHECK(max(nothing, {.axis = 1}).shape() == Shape{0});
  CHECK(mean(nothing, {.axis = 1}).shape() == Shape{0});
  CHECK(softmax(nothing).shape() == Shape{0, 3});
  CHECK(log_softmax(nothing, 0).shape() == Shape{0, 3});
}

TEST_CASE("operands that do not fit are refused with both shapes") {
  const Tensor a = Tensor::zeros({2, 3}), b = Tensor::zeros({2, 4});
  CHECK_THROWS_WITH_AS(a + b, "add: cannot broadcast (2,3) with (2,4): dimension 1 is 3 and 4",
                       ShapeError);
  CHECK_THROWS_WITH_AS(a * Tensor::zeros({3, 1}), Contains("dimension 0 is 2 and 3"), ShapeError);
  CHECK_THROWS_WITH_AS(where(a, a, b), Contains("where: cannot broadcast"), ShapeError);
  CHECK_THROWS_WITH_AS(matmul(a, b), Contains("(2,3) by (2,4): the inner extents 3 and 2"),
                       ShapeError);
  CHECK_THROWS_WITH_AS(matmul(a, Tensor{1, 2, 3}), Contains("(2,3) and (3)"), ShapeError);
  CHECK_THROWS_AS(matmul(Tensor(1), a), ShapeError);
  CHECK_THROWS_AS(matmul(Tensor::zeros({2, 2, 3}), Tensor::zeros({3, 3, 1})), ShapeError);
  CHECK_THROWS_WITH_AS(reshape(a, {4, 2}), Contains("6 elements of shape (2,3)"), ShapeError);
  CHECK_THROWS_AS(reshape(a, {-1, 4}), ShapeError);
  CHECK_THROWS_AS(reshape(a, {-1, 0}), Error);
  CHECK_THROWS_WITH_AS(reshape(a, {-1, -1}), Contains("at most one extent may be -1"), ValueError);
  CHECK_THROWS_AS(reshape(a, {-2, -3}), Error);
  CHECK_THROWS_WITH_AS(broadcast_to(a, {3}), Contains("(2,3)"), ShapeError);
  CHECK_THROWS_WITH_AS(concat({a, b}, 0), Contains("(2,3) and (2,4)"), ShapeError);
  CHECK_THROWS_AS(concat({a, Tensor{1}}, 0), ShapeError);
  CHECK_THROWS_AS(concat({}, 0), ValueError);
}

TEST_CASE("axes and indices out of range are refused") {
  const Tensor a = Tensor::zeros({2, 3});
  CHECK_THROWS_WITH_AS(sum(a, {.axis = 2}), "sum: axis 2 out of range for rank 2", ValueError);
  CHECK_THROWS_WITH_AS(max(a, {.axis = {0, -2}}), Contains("named once"), ValueError);
  CHECK_THROWS_AS(softmax(a, -3), ValueError);
  CHECK_THROWS_AS(softmax(Tensor(1)), ValueError);
  CHECK_THROWS_AS(transpose(a, {0, 0}), ValueError);
  CHECK_THROWS_AS(transpose(a, {0}), ValueError);
  CHECK_THROWS_AS(concat({a, a}, 2), ValueError);
  CHECK_THROWS_WITH_AS(gather_rows(a, {0, 2}), Contains("rows[1] must be in [0,2) (got 2)"),
                       ValueError);
  CHECK_THROWS_AS(gather_rows(a, {-1}), ValueError);
  CHECK_THROWS_WITH_AS(pick(a, {0, 3}), Contains("in [0,3) (got 3)"), ValueError);
  CHECK_THROWS_AS(pick(a, {0.5, 1}), ValueError);
  CHECK_THROWS_AS(pick(a, Tensor{0, NAN}), ValueError);
  CHECK_THROWS_AS(pick(a, {0, 1, 2}), ShapeError);
  CHECK_THROWS_WITH_AS(slice(a, 1, 0, 4), Contains("stop must be in [-3,3] (got 4)"), ValueError);
  CHECK_THROWS_WITH_AS(slice(a, 1, 0, 3, 0), Contains("step must be >= 1 (got 0)"), ValueError);
  CHECK_THROWS_AS(slice(a, 2, 0, 1), ValueError);
  CHECK_THROWS_WITH_AS(clip(a, 1, 0), Contains("(got 1 and 0)"), ValueError);
}

TEST_CASE("item and backward name the missing condition") {
  const Tensor w = parameter({1, 2});
  CHECK_THROWS_WITH_AS(w.item(), Contains("must have one element (got shape (2))"), ShapeError);
  CHECK_THROWS_AS(Tensor().item(), ShapeError);
  CHECK_THROWS_WITH_AS((w * 2).backward(), Contains("reduce it with mean() or sum()"), ShapeError);
  CHECK_THROWS_WITH_AS(Tensor(1).backward(), Contains("compute from a parameter()"), StateError);
  CHECK_THROWS_AS(gradients(Tensor(1), {w}), StateError);
  CHECK_THROWS_WITH_AS(w.grad(), Contains("there is no gradient"), StateError);
}

}  // namespace
