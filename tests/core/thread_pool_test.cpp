#include <gradus/core/thread_pool.h>

#include <doctest/doctest.h>
#include <gradus/gradus.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <ctime>
#include <limits>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <vector>

namespace {

using namespace gradus;
using namespace std::chrono_literals;

constexpr int counts[] = {1, 2, 3, 4};

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() &&
         std::memcmp(a.values().data(), b.values().data(), a.values().size() * sizeof(Scalar)) == 0;
}
bool same_bits(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Tensor& x, const Tensor& y) { return same_bits(x, y); });
}

Tensor drawn(const Shape& shape, std::uint64_t seed) {
  Random random(seed);
  return Tensor::normal(shape, 0, 1, random);
}

/// y and the gradients of a randomly weighted sum, computed with `count` threads.
template <class F>
std::vector<Tensor> outcome(int count, F f, const std::vector<Tensor>& inputs) {
  const Threads threads(count);
  std::vector<Tensor> leaves;
  for (const Tensor& x : inputs) leaves.push_back(parameter(x));
  const Tensor y = f(leaves);
  std::vector<Tensor> all =
      gradients(sum(y * drawn(y.shape(), 9)), std::span<const Tensor>(leaves));
  all.push_back(detach(y));
  return all;
}

template <class F>
void check_same(F f, const std::vector<Tensor>& inputs) {
  const std::vector<Tensor> alone = outcome(1, f, inputs);
  for (const int count : {2, 3, 4}) {
    CAPTURE(count);
    CHECK(same_bits(outcome(count, f, inputs), alone));
  }
}

/// A model with random layers and with products that are large enough to be shared.
struct Trained {
  std::vector<Tensor> weights;
  std::vector<double> losses;
  Tensor prediction;
  double evaluated;
};

Sequential noisy_model(Optimizer optimizer, int threads) {
  Sequential model{
      Dense{.units = 200, .activation = gelu}, BatchNormalization{},         Dropout{.rate = 0.3},
      Dense{.units = 190, .activation = tanh}, GaussianNoise{.stddev = 0.1}, Dense{.units = 3}};
  model.compile({.optimizer = std::move(optimizer),
                 .loss = SparseCategoricalCrossentropy{.from_logits = true},
                 .metrics = {Accuracy{}},
                 .seed = 5,
                 .threads = threads});
  return model;
}

Trained trained(const Optimizer& optimizer, int threads) {
  const Dataset data = make_blobs({.rows = 700, .noise = 2, .seed = 4, .features = 190});
  Sequential model = noisy_model(optimizer, threads);
  const History history = model.fit(
      data.x, data.y, {.batch_size = 240, .epochs = 3, .verbose = 0, .validation_split = 0.2});
  Trained result{model.get_weights(), history["loss"], model.predict(data.x, {.batch_size = 270}),
                 model.evaluate(data.x, data.y, {.batch_size = 270}).loss};
  for (const double loss : history["val_loss"]) result.losses.push_back(loss);
  result.losses.push_back(model.train_on_batch(data.x, data.y).loss);
  return result;
}

bool operator==(const Trained& a, const Trained& b) {
  return same_bits(a.weights, b.weights) && a.losses == b.losses &&
         same_bits(a.prediction, b.prediction) && a.evaluated == b.evaluated;
}

TEST_CASE("threads: every piece is done once, by a thread in range") {
  for (const int count : {1, 2, 3, 64, 1000}) {
    const Threads threads(count);
    for (const int pieces : {0, 1, 2, 7, 63, 1024}) {
      CAPTURE(count);
      CAPTURE(pieces);
      const int limit = std::max(1, std::min({count, 64, pieces}));
      std::vector<std::atomic<int>> done(static_cast<std::size_t>(pieces));
      std::atomic<int> strangers = 0;
      for (int round = 0; round < 50; ++round)
        detail::in_pieces(pieces, [&](int piece, int thread) {
          ++done[static_cast<std::size_t>(piece)];
          strangers += thread < 0 || thread >= limit;
        });
      CHECK(std::all_of(done.begin(), done.end(), [](const auto& n) { return n == 50; }));
      CHECK(strangers == 0);
    }
  }
}

