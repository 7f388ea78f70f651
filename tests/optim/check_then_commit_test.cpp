/// An update that would give a number that is not finite, or that throws, changes nothing.

#include <gradus/optim/optimizers.h>

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>

#include <gradus/core/ops.h>

using namespace gradus;
using doctest::Contains;

namespace {

using Tensors = std::vector<Tensor>;

constexpr double largest = std::numeric_limits<Scalar>::max();

std::string bits(std::span<const Scalar> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}
/// All bits of the parameters and the optimizer.
std::string bits(const Optimizer& opt, const Tensors& w) {
  const OptimizerCounters& c = opt.counters();
  std::string all = fmt::format("{} {} {} {} {}", c.iterations, c.collected, c.last_learning_rate,
                                c.averages_from, c.shows_averages);
  for (const Tensor& parameter : w) all += bits(parameter.values());
  opt.state([&](const std::string& name, std::span<const Scalar> values, const Shape&) {
    all += name + bits(values);
  });
  return all;
}

bool finite(std::span<const Scalar> values) {
  return std::ranges::all_of(values, [](Scalar v) { return std::isfinite(value(v)); });
}
bool finite(const Optimizer& opt, const Tensors& w) {
  bool all = true;
  for (const Tensor& parameter : w) all = all && finite(parameter.values());
  opt.state([&](const std::string&, std::span<const Scalar> values, const Shape&) {
    all = all && finite(values);
  });
  return all;
}

/// A configuration drawn at random, with numbers from the whole range of a Scalar.
struct Draw {
  Random random;

  std::size_t below(std::size_t n) {
    return static_cast<std::size_t>(random.below(static_cast<std::int64_t>(n)));
  }
  template <std::size_t n>
  const char* one_of(const char* const (&texts)[n]) {
    return texts[below(n)];
  }
  /// 0, or a power of the largest number with either sign; `tame`: of usual size.
  double number(bool tame) {
    const double power = tame ? random.uniform(-0.1, 0.05) : random.uniform(-1.1, 1);
    const double size = below(8) == 0 ? 0 : std::min(std::pow(largest, power), largest);
    return below(2) == 0 ? size : -size;
  }
  Tensor tensor(const Shape& shape, bool tame) {
    std::vector<Scalar> values;
    for (std::int64_t i = 0; i < shape.count(); ++i)
      values.push_back(static_cast<Scalar>(number(tame)));
    return Tensor(shape, values);
  }
  std::string optimizer() {
    const std::string& rule = known_optimizers()[below(known_optimizers().size())];
    const double rate = below(3) == 0 ? std::abs(number(false)) : 0.1;
    const bool averages = rule.starts_with("ScheduleFree");
    return fmt::format(
        "{}(learning_rate={}{}{}{})", rule, rate,
        one_of(
            {"", "", ", clipnorm=1", ", clipvalue=0.5", ", global_clipnorm=1", ", clipvalue=1e30"}),
        averages ? one_of({"", ", weight_decay=2", ", weight_decay=0.1, warmup_steps=3", ", r=9"})
                 : one_of({"", "", ", use_ema=True", ", use_ema=True, ema_overwrite_frequency=2"}),
        one_of({"", "", ", gradient_accumulation_steps=2", ", gradient_accumulation_steps=3"}));
  }
  Optimizer::Constrain constraint() {
    switch (below(8)) {
      case 0:
        return [](const Tensor& w) { return relu(w); };
      case 1:
        return [](const Tensor& w) { return w / sqrt(sum(square(w))); };  // nan at 0
      case 2:
        return [](const Tensor& w) { return 1e20 * w; };
      default:
        return nullptr;
    }
  }
};

/// Each writes a number into a parameter, without bounds that would say so.
struct Writes {
  double number;
  bool slot = false, throws = false;
  Schedule learning_rate = 1;
  int slots() const { return 1; }
  SlotInfo slot_info(int, const Shape&) const { return {"memory"}; }
  void update(ParameterUpdate& u) const {
    for (std::size_t i = 0; i < u.w.size(); ++i) u.w[i] -= u.rate() * u.g[i], u.slot(0)[i] += 1;
    if (u.shape.rank() != 2) return;  // the first parameter is whole by now
    (slot ? u.slot(0) : u.w)[0] = static_cast<Scalar>(number);
    if (throws) throw std::runtime_error("the rule's");
  }
};

}  // namespace

TEST_CASE("no update gives a number that is not finite, and a refused one changes nothing") {
  int refused = 0, done = 0, wrong = 0;
  for (std::uint64_t seed = 0; seed < 6000; ++seed) {
    Draw draw{Random(seed, "configuration")};
    const std::string text = draw.optimizer();
    CAPTURE(seed);
    CAPTURE(text);
    Optimizer opt = parse_optimizer(text);
    const bool tame = draw.below(2) == 0;
    const Tensors w{parameter(draw.tensor({2, 3}, tame)), parameter(draw.tensor({3}, tame)),
                    parameter(draw.tensor({}, tame))};
    const std::vector<Optimizer::Constrain> constraints{draw.constraint(), nullptr,
                                                        draw.constraint()};
    opt.adopt(w, std::vector<std::string>{"kernel", "bias", "scale"}, constraints);
    for (int call = 0; call < 8; ++call) {
      const bool calm = draw.below(2) == 0;
      Tensors g{draw.tensor({2, 3}, calm), draw.tensor({3}, calm), draw.tensor({}, calm)};
      if (draw.below(4) == 0) g[draw.below(3)] = Tensor();
      const auto all_or_nothing = [&](auto act) {
        const std::string before = bits(opt, w);
        try {
          act();
          ++done;
        } catch (const NumericError&) {
          ++refused;
          wrong += bits(opt, w) != before;
        }
        wrong += !finite(opt, w);
      };
      all_or_nothing([&] { opt.apply(g, w); });
      if (draw.below(3) == 0) all_or_nothing([&] { opt.finalize(); });
    }
  }
  CHECK(wrong == 0);
  CHECK(refused > 5000);
  CHECK(done > 20000);
}

