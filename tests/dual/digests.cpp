/// The bits of trained networks, one line each; `digests 0` ... `digests 2` with the kernels' copy.
/// The same source is a program for double and one for Dual, which must print the same.

#include <gradus/gradus.h>

#include <bit>
#include <cstdlib>

#include <gradus/core/kernels.h>

using namespace gradus;

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {
namespace {
int copy = 0;
}
/// In place of the library's, which takes the best copy.
const Choice& chosen_kernels() {
#ifdef GRADUS_X86_COPIES
  static const Choice all[] = {{"x86-64", x86_64::table()},
                               {"x86-64-v3", x86_64_v3::table()},
                               {"x86-64-v4", x86_64_v4::table()}};
#else
  static const Choice all[] = {{"plain", plain::table()}};
#endif
  return all[copy];
}
}}}  // namespace gradus::detail

namespace {

bool runs_here(int copy) {
#ifdef GRADUS_X86_COPIES
  return copy == 0 || (copy == 1 && __builtin_cpu_supports("avx2")) ||
         (copy == 2 && __builtin_cpu_supports("avx512vl"));
#else
  return copy == 0;
#endif
}

/// FNV-1a over the bits of all weights.
std::uint64_t digest(const std::vector<Tensor>& weights) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const Tensor& w : weights)
    for (const Scalar& x : w.values())
      hash = (hash ^ std::bit_cast<std::uint64_t>(value(x))) * 0x100000001b3;
  return hash;
}

void train(const Optimizer& optimizer, const char* what, const std::vector<Layer>& layers,
           const Loss& loss) {
  Random random(5, "rows");
  const Tensor x = Tensor::uniform({40, 5}, -1, 1, random);
  const Tensor y = softmax(Tensor::normal({40, 3}, 0, 1, random));
  Sequential net(layers);
  net.compile({.optimizer = optimizer, .loss = loss, .seed = 9});
  net.fit(x, y, {.batch_size = 8, .epochs = 100, .verbose = 0});  // 500 updates
  fmt::print("{} {} {:016x} {:a}\n", optimizer.name(), what, digest(net.get_weights()),
             value(net.loss(x, y)));
}

}  // namespace

int main(int, char** argv) try {
  detail::copy = std::atoi(argv[1]);
  if (!runs_here(detail::copy)) return fmt::print("no such processor\n"), 0;
  const Schedule rate = linear(0, 0.01, 50) >> CosineDecay{0.01, 400, 0.1};
  const Optimizer optimizers[] = {
      SGD{.learning_rate = rate, .momentum = 0.9},
      SGD{.learning_rate = rate},
      Adam{.learning_rate = rate, .amsgrad = true},
      AdamW{.learning_rate = rate},
      Nadam{.learning_rate = rate},
      Adamax{.learning_rate = rate},
      Adagrad{.learning_rate = rate},
      Adadelta{.learning_rate = 1.0},
      Adafactor{.learning_rate = rate},
      RMSprop{.learning_rate = rate, .momentum = 0.5, .centered = true},
      Ftrl{.learning_rate = rate},
      Lamb{.learning_rate = rate},
      Lion{.learning_rate = 0.001},
      Muon{.learning_rate = rate},
      Optimizer(SGD{.learning_rate = rate, .momentum = 0.9, .nesterov = true},
                {.weight_decay = 0.01, .global_clipnorm = 0.1, .use_ema = true})};
  const auto cross = CategoricalCrossentropy{.from_logits = true, .label_smoothing = 0.1};
  for (const Optimizer& optimizer : optimizers) {
    train(optimizer, "tanh", {Dense{16, tanh}, Dense{9, tanh}, Dense{3}}, MeanSquaredError{});
    train(optimizer, "relu", {Dense{17, relu}, Dense{3}}, cross);
  }
  for (Tensor (*op)(const Tensor&) :
       {+[](const Tensor& x) { return sigmoid(x); }, +[](const Tensor& x) { return gelu(x); },
        +[](const Tensor& x) { return silu(x); }, +[](const Tensor& x) { return softplus(x); },
        +[](const Tensor& x) { return elu(x); }})
    train(optimizers[0], "activation", {Dense{16, op}, LayerNormalization{}, Dense{3}}, Huber{});
  train(optimizers[0], "layers",
        {Dense{16}, BatchNormalization{}, Activation(tanh), Dropout{.rate = 0.2}, Dense{3}},
        LogCosh{});
} catch (const std::exception& e) {
  fmt::print("{}\n", e.what());
  return 1;
}