TEST_CASE("threads: at most the given number of threads takes part") {
  for (const int count : counts) {
    CAPTURE(count);
    const Threads threads(count);
    std::array<std::atomic<int>, 8> by{};
    const auto seen = [&] {
      return std::count_if(by.begin(), by.end(), [](int n) { return n > 0; });
    };
    for (int round = 0; round < 5 || (round < 500 && seen() < count); ++round)
      detail::in_pieces(10, [&](int, int thread) {
        std::this_thread::sleep_for(1ms);
        ++by[static_cast<std::size_t>(thread)];
      });
    CHECK(seen() == count);
  }
}

TEST_CASE("threads: ranges cover everything once, with the same bounds at any count") {
  struct Size {
    std::int64_t n, width;
  };
  constexpr Size sizes[] = {{0, 0},         {0, 5},        {7, 0},       {262143, 1},
                            {262144, 1},    {262145, 1},   {1100, 784},  {3, 100000},
                            {20000, 16384}, {16777217, 1}, {40000000, 1}};
  for (const Size size : sizes) {
    const std::int64_t n = size.n, width = size.width;
    CAPTURE(n);
    CAPTURE(width);
    std::set<std::set<std::pair<std::int64_t, std::int64_t>>> cuts;
    for (const int count : {2, 3, 4}) {
      const Threads threads(count);
      std::set<std::pair<std::int64_t, std::int64_t>> cut;
      std::mutex mutex;
      const auto note = [&](std::int64_t begin, std::int64_t end) {
        const std::lock_guard lock(mutex);
        cut.insert({begin, end});
      };
      detail::in_ranges(n, note, width);
      std::int64_t covered = 0;
      for (const auto& [begin, end] : cut) {
        CHECK(begin == covered);
        covered = end;
      }
      CHECK(covered == n);
      CHECK(std::ssize(cut) <= detail::most_pieces);
      CHECK((cut.size() > 1) == (n * width >= detail::shared_elements));
      cuts.insert(cut);
    }
    CHECK(cuts.size() == 1);
  }
}

TEST_CASE("threads: a product has the same bits at any count") {
  const auto product = [](const std::vector<Tensor>& in) { return matmul(in[0], in[1]); };
  const std::array<std::int64_t, 3> sizes[] = {
      {128, 784, 128}, {127, 260, 262}, {1100, 784, 10}, {1, 2900, 2900}, {2900, 2900, 1},
      {783, 17, 640},  {65, 2700, 49},  {9, 301, 3100},  {257, 700, 47},  {80, 101, 1050},
      {3, 40, 70000},  {70000, 41, 3},  {1025, 3, 3000}, {200, 300, 300}, {32, 784, 128}};
  for (const auto& size : sizes) {
    const Shape left{size[0], size[1]}, right{size[1], size[2]};
    CAPTURE(fmt::format("{} by {}", left, right));
    check_same(product, {drawn(left, 1), drawn(right, 2)});
  }
  check_same(product, {drawn({3, 2, 190, 220}, 1), drawn({2, 220, 210}, 2)});
  check_same(product, {drawn({4, 130, 120}, 1), drawn({120, 140}, 2)});
}

TEST_CASE("threads: an element-wise op has the same bits at any count") {
  for (const std::int64_t n : {262143, 262144, 262145, 500003}) {
    CAPTURE(n);
    const std::vector<Tensor> x{drawn({n}, 3)};
    check_same([](const std::vector<Tensor>& in) { return tanh(in[0]); }, x);
    check_same([](const std::vector<Tensor>& in) { return gelu(in[0]) + exp(in[0]); }, x);
    check_same([](const std::vector<Tensor>& in) { return clip(softplus(in[0]), 0.2, 2); }, x);
  }
}

