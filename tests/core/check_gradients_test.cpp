/// The gradient of every op against finite differences.

#include <gradus/core/check_gradients.h>

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <string>

#include <gradus/core/node.h>
#include <gradus/core/ops.h>

namespace {

using namespace gradus;

using Inputs = std::span<const Tensor>;
using Function = std::function<Tensor(Inputs)>;

void expect(const std::string& name, const Function& f, const std::vector<Tensor>& inputs) {
  const GradientCheck check = check_gradients(f, inputs);
  std::string shapes;
  for (const Tensor& x : inputs) shapes += fmt::format(" {}", x.shape());
  INFO(name, shapes, ": error ", check.max_error);
  CHECK(check.ok);
}

/// Distinct values at least 0.11 apart and 0.055 from 0, in random order over all tensors, so that
/// no value is near a kink at 0 or at a tie.
std::vector<Tensor> spread(std::initializer_list<Shape> shapes, std::uint64_t seed) {
  Random random(seed, "spread");
  std::vector<std::int64_t> order;
  for (const Shape& shape : shapes)
    for (std::int64_t i = 0; i < shape.count(); ++i) order.push_back(std::ssize(order));
  random.shuffle(order);
  const double middle = static_cast<double>(order.size() / 2) - 0.5;
  std::vector<Tensor> result;
  auto next = order.begin();
  for (const Shape& shape : shapes) {
    std::vector<Scalar> values;
    for (std::int64_t i = 0; i < shape.count(); ++i)
      values.push_back(static_cast<Scalar>(0.11 * (static_cast<double>(*next++) - middle)));
    result.emplace_back(shape, values);
  }
  return result;
}
Tensor spread(const Shape& shape, std::uint64_t seed) { return spread({shape}, seed)[0]; }

Tensor positive(const Shape& shape, std::uint64_t seed) {
  Random random(seed, "positive");
  return Tensor::uniform(shape, 0.5, 2, random);
}

struct NamedUnary {
  const char* name;
  Tensor (*f)(const Tensor&);
};

const std::vector<Shape> shapes = {{}, {1}, {5}, {2, 3}, {2, 1, 4}};

TEST_CASE("functions of one tensor have the right gradient") {
  const NamedUnary anywhere[] = {
      {"neg", neg},
      {"exp", exp},
      {"expm1", expm1},
      {"square", square},
      {"abs", abs},
      {"sin", sin},
      {"cos", cos},
      {"tanh", tanh},
      {"sigmoid", sigmoid},
      {"relu", relu},
      {"leaky_relu", leaky_relu},
      {"elu", elu},
      {"gelu", gelu},
      {"silu", silu},
      {"softplus", softplus},
      {"log_sigmoid", log_sigmoid},
      {"leaky_relu 0.1", [](const Tensor& x) { return leaky_relu(x, 0.1); }},
      {"elu 1.7", [](const Tensor& x) { return elu(x, 1.7); }},
      {"gelu with tanh", [](const Tensor& x) { return gelu(x, true); }},
      {"clip", [](const Tensor& x) { return clip(x, -0.22, 0.33); }},
      {"pow 3", [](const Tensor& x) { return pow(x, 3); }}};
  const NamedUnary above_zero[] = {{"log", log},
                                   {"log1p", log1p},
                                   {"sqrt", sqrt},
                                   {"pow -1.5", [](const Tensor& x) { return pow(x, -1.5); }},
                                   {"pow 0.5", [](const Tensor& x) { return pow(x, 0.5); }}};
  for (std::uint64_t seed = 0; seed < 4; ++seed)
    for (const Shape& shape : shapes) {
      for (const NamedUnary& op : anywhere)
        expect(op.name, [&](Inputs in) { return op.f(in[0]); }, {spread(shape, seed)});
      for (const NamedUnary& op : above_zero)
        expect(op.name, [&](Inputs in) { return op.f(in[0]); }, {positive(shape, seed)});
    }
}

struct NamedBinary {
  const char* name;
  Tensor (*f)(const Tensor&, const Tensor&);
};

const NamedBinary binaries[] = {{"add", add},
                                {"sub", sub},
                                {"mul", mul},
                                {"div", div},
                                {"pow", pow},
                                {"maximum", maximum},
                                {"minimum", minimum},
                                {"squared_difference", squared_difference},
                                {"where", [](const Tensor& a, const Tensor& b) {
                                   return where(relu(detach(a) - 0.937), a, b);
                                 }}};

const std::pair<Shape, Shape> pairs[] = {
    {{2, 3}, {2, 3}},       {{3, 1}, {1, 4}}, {{}, {2, 3}},       {{3}, {5, 3}},
    {{2, 1, 4}, {3, 1}},    {{}, {}},         {{1}, {2, 2}},      {{1, 1}, {3}},
    {{2, 3, 4}, {2, 1, 4}}, {{4}, {2, 3, 4}}, {{2, 1, 1}, {3, 4}}};

/// Values for both sides of an op: positive, distinct, and more than 0.05 apart.
std::vector<Tensor> two_sides(const Shape& a, const Shape& b, std::uint64_t seed) {
  std::vector<Tensor> sides = spread({a, b}, seed);
  for (Tensor& side : sides) side = exp(0.6 * side);
  return sides;
}

TEST_CASE("functions of two tensors have the right gradient for every way to broadcast") {
  for (std::uint64_t seed = 0; seed < 3; ++seed)
    for (const auto& [a, b] : pairs)
      for (const NamedBinary& op : binaries) {
        const auto f = [&op](Inputs in) { return op.f(in[0], in[1]); };
        expect(op.name, f, two_sides(a, b, seed));
        expect(op.name, f, two_sides(b, a, seed));
      }
}

TEST_CASE("an input that wants a gradient gets the right one beside an input that wants none") {
  for (const auto& [a, b] : pairs)
    for (const NamedBinary& op : binaries) {
      const std::vector<Tensor> sides = two_sides(a, b, 9);
      expect(op.name, [&](Inputs in) { return op.f(in[0], sides[1]); }, {sides[0]});
      expect(op.name, [&](Inputs in) { return op.f(sides[0], in[0]); }, {sides[1]});
    }
}

TEST_CASE("products and joins with a constant on either side have the right gradient") {
  const auto x = spread({{2, 3}, {3, 2}, {2, 2, 3}, {2, 3, 2}}, 4);
  for (const std::size_t a : {0u, 2u})
    for (const std::size_t b : {1u, 3u}) {
      expect("matmul", [&](Inputs in) { return matmul(in[0], x[b]); }, {x[a]});
      expect("matmul", [&](Inputs in) { return matmul(x[a], in[0]); }, {x[b]});
    }
  const auto join = [&](Inputs in) { return exp(concat({x[1], in[0], x[1], in[0]}, 1)); };
  expect("concat", join, {spread({3, 1}, 5)});
}

TEST_CASE("the same tensor on both sides gets both gradients") {
  for (const NamedBinary& op : binaries) {
    if (op.f == maximum || op.f == minimum) continue;  // a tie everywhere
    expect(op.name, [&](Inputs in) { return op.f(in[0], in[0]); }, {positive({2, 3}, 1)});
  }
  expect("matmul", [](Inputs in) { return matmul(in[0], in[0]); }, {spread({3, 3}, 2)});
  expect("batched matmul", [](Inputs in) { return matmul(in[0], in[0]); }, {spread({2, 2, 2}, 2)});
  expect("concat", [](Inputs in) { return concat({in[0], in[0], in[0]}, 1); }, {spread({2, 2}, 3)});
  expect("where", [](Inputs in) { return where(Tensor{1, 0}, in[0], in[0]); }, {spread({3, 2}, 4)});
}

TEST_CASE("gradients from several paths to one tensor add up") {
  const auto x = spread({2, 3}, 5);
  expect("x tanh(x) + exp(x)", [](Inputs in) { return in[0] * tanh(in[0]) + exp(in[0]); }, {x});
  const auto nested = [](Inputs in) {
    const Tensor a = in[0] + 1, b = square(a), c = sin(a);
    const Tensor d = b * c + a;
    return d * d - b + sum(c) * a;
  };
  expect("nested", nested, {x});
  const auto shared = [](Inputs in) {  // + and reshape share one gradient buffer
    const Tensor s = in[0] + in[1];
    const Tensor t = s + in[0];
    return (reshape(t, {3, 2}) + reshape(s, {3, 2})) * reshape(in[1], {3, 2}) + reshape(t, {3, 2});
  };
  expect("a sum of functions", [](Inputs in) { return exp(in[0]) + (sin(in[1]) + square(in[0])); },
         {x, spread({2, 3}, 7)});
  expect("shared buffers", shared, {x, spread({2, 3}, 6)});
  expect("x - x", [](Inputs in) { return (in[0] - in[0]) + in[0] / exp(in[0]); }, {x});
}

struct NamedReduction {
  const char* name;
  Tensor (*f)(const Tensor&, const Reduction&);
};

TEST_CASE("reductions over every combination of axes have the right gradient") {
  const NamedReduction reductions[] = {
      {"sum", sum}, {"mean", mean}, {"max", max}, {"min", min}, {"logsumexp", logsumexp}};
  const std::vector<std::vector<int>> axes = {{},     {0},    {1},     {2},      {-1},
                                              {-3},   {0, 1}, {0, 2},  {1, 2},   {2, 0},
                                              {1, 0}, {2, 1}, {-1, 0}, {0, 1, 2}};
  for (const NamedReduction& op : reductions)
    for (const std::vector<int>& axis : axes)
      for (const bool keepdims : {false, true})
        for (std::uint64_t seed = 0; seed < 2; ++seed)
          expect(op.name,
                 [&](Inputs in) { return op.f(in[0], {.axis = axis, .keepdims = keepdims}); },
                 {spread({2, 3, 4}, seed)});
  for (const NamedReduction& op : reductions)
    for (const Shape& shape : shapes)
      expect(op.name, [&](Inputs in) { return op.f(in[0], {}); }, {spread(shape, 7)});
}

TEST_CASE("softmax and its logarithm have the right gradient along each axis") {
  for (int axis = -3; axis < 3; ++axis)
    for (std::uint64_t seed = 0; seed < 3; ++seed) {
      const Tensor x = spread({2, 3, 4}, seed);
      expect("softmax", [&](Inputs in) { return softmax(in[0], axis); }, {x});
      expect("log_softmax", [&](Inputs in) { return log_softmax(in[0], axis); }, {x});
    }
  expect("softmax", [](Inputs in) { return softmax(in[0]); }, {spread({5}, 1)});
  expect("log_softmax", [](Inputs in) { return log_softmax(in[0]); }, {spread({1, 1}, 1)});
}

TEST_CASE("matrix products have the right gradient with leading axes on either side") {
  const std::pair<Shape, Shape> products[] = {{{2, 3}, {3, 4}},
                                              {{1, 1}, {1, 1}},
                                              {{5, 1}, {1, 5}},
                                              {{2, 2, 3}, {3, 4}},
                                              {{2, 3}, {2, 3, 4}},
                                              {{2, 2, 3}, {2, 3, 2}},
                                              {{2, 1, 2, 3}, {3, 3, 2}},
                                              {{1, 2, 3}, {4, 3, 2}},
                                              {{2, 2, 3}, {1, 3, 2}},
                                              {{3, 2, 2}, {2, 1, 2, 2}},
                                              {{2, 1, 2, 2}, {1, 3, 2, 2}},
                                              {{1, 2, 3}, {3, 4}},
                                              {{2, 2, 2, 3}, {3, 1}}};
  for (const auto& [a, b] : products)
    for (std::uint64_t seed = 0; seed < 3; ++seed)
      expect(
          "matmul", [](Inputs in) { return matmul(in[0], in[1]); }, spread({a, b}, seed));
}

TEST_CASE("a product with a row added has the right gradient") {
  for (const Shape& shape : {Shape{3, 2}, {1, 2}, {2, 3, 2}})
    for (const std::int64_t n : {1, 4}) {
      const std::vector<Tensor> parts = spread({shape, {2, n}, {n}}, 6);
      const Tensor &x = parts[0], &w = parts[1], &b = parts[2];
      expect(
          "affine", [](Inputs in) { return affine(in[0], in[1], in[2]); }, parts);
      expect("affine", [&](Inputs in) { return affine(in[0], w, b); }, {x});
      expect("affine", [&](Inputs in) { return affine(x, in[0], b); }, {w});
      expect("affine", [&](Inputs in) { return affine(x, w, in[0]); }, {b});
    }
  const auto reused = [](Inputs in) { return affine(in[0], in[0], sum(in[0], {.axis = 0})); };
  expect("affine", reused, {spread({3, 3}, 7)});
}

TEST_CASE("matrix products of transposed and reused operands have the right gradient") {
  const auto f = [](Inputs in) {
    const Tensor h = tanh(matmul(in[0], transpose(in[1])));
    return matmul(transpose(h), matmul(h, in[1])) + matmul(transpose(in[0]), in[0]);
  };
  expect("matmul", f, spread({{4, 3}, {3, 3}}, 3));
}

TEST_CASE("ops that move elements have the right gradient") {
  const Tensor x = spread({2, 3, 4}, 1), y = spread({2, 2, 4}, 2), m = spread({4, 3}, 3);
  const Indices rows = {2, 0, 2, 2, 3};
  const Tensor columns{2, 0, 1, 2};
  expect("transpose", [](Inputs in) { return transpose(in[0]) * transpose(in[0]); }, {x});
  expect("reshape", [](Inputs in) { return exp(reshape(in[0], {4, -1})); }, {x});
  expect("broadcast_to", [](Inputs in) { return exp(broadcast_to(in[0], {2, 4, 3})); }, {m});
  expect("concat", [](Inputs in) { return exp(concat({in[0], in[1], in[0]}, 1)); }, {x, y});
  expect("concat", [](Inputs in) { return exp(concat({in[0], in[0]}, -1)); }, {x});
  expect("gather_rows", [&](Inputs in) { return exp(gather_rows(in[0], rows)); }, {m});
  expect("pick", [&](Inputs in) { return exp(pick(in[0], columns)); }, {m});
  expect("slice", [](Inputs in) { return exp(slice(in[0], 1, 0, 3, 2)); }, {x});
  expect("slice", [](Inputs in) { return exp(slice(in[0], -1, -3, -1)) * 2; }, {x});
  for (const std::vector<int>& axes : std::vector<std::vector<int>>{
           {0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}, {-1, 0, -2}})
    expect("transpose", [&](Inputs in) { return exp(transpose(in[0], axes)); }, {x});
  expect("transpose",
         [](Inputs in) {
           return exp(transpose(in[0], {3, 0, 2, 1}));
         },
         {spread({2, 3, 1, 4}, 4)});
}

TEST_CASE("ops that move elements add to a gradient that is already there") {
  const Indices rows = {1, 1, 0};
  const Tensor columns{1, 0, 1};
  const auto f = [&](Inputs in) {
    const Tensor& x = in[0];
    return sum(square(x)) + sum(exp(transpose(x))) + sum(exp(slice(x, 0, 1, 3))) +
           sum(sin(gather_rows(x, rows))) + sum(cos(pick(x, columns))) + sum(max(x, {.axis = 1})) +
           mean(softmax(x) * softmax(x, 0)) + sum(exp(concat({x, x}, 0))) + mean(exp(x)) +
           sum(log_softmax(x, 0)) + logsumexp(x) + sum(matmul(x, transpose(x))) +
           sum(exp(broadcast_to(reshape(x, {3, 1, 2}), {3, 2, 2})));
  };
  expect("everything", f, {spread({3, 2}, 8)});
}

TEST_CASE("tensors of six axes have the right gradient") {
  expect(
      "rank 6",
      [](Inputs in) {
        return transpose(in[0] * in[1], {5, 3, 1, 0, 2, 4});
      },
      spread({{2, 1, 2, 1, 2, 2}, {1, 2, 1, 2, 1, 2}}, 1));
  const auto sums = [](Inputs in) {
    const Tensor product = in[0] * in[1] + in[2];
    return sum(exp(product / 4), {.axis = {1, 3, 5}, .keepdims = true}) +
           mean(slice(concat({product, product}, 3), 3, 1, 3), {.axis = {3, 4}, .keepdims = true});
  };
  expect("rank 6", sums, spread({{2, 1, 2, 1, 2, 1}, {1, 2, 1, 2, 1, 2}, {2, 1, 1}}, 2));
}

/// -x^2 with a wrong backward step: the slope is `factor` x.
Tensor ruled(const Tensor& x, Scalar factor) {
  detail::NewTensor y(x.shape());
  for (std::size_t i = 0; i < x.values().size(); ++i) y.data[i] = -x.values()[i] * x.values()[i];
  const detail::Buffer& values = detail::node_of(x).value;
  return detail::record(std::move(y.tensor), {&x}, [values, factor](detail::Backward& pass) {
    const auto dx = pass.into(0);
    for (std::int64_t i = 0; i < pass.output().size; ++i) {
      const Scalar g = pass.dy()[i] * factor * values.data()[i];
      dx.data[i] = dx.add ? dx.data[i] + g : g;
    }
  });
}

/// a + b for a matrix and a row, with a wrong backward step that sums only the first `rows` rows.
Tensor add_row(const Tensor& a, const Tensor& b, std::int64_t rows) {
  detail::NewTensor y(a.shape());
  const std::int64_t width = b.size();
  for (std::int64_t i = 0; i < a.size(); ++i)
    y.data[i] = detail::node_of(a).data()[i] + detail::node_of(b).data()[i % width];
  return detail::record(std::move(y.tensor), {&a, &b}, [rows, width](detail::Backward& pass) {
    pass.pass(0);
    const auto db = pass.into(1);
    for (std::int64_t i = 0; i < rows * width; ++i)
      db.data[i % width] = (i < width && !db.add ? Scalar(0) : db.data[i % width]) + pass.dy()[i];
  });
}

TEST_CASE("a wrong backward step does not pass the check") {
  const auto square_rule = [](Scalar factor) {
    return check_gradients([=](Inputs in) { return ruled(in[0], factor); }, {spread({2, 3}, 1)}).ok;
  };
  CHECK(square_rule(-2));
  CHECK_FALSE(square_rule(2));
  CHECK_FALSE(square_rule(-1.9f));
  const auto row_rule = [](std::int64_t rows) {
    return check_gradients([=](Inputs in) { return add_row(in[0], in[1], rows); },
                           spread({{4, 3}, {3}}, 1))
        .ok;
  };
  CHECK(row_rule(4));
  CHECK_FALSE(row_rule(1));
  CHECK_FALSE(check_gradients([](Inputs in) { return in[0] * detach(in[0]); }, {Tensor{1, 2}}).ok);
  CHECK_FALSE(check_gradients([](Inputs in) { return log(in[0]); }, {Tensor{-1.0}}).ok);
}

}  // namespace

TEST_CASE("a nan anywhere fails the check") {
  const auto f = [](std::span<const Tensor> in) { return sum(sqrt(in[0])) + sum(in[1]); };
  CHECK_FALSE(check_gradients(f, {Tensor{0.0}, Tensor{1.0}}).ok);
  CHECK_FALSE(check_gradients(f, {Tensor{1.0}, Tensor{std::nan("")}}).ok);
}
