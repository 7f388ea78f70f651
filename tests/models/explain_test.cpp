#include <gradus/models/explain.h>

#include <cmath>
#include <sstream>

#include <gradus/models/constraints.h>
#include <gradus/optim/adam.h>
#include <gradus/schedules/cosine_decay.h>

#include "training_support.h"

using namespace gradus;
using namespace training;
using doctest::Approx;

namespace {

struct Explained {
  std::vector<UpdateRecord> records;
  std::string text;
};

/// The line, trained on all rows at once, with these updates explained.
Explained explained(const Optimizer& optimizer, std::vector<Step> at, std::int64_t epochs = 5) {
  Sequential model = line();
  model.compile({.optimizer = optimizer, .loss = MeanSquaredError{}});
  Explained out;
  const Explain explain{.at = std::move(at), .sink = [&](const UpdateRecord& r) {
                          out.records.push_back(r);
                          out.text += r.text;
                        }};
  model.fit(line_x, line_y, {.epochs = epochs, .verbose = 0, .callbacks = {explain}});
  return out;
}

/// The value of `0.5 - 0.1 * -35`.
double evaluate(const std::string& text) {
  std::istringstream in(text);
  double sum = 0, product = 0, number = 0;
  std::string op = "+", times = "";
  in >> product;
  while (in >> times) {
    if (times == "*") {
      in >> number;
      product *= number;
      continue;
    }
    sum += op == "-" ? -product : product;
    op = times;
    in >> product;
  }
  return sum + (op == "-" ? -product : product);
}

/// Checks each `w = terms = result` of a text, and returns how many there are.
int check_arithmetic(const std::string& text) {
  std::istringstream lines(text);
  int equations = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t first = line.find(" = "), last = line.rfind(" = ");
    if (first == std::string::npos) continue;
    CAPTURE(line);
    const std::string result = line.substr(last + 3);
    const std::size_t point = result.find('.');
    const std::size_t places = point == std::string::npos ? 0 : result.size() - point - 1;
    const double got = evaluate(line.substr(first + 3, last - first - 3));
    // Trailing zeros are not printed, so the last printed place may be coarser.
    CHECK(std::abs(got - std::stod(result)) <=
          0.5001 * std::pow(10, -std::max<double>(double(places), 2)));
    ++equations;
  }
  return equations;
}

}  // namespace

TEST_CASE("Explain writes SGD's arithmetic") {
  CHECK(explained(SGD{.learning_rate = 0.01}, {0, 1}, 2).text ==
        "update 0: rate 0.01, loss of the batch 41\n"
        "  dense/kernel    w = 0 - 0.01 * -35 = 0.35\n"
        "  dense/bias      w = 0 - 0.01 * -12 = 0.12\n"
        "update 1: rate 0.01, loss of the batch 28.4531\n"
        "  dense/kernel    w = 0.35 - 0.01 * -29.15 = 0.6415\n"
        "  dense/bias      w = 0.12 - 0.01 * -10.01 = 0.2201\n");
  CHECK(explained(SGD{.learning_rate = 0.01, .momentum = 0.5}, {1}).text ==
        "update 1: rate 0.01, loss of the batch 28.4531\n"
        "  dense/kernel    v = 0.5 * 0.35 - 0.01 * -29.15 = 0.4665\n"
        "                  w = 0.35 + 0.4665 = 0.8165\n"
        "  dense/bias      v = 0.5 * 0.12 - 0.01 * -10.01 = 0.1601\n"
        "                  w = 0.12 + 0.1601 = 0.2801\n");
  CHECK(explained(SGD{.learning_rate = 1}, {0}, 1).text ==
        "update 0: rate 1, loss of the batch 41\n"
        "  dense/kernel    w = 0 + 35 = 35\n"
        "  dense/bias      w = 0 + 12 = 12\n");
  const std::string nesterov =
      explained(SGD{.learning_rate = 0.01, .momentum = 0.5, .nesterov = true}, {0}).text;
  CHECK(nesterov.find("w = 0 + 0.5 * 0.35 - 0.01 * -35 = 0.525\n") != nesterov.npos);
}

TEST_CASE("Explain's printed numbers give the printed result, whatever they are") {
  const Schedule rate = CosineDecay{0.0731, 40};
  std::vector<Step> all;
  for (Step t = 0; t < 40; ++t) all.push_back(t);
  CHECK(check_arithmetic(explained(SGD{.learning_rate = rate}, all, 40).text) == 80);
  for (const bool nesterov : {false, true})
    CHECK(check_arithmetic(
              explained(SGD{.learning_rate = rate, .momentum = 0.9, .nesterov = nesterov}, all, 40)
                  .text) == 160);
  CHECK(check_arithmetic(explained(Adam{.learning_rate = rate}, all, 40).text) == 80);
}