TEST_CASE("threads: an update has the same bits at any count") {
  const Tensor before = drawn({300001}, 1), gradient = drawn({300001}, 2);
  for (const Optimizer& optimizer :
       {Optimizer(SGD{}), Optimizer(SGD{.momentum = 0.9}), Optimizer(Adam{.amsgrad = true})}) {
    CAPTURE(to_string(optimizer));
    std::vector<Tensor> after;
    for (const int count : {1, 2, 3, 8}) {
      const Threads threads(count);
      Optimizer opt = optimizer;
      const Tensor w = parameter(before);
      for (int step = 0; step < 3; ++step) {
        sum(gradient * w).backward();
        opt.step({w});
      }
      after.push_back(detach(w));
    }
    for (const Tensor& w : after) CHECK(same_bits(w, after.front()));
    CHECK_FALSE(same_bits(after.front(), before));
  }
}

TEST_CASE("threads: fit of 784-128-10 gathers rows in parallel and keeps the bits") {
  Random random(1);
  const Tensor x = Tensor::uniform({800, 784}, 0, 1, random);
  std::vector<Scalar> classes;
  for (int i = 0; i < 800; ++i) classes.push_back(static_cast<Scalar>(i % 10));
  const Tensor y({800}, classes);
  std::vector<std::vector<Tensor>> weights;
  for (const int count : {1, 2, 3, 8}) {
    Sequential model{Dense{.units = 128, .activation = relu}, Dense{.units = 10}};
    model.compile({.optimizer = SGD{.learning_rate = 0.01, .momentum = 0.9},
                   .loss = SparseCategoricalCrossentropy{.from_logits = true},
                   .threads = count});
    model.fit(x, y, {.batch_size = 400, .epochs = 2, .verbose = 0});
    weights.push_back(model.get_weights());
  }
  for (const auto& w : weights) CHECK(same_bits(w, weights.front()));
}

TEST_CASE("threads: training, evaluation and prediction have the same bits at any count") {
  const Optimizer optimizers[] = {SGD{.learning_rate = 0.01},
                                  SGD{.learning_rate = 0.01, .momentum = 0.9, .nesterov = true},
                                  Adam{.learning_rate = 0.01, .amsgrad = true},
                                  Optimizer(Muon{}, {.global_clipnorm = 1, .use_ema = true})};
  for (const Optimizer& optimizer : optimizers) {
    CAPTURE(to_string(optimizer));
    const Trained alone = trained(optimizer, 1);
    for (const int count : {2, 3, 4}) {
      CAPTURE(count);
      CHECK(trained(optimizer, count) == alone);
    }
  }
}

TEST_CASE("threads: several threads train models at once") {
  const Optimizer optimizer = Adam{};
  const Trained alone = trained(optimizer, 1);
  std::atomic<int> same = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] { same += trained(Optimizer(Adam{}), 1 + i % 4) == alone; });
  for (std::thread& thread : threads) thread.join();
  CHECK(same == 8);
}

/// Predicts with another model, which has another thread count, at the end of each epoch.
struct Predicts {
  Sequential* other;
  const Tensor* x;
  std::vector<Tensor>* seen;
  std::vector<int>* in_force;
  void on_epoch_end(std::int64_t, const Logs&, Sequential& model) {
    in_force->push_back(detail::threads());
    seen->push_back(other->predict(*x));
    seen->push_back(model.predict(*x));
    in_force->push_back(detail::threads());
  }
};

