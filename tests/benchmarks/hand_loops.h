#pragma once
/// What gradus is compared with: the same training steps and products as somebody would write them
/// by hand for one model, with Eigen, or as plain loops (make_scalar_line). hand_loops.cpp is
/// compiled twice, with the machine's own instructions (namespace native) and for any x86-64
/// (namespace plain).

#include <memory>

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

/// inputs -> hidden (relu) -> classes, softmax cross-entropy from logits; kernels are (in, out).
struct Classifier {
  int batch, inputs, hidden, classes;
  const float *w1, *b1, *w2, *b2;
  float rate;
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
std::unique_ptr<Step> make_classifier(const Classifier& net);
void multiply(const Product& p, const float* a, const float* b, float* c);
}  // namespace native

namespace plain {
std::unique_ptr<Step> make_scalar_line(const Line& line);
std::unique_ptr<Step> make_line(const Line& line);
std::unique_ptr<Step> make_classifier(const Classifier& net);
void multiply(const Product& p, const float* a, const float* b, float* c);
}  // namespace plain

}  // namespace hand