TEST_CASE("Explain's records are what training did") {
  const auto records =
      explained(SGD{.learning_rate = CosineDecay{0.02, 6}, .momentum = 0.9}, {0, 1, 2}).records;
  REQUIRE(records.size() == 3);
  double w = 0, b = 0, v = 0, v_b = 0;
  for (Step t = 0; t < 3; ++t) {
    const UpdateRecord& r = records[static_cast<std::size_t>(t)];
    double g = 0, g_b = 0, loss = 0;
    for (int x = 1; x <= 4; ++x) {
      const double miss = w * x + b - (2 * x + 1);
      g += 2 * miss * x / 4, g_b += 2 * miss / 4, loss += miss * miss / 4;
    }
    const double rate = 0.01 * (1 + std::cos(M_PI * static_cast<double>(t) / 6));
    CHECK(r.step == t);
    CHECK(r.rate == Approx(rate));
    CHECK(r.loss == Approx(loss).epsilon(1e-4));
    REQUIRE(r.parameters.size() == 2);
    const ParameterRecord &kernel = r.parameters[0], &bias = r.parameters[1];
    CHECK(kernel.name == "dense/kernel");
    CHECK(kernel.rate == r.rate);
    CHECK(double(kernel.before[0]) == Approx(w).epsilon(1e-5));
    CHECK(double(kernel.gradient[0]) == Approx(g).epsilon(1e-4));
    CHECK(double(bias.gradient[0]) == Approx(g_b).epsilon(1e-4));
    CHECK(double(kernel.slots_before.at(0)[0]) == Approx(v).epsilon(1e-5));
    v = 0.9 * v - rate * g, v_b = 0.9 * v_b - rate * g_b;
    w += v, b += v_b;
    CHECK(double(kernel.slots_after.at(0)[0]) == Approx(v).epsilon(1e-5));
    CHECK(double(kernel.after[0]) == Approx(w).epsilon(1e-5));
    CHECK(double(bias.after[0]) == Approx(b).epsilon(1e-5));
    if (t > 0)
      CHECK(r.parameters[0].before == records[static_cast<std::size_t>(t - 1)].parameters[0].after);
  }
}

TEST_CASE("Explain shows the gradient that the options leave, and names these options") {
  const auto clipped = explained(Optimizer(SGD{.learning_rate = 0.01}, {.clipvalue = 20.0}), {0});
  CHECK(clipped.text ==
        "update 0: rate 0.01, loss of the batch 41, clipvalue 20\n"
        "  dense/kernel    w = 0 - 0.01 * -20 = 0.2\n"
        "  dense/bias      w = 0 - 0.01 * -12 = 0.12\n");
  // A decay is no term of the rule's formula, so the change stands in its place.
  const auto decayed =
      explained(Optimizer(SGD{.learning_rate = 0.01}, {.weight_decay = 1.0}), {1}).text;
  CHECK(decayed.find(", weight_decay 1\n") != decayed.npos);
  CHECK(decayed.find("gradient -29.15\n                  w = 0.35 + 0.288 = 0.638\n") !=
        decayed.npos);
  // Two batches for an update: the mean of both gradients, once.
  Sequential model = line();
  model.compile(
      {.optimizer = Optimizer(SGD{.learning_rate = 0.01}, {.gradient_accumulation_steps = 2}),
       .loss = MeanSquaredError{}});
  std::vector<UpdateRecord> records;
  model.fit(
      line_x, line_y,
      {.batch_size = 2,
       .epochs = 2,
       .verbose = 0,
       .callbacks = {Explain{.at = {0}, .sink = [&](const auto& r) { records.push_back(r); }}}});
  REQUIRE(records.size() == 1);
  CHECK(double(records[0].parameters[0].gradient[0]) == Approx(-35));
}

TEST_CASE("Explain shows norms of larger models, and writes to the progress sink") {
  Sequential model{Dense{.units = 2, .activation = relu, .kernel_initializer = Constant{0.5}},
                   Dense{.units = 1, .kernel_initializer = Constant{1}}};
  model.compile({.optimizer = SGD{.learning_rate = 0.01}, .loss = MeanSquaredError{}});
  std::string written;
  model.fit(line_x, line_y,
            {.verbose = 0,
             .callbacks = {Explain{.at = {0}}},
             .progress = [&](std::string_view text) { written += text; }});
  // The prediction is x, so the misses are -(x + 1): dL/d(output) = -7/2 ... summed by hand.
  CHECK(written ==
        "update 0: rate 0.01, loss of the batch 13.5\n"
        "  norm of              weights   gradient     change   change/weights\n"
        "  dense/kernel          0.7071      28.28     0.2828              0.4\n"
        "  dense/bias                 0      9.899    0.09899              inf\n"
        "  dense_1/kernel         1.414      14.14     0.1414              0.1\n"
        "  dense_1/bias               0          7       0.07              inf\n");
}

TEST_CASE("Explain leaves nothing behind in a model whose fit threw") {
  Sequential model = line(1e30);
  Explain explain{.at = {0, 1, 2, 3, 4}, .sink = [](const UpdateRecord&) {}};
  CHECK_THROWS_AS(
      model.fit(line_x, line_y, {.epochs = 9, .verbose = 0, .callbacks = {std::ref(explain)}}),
      NumericError);
  CHECK(explain.now.parameters.empty());  // of the update that was refused
  model.optimizer().set_learning_rate(0.0);
  model.set_weights({Tensor{{0}}, Tensor{0}});
  model.train_on_batch(line_x, line_y);
  CHECK(explain.now.parameters.empty());
}
