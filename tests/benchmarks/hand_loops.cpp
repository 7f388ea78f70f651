#include "hand_loops.h"

#include <Eigen/Core>
#include <cmath>

/// Every buffer is made once, products go straight into their place, and nothing is computed that
/// the update does not need (no gradient of the inputs).
namespace hand::HAND_COPY {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Row = Eigen::RowVectorXf;
using Vector = Eigen::VectorXf;
using ConstMatrix = Eigen::Map<const Matrix>;
using ConstRow = Eigen::Map<const Row>;
using ConstVector = Eigen::Map<const Vector>;

class ScalarLineStep final : public Step {
 public:
  explicit ScalarLineStep(const Line& line) : line_(line) {}

  float operator()(const float* x, const float* y) override {
    float loss = 0, dw = 0, db = 0;
    for (int i = 0; i < line_.batch; ++i) {
      const float error = line_.w * x[i] + line_.b - y[i];
      loss += error * error;
      dw += error * x[i];
      db += error;
    }
    const float share = 1 / static_cast<float>(line_.batch);
    line_.w -= line_.rate * 2 * share * dw;
    line_.b -= line_.rate * 2 * share * db;
    return loss * share;
  }

 private:
  Line line_;
};

class LineStep final : public Step {
 public:
  explicit LineStep(const Line& line) : line_(line), error_(line.batch) {}

  float operator()(const float* x, const float* y) override {
    const ConstVector xs(x, line_.batch), ys(y, line_.batch);
    const float share = 1 / static_cast<float>(line_.batch);
    error_ = (line_.w * xs - ys).array() + line_.b;
    const float loss = share * error_.squaredNorm();
    const float dw = 2 * share * error_.dot(xs), db = 2 * share * error_.sum();
    line_.w -= line_.rate * dw;
    line_.b -= line_.rate * db;
    return loss;
  }

 private:
  Line line_;
  Vector error_;
};

class ClassifierStep final : public Step {
 public:
  explicit ClassifierStep(const Classifier& net)
      : net_(net),
        w1_(ConstMatrix(net.w1, net.inputs, net.hidden)),
        w2_(ConstMatrix(net.w2, net.hidden, net.classes)),
        dw1_(net.inputs, net.hidden),
        dw2_(net.hidden, net.classes),
        hidden_(net.batch, net.hidden),
        dhidden_(net.batch, net.hidden),
        logits_(net.batch, net.classes),
        dlogits_(net.batch, net.classes),
        b1_(ConstRow(net.b1, net.hidden)),
        b2_(ConstRow(net.b2, net.classes)),
        db1_(net.hidden),
        db2_(net.classes),
        highest_(net.batch) {}

  float operator()(const float* x, const float* y) override {
    const ConstMatrix inputs(x, net_.batch, net_.inputs);
    forward(inputs);
    const float loss = cross_entropy(y);
    backward(inputs);
    w1_ -= net_.rate * dw1_;
    w2_ -= net_.rate * dw2_;
    b1_ -= net_.rate * db1_;
    b2_ -= net_.rate * db2_;
    return loss;
  }

 private:
  void forward(const ConstMatrix& inputs) {
    hidden_.noalias() = inputs * w1_;
    for (Eigen::Index i = 0; i < hidden_.rows(); ++i)
      hidden_.row(i) = (hidden_.row(i) + b1_).cwiseMax(0.0f);
    logits_.noalias() = hidden_ * w2_;
    logits_.rowwise() += b2_;
  }

  /// The loss, and its gradient by the logits.
  float cross_entropy(const float* classes) {
    highest_ = logits_.rowwise().maxCoeff();
    logits_.colwise() -= highest_;
    dlogits_ = logits_.array().exp();  // all at once: rows of ten fill no vector
    const float share = 1 / static_cast<float>(net_.batch);
    float loss = 0;
    for (Eigen::Index i = 0; i < logits_.rows(); ++i) {
      const auto label = static_cast<Eigen::Index>(classes[i]);
      const float sum = dlogits_.row(i).sum();
      loss += std::log(sum) - logits_(i, label);
      dlogits_.row(i) *= share / sum;
      dlogits_(i, label) -= share;
    }
    return loss * share;
  }

  void backward(const ConstMatrix& inputs) {
    dw2_.noalias() = hidden_.transpose() * dlogits_;
    db2_ = dlogits_.colwise().sum();
    dhidden_.noalias() = dlogits_ * w2_.transpose();
    dhidden_ = (hidden_.array() > 0.0f).select(dhidden_, 0.0f);
    dw1_.noalias() = inputs.transpose() * dhidden_;
    db1_ = dhidden_.colwise().sum();
  }

  Classifier net_;
  Matrix w1_, w2_, dw1_, dw2_, hidden_, dhidden_, logits_, dlogits_;
  Row b1_, b2_, db1_, db2_;
  Vector highest_;
};

}  // namespace

std::unique_ptr<Step> make_scalar_line(const Line& line) {
  return std::make_unique<ScalarLineStep>(line);
}
std::unique_ptr<Step> make_line(const Line& line) { return std::make_unique<LineStep>(line); }
std::unique_ptr<Step> make_classifier(const Classifier& net) {
  return std::make_unique<ClassifierStep>(net);
}

void multiply(const Product& p, const float* a, const float* b, float* c) {
  Eigen::Map<Matrix> result(c, p.m, p.n);
  const ConstMatrix left(a, p.a_transposed ? p.k : p.m, p.a_transposed ? p.m : p.k);
  const ConstMatrix right(b, p.b_transposed ? p.n : p.k, p.b_transposed ? p.k : p.n);
  if (p.a_transposed)
    result.noalias() = left.transpose() * right;
  else if (p.b_transposed)
    result.noalias() = left * right.transpose();
  else
    result.noalias() = left * right;
}

}  // namespace hand::HAND_COPY