TEST_CASE("what a rule writes or throws in one parameter takes all of the update back") {
  constexpr double inf = std::numeric_limits<double>::infinity();
  for (const double number : {inf, -inf, std::nan("")})
    for (const bool slot : {false, true})
      for (const OptimizerOptions& options :
           {OptimizerOptions{}, OptimizerOptions{.clipnorm = 1.0},
            OptimizerOptions{.use_ema = true, .gradient_accumulation_steps = 2}}) {
        const Tensors w{parameter({1, 2}), parameter({{3, 4}})}, g{{1, 1}, {{1, 1}}};
        Optimizer opt(Writes{number, slot}, options);
        opt.adopt(w);
        std::string before = bits(opt, w);
        if (options.gradient_accumulation_steps) opt.apply(g, w), before = bits(opt, w);
        CHECK_THROWS_WITH_AS(opt.apply(g, w),
                             Contains(slot ? "Optimizer: 1/memory must stay finite"
                                           : "Optimizer: 1 must stay finite"),
                             NumericError);
        CHECK(bits(opt, w) == before);
        CHECK_THROWS_WITH(opt.apply(g, w), Contains("at element 0, step 0)"));
        Optimizer throwing(Writes{0, slot, true}, options);
        throwing.adopt(w);
        before = bits(throwing, w);
        const auto twice = [&] { throwing.apply(g, w), throwing.apply(g, w); };
        CHECK_THROWS_WITH_AS(twice(), "the rule's", std::runtime_error);
        if (!options.gradient_accumulation_steps) CHECK(bits(throwing, w) == before);
      }
}

TEST_CASE("step() keeps the gradients of an update that is refused") {
  const Tensor w = parameter({static_cast<double>(largest)});
  Optimizer opt = SGD{.learning_rate = 1};
  sum(-w * (largest / 2)).backward();
  CHECK_THROWS_WITH_AS(opt.step({w}), Contains("Optimizer: 0 must stay finite in an update (got "),
                       NumericError);
  CHECK(w.has_grad());
  CHECK(w(0) == static_cast<Scalar>(largest));
  CHECK(opt.iterations() == 0);
}

TEST_CASE("moments that overflow are refused, where they once froze the weight for ever") {
  for (const std::string& rule : known_optimizers()) {
    const Tensor w = parameter({0.5});
    Optimizer opt = parse_optimizer(rule);
    const double huge = std::sqrt(largest) * 10;
    bool refused = false;
    try {
      opt.apply(Tensors{{huge}}, Tensors{w});
    } catch (const NumericError&) {
      refused = true;
    }
    CAPTURE(rule);
    const double before = w(0);
    opt.apply(Tensors{{1}}, Tensors{w});
    CHECK(finite(opt, {w}));
    if (refused) CHECK(w(0) != before);
  }
}

TEST_CASE("weights that another writes are measured again") {
  const Tensor w = parameter({1});
  Optimizer one = SGD{.learning_rate = 1}, two = SGD{.learning_rate = 1};
  one.apply(Tensors{{1}}, Tensors{w});
  const double far = largest * 0.75;
  two.apply(Tensors{{-far}}, Tensors{w});
  const std::string before = bits(one, {w});
  CHECK_THROWS_AS(one.apply(Tensors{{-far}}, Tensors{w}), NumericError);
  CHECK(bits(one, {w}) == before);
  Optimizer moving(SGD{.learning_rate = 1, .momentum = 0.9});
  const Tensor v = parameter({1});
  moving.apply(Tensors{{1}}, Tensors{v});
  moving.state([&](const std::string&, std::span<Scalar> slot, const Shape&) {
    slot[0] = static_cast<Scalar>(far);
  });
  CHECK_THROWS_AS(moving.apply(Tensors{{-far}}, Tensors{v}), NumericError);
  CHECK(v(0) == 0);
}

TEST_CASE("an update is the same with and without a rule's bounds") {
  struct Unbounded {
    Adam rule;
    Schedule learning_rate = 0.1;
    int slots() const { return rule.slots(); }
    SlotInfo slot_info(int i, const Shape& shape) const { return rule.slot_info(i, shape); }
    void update(ParameterUpdate& u) const { rule.update(u); }
  };
  for (const OptimizerOptions& options :
       {OptimizerOptions{.weight_decay = 0.1, .clipnorm = 0.5},
        OptimizerOptions{.global_clipnorm = 0.5, .use_ema = true, .ema_overwrite_frequency = 2},
        OptimizerOptions{.clipvalue = 0.5, .gradient_accumulation_steps = 3}}) {
    const Tensors w{parameter({1, 2}), parameter({{3, 4}})}, v{parameter(w[0]), parameter(w[1])};
    Optimizer bounded(Adam{.learning_rate = 0.1}, options), unbounded(Unbounded{}, options);
    Random random(1);
    for (int call = 0; call < 50; ++call) {
      const Tensors g{Tensor::normal({2}, 0, 1, random), Tensor::normal({1, 2}, 0, 1, random)};
      bounded.apply(g, w);
      unbounded.apply(g, v);
      CHECK(bits(bounded, w) == bits(unbounded, v));
    }
  }
}
