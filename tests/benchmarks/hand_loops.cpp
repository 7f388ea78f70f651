#include "hand_loops.h"

#include <Eigen/Core>
#include <cmath>

/// Every buffer is made once, products go straight into their place, and nothing is computed that
/// the update does not need (no gradient of the inputs).
namespace hand::HAND_COPY {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Vector = Eigen::VectorXf;
using ConstMatrix = Eigen::Map<const Matrix>;
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

/// The updates, each one pass over the weights.
void update_by_sgd(float rate, const float* g, float* w, Eigen::Index n) {
  for (Eigen::Index i = 0; i < n; ++i) w[i] -= rate * g[i];
}
void update_by_momentum(float rate, const float* g, float* v, float* w, Eigen::Index n) {
  for (Eigen::Index i = 0; i < n; ++i) {
    v[i] = 0.9f * v[i] - rate * g[i];
    w[i] += v[i];
  }
}
void update_by_adam(float rate, const float* g, float* m, float* v, float* w, Eigen::Index n) {
  for (Eigen::Index i = 0; i < n; ++i) {
    m[i] += 0.1f * (g[i] - m[i]);
    v[i] += 0.001f * (g[i] * g[i] - v[i]);
    w[i] -= rate * m[i] / (std::sqrt(v[i]) + 1e-7f);
  }
}

struct Weights {
  Weights(int rows, int columns) : w(Matrix::Zero(rows, columns)), g(w), m(w), v(w) {}
  Matrix w, g, m, v;  ///< with the gradient and two memories
};

struct Layer {
  Layer(int in, int out, int batch)
      : kernel(in, out), bias(1, out), h(batch, out), dh(batch, out) {}
  Weights kernel, bias;
  Matrix h, dh;  ///< output and its gradient
};

class NetworkStep final : public Step {
 public:
  explicit NetworkStep(const Network& net) : net_(net), highest_(net.batch) {
    for (std::size_t i = 0; i + 1 < net.widths.size(); ++i) {
      Layer& layer = layers_.emplace_back(net.widths[i], net.widths[i + 1], net.batch);
      layer.kernel.w = ConstMatrix(net.kernels[i], net.widths[i], net.widths[i + 1]);
    }
  }

  float operator()(const float* x, const float* y) override {
    const ConstMatrix inputs(x, net_.batch, net_.widths[0]);
    forward(inputs);
    const float loss = net_.classifier ? cross_entropy(y) : squared_error(y);
    backward(inputs);
    update();
    return loss;
  }

 private:
  void forward(const ConstMatrix& inputs) {
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      Layer& layer = layers_[l];
      if (l == 0)
        layer.h.noalias() = inputs * layer.kernel.w;
      else
        layer.h.noalias() = layers_[l - 1].h * layer.kernel.w;
      layer.h.rowwise() += layer.bias.w.row(0);
      if (l + 1 == layers_.size()) return;
      if (net_.classifier)
        layer.h = layer.h.cwiseMax(0.0f);
      else
        layer.h = layer.h.array().tanh();
    }
  }

  float squared_error(const float* targets) {
    Layer& last = layers_.back();
    last.dh = last.h - ConstMatrix(targets, last.h.rows(), last.h.cols());
    const float share = 1 / static_cast<float>(last.h.size());
    const float loss = share * last.dh.squaredNorm();
    last.dh *= 2 * share;
    return loss;
  }

  /// The loss, and its gradient by the logits.
  float cross_entropy(const float* classes) {
    auto& [kernel, bias, logits, dlogits] = layers_.back();
    highest_ = logits.rowwise().maxCoeff();
    logits.colwise() -= highest_;
    dlogits = logits.array().exp();  // all at once: rows of ten fill no vector
    const float share = 1 / static_cast<float>(net_.batch);
    float loss = 0;
    for (Eigen::Index i = 0; i < logits.rows(); ++i) {
      const auto label = static_cast<Eigen::Index>(classes[i]);
      const float sum = dlogits.row(i).sum();
      loss += std::log(sum) - logits(i, label);
      dlogits.row(i) *= share / sum;
      dlogits(i, label) -= share;
    }
    return loss * share;
  }

  void backward(const ConstMatrix& inputs) {
    for (std::size_t l = layers_.size(); l-- > 0;) {
      Layer& layer = layers_[l];
      layer.bias.g = layer.dh.colwise().sum();
      if (l == 0) {
        layer.kernel.g.noalias() = inputs.transpose() * layer.dh;
        return;
      }
      Layer& below = layers_[l - 1];
      layer.kernel.g.noalias() = below.h.transpose() * layer.dh;
      below.dh.noalias() = layer.dh * layer.kernel.w.transpose();
      if (net_.classifier)
        below.dh = (below.h.array() > 0.0f).select(below.dh, 0.0f);
      else
        below.dh.array() *= 1.0f - below.h.array().square();
    }
  }

  void update() {
    ++updates_;
    const double warm = std::sqrt(1 - std::pow(0.999, updates_)) / (1 - std::pow(0.9, updates_));
    for (Layer& layer : layers_)
      for (Weights* p : {&layer.kernel, &layer.bias}) {
        const float* g = p->g.data();
        float *w = p->w.data(), *m = p->m.data(), *v = p->v.data();
        switch (net_.update) {
          case Update::sgd:
            update_by_sgd(net_.rate, g, w, p->w.size());
            break;
          case Update::momentum:
            update_by_momentum(net_.rate, g, m, w, p->w.size());
            break;
          case Update::adam:
            update_by_adam(net_.rate * static_cast<float>(warm), g, m, v, w, p->w.size());
        }
      }
  }

  Network net_;
  std::vector<Layer> layers_;
  Vector highest_;
  int updates_ = 0;
};

}  // namespace

std::unique_ptr<Step> make_scalar_line(const Line& line) {
  return std::make_unique<ScalarLineStep>(line);
}
std::unique_ptr<Step> make_line(const Line& line) { return std::make_unique<LineStep>(line); }
std::unique_ptr<Step> make_network(const Network& net) {
  return std::make_unique<NetworkStep>(net);
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
