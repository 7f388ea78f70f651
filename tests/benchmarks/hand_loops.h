#pragma once
/// What gradus is compared with: the same training steps and products as somebody would write them
/// by hand for one model, with Eigen, or as plain loops (make_scalar_line). hand_loops.cpp is
/// compiled twice, with the machine's own instructions (namespace native) and for any x86-64
/// (namespace plain).

#include <memory>
#include <vector>

namespace hand {

/// A model with its weights: one call is forward, loss, backward and update on one batch.
class Step {
 public:
  Step() = default;
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;
  virtual ~Step() = default;
  /// Returns the loss before the update. x and y are row-major; classes come as numbers in y.
  virtual float operator()(const float* x, const float* y) = 0;
};

enum class Update { sgd, momentum, adam };

/// Layers of these widths, the inputs' first. A classifier has relu between its layers and softmax
/// cross-entropy from logits for a loss, anything else tanh and mean squared error.
struct Network {
  int batch;
  std::vector<int> widths;
  bool classifier;
  Update update;
  float rate;
  std::vector<const float*> kernels;  ///< (in, out); biases start at 0
};

/// y = w x + b, mean squared error.
struct Line {
  int batch;
  float w, b, rate;
};

/// c (m x n) = a (m x k) b (k x n), where a or b may lie transposed in memory. All row-major.
struct Product {
  bool a_transposed, b_transposed;
  int m, n, k;
};

namespace native {
std::unique_ptr<Step> make_scalar_line(const Line& line);
std::unique_ptr<Step> make_line(const Line& line);
std::unique_ptr<Step> make_network(const Network& net);
void multiply(const Product& p, const float* a, const float* b, float* c);
}  // namespace native

namespace plain {
std::unique_ptr<Step> make_scalar_line(const Line& line);
std::unique_ptr<Step> make_line(const Line& line);
std::unique_ptr<Step> make_network(const Network& net);
void multiply(const Product& p, const float* a, const float* b, float* c);
}  // namespace plain

}  // namespace hand