TEST_CASE("threads: a callback may predict with another thread count") {
  const Dataset data = make_blobs({.rows = 500, .noise = 2, .seed = 4, .features = 190});
  std::vector<Tensor> seen[2];
  for (const int i : {0, 1}) {
    Sequential other = noisy_model(SGD{}, i == 0 ? 1 : 3);
    Sequential model = noisy_model(SGD{}, i == 0 ? 1 : 2);
    std::vector<int> in_force;
    model.fit(data.x, data.y,
              {.batch_size = 250,
               .epochs = 2,
               .verbose = 0,
               .callbacks = {Predicts{&other, &data.x, &seen[i], &in_force}}});
    CHECK(in_force == std::vector<int>(4, i == 0 ? 1 : 2));
    CHECK(detail::threads() == 1);
  }
  CHECK(same_bits(seen[0], seen[1]));
}

TEST_CASE("threads: the guard nests and ends, also by an exception, and helpers start no helpers") {
  CHECK(detail::threads() == 1);
  {
    const Threads three(3);
    CHECK(detail::threads() == 3);
    try {
      const Threads two(2);
      CHECK(detail::threads() == 2);
      matmul(Tensor{{1}}, Tensor{{1}, {2}});
      FAIL("no exception");
    } catch (const ShapeError&) {
    }
    CHECK(detail::threads() == 3);
    std::thread([] { CHECK(detail::threads() == 1); }).join();
    std::atomic<int> inside = 0;
    detail::in_pieces(20, [&](int, int thread) {
      std::this_thread::sleep_for(1ms);
      if (thread > 0 && detail::threads() != 1) ++inside;
      detail::in_pieces(2, [&](int, int helper) { inside += helper != 0; });
    });
    CHECK(inside == 0);
  }
  CHECK(detail::threads() == 1);
}

TEST_CASE("threads: counts below 1 are refused") {
  CHECK_THROWS_WITH_AS(Threads(0), "Threads: count must be >= 1 (got 0)", ValueError);
  CHECK_THROWS_WITH_AS(Threads(-2), "Threads: count must be >= 1 (got -2)", ValueError);
  Sequential model{Dense{.units = 1}};
  for (const int count : {0, -1})
    CHECK_THROWS_WITH_AS(
        model.compile({.optimizer = SGD{}, .loss = MeanSquaredError{}, .threads = count}),
        fmt::format("compile: threads must be >= 1 (got {})", count).c_str(), ValueError);
  model.compile({.optimizer = SGD{},
                 .loss = MeanSquaredError{},
                 .threads = std::numeric_limits<std::int64_t>::max()});
  CHECK(model.fit({{1}, {2}}, {{1}, {2}}, {.epochs = 1, .verbose = 0}).epochs().size() == 1);
}

#if defined(__SSE__)
TEST_CASE("threads: helpers use the rounding mode of the caller") {
  const Threads four(4);
  volatile Scalar least = std::numeric_limits<Scalar>::min();
  const auto flushed = [&](bool flush) {
    std::array<Scalar, 40> halves;
    {
      std::optional<detail::FlushDenormals> mode;
      if (flush) mode.emplace();
      detail::in_pieces(40, [&](int piece, int) {
        std::this_thread::sleep_for(1ms);
        halves[static_cast<std::size_t>(piece)] = least / 2;
      });
    }  // with flushing on, all would be equal to 0
    return std::count(halves.begin(), halves.end(), Scalar(0));
  };
  CHECK(flushed(false) == 0);
  CHECK(flushed(true) == 40);
  CHECK(flushed(false) == 0);
}
#endif

TEST_CASE("threads: sleeping helpers use no time and wake for a job") {
  const Threads three(3);
  std::atomic<int> helped = 0;
  const auto job = [&] {
    detail::in_pieces(20, [&](int, int thread) {
      std::this_thread::sleep_for(1ms);
      helped += thread > 0;
    });
  };
  job();
  std::this_thread::sleep_for(50ms);
  const std::clock_t before = std::clock();
  std::this_thread::sleep_for(200ms);
  CHECK(static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC < 0.02);
  helped = 0;
  for (int round = 0; round < 100 && helped == 0; ++round) job();  // a busy machine wakes them late
  CHECK(helped > 0);
}

}  // namespace
