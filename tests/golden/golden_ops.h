#pragma once
/// The programs of ops/ops.json: each op by its name there.

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include <gradus/core/ops.h>

#include "golden_support.h"

namespace golden {

using namespace gradus;

using Integers = std::vector<std::int64_t>;

/// One line of a program.
struct Call {
  std::vector<Tensor> in;
  std::vector<Integers> integers;  ///< the inputs that are row or class numbers
  Json attrs;

  double real(const char* key, double otherwise) const {
    const auto found = attrs.find(key);
    return found == attrs.end() || found->is_null() ? otherwise : number(*found);
  }
  int axis(int otherwise) const { return attrs.value("axis", otherwise); }
  Reduction over() const {
    Reduction over{.keepdims = attrs.value("keepdim", false)};
    const Json axis = attrs.value("axis", Json());
    if (axis.is_array()) over.axis = Axes(axis.get<std::vector<int>>());
    if (axis.is_number()) over.axis = Axes(axis.get<int>());
    return over;
  }
};

using Rule = std::function<Tensor(const Call&)>;
using Rules = std::map<std::string, Rule>;

inline Rule of(Tensor (*f)(const Tensor&)) {
  return [f](const Call& c) { return f(c.in.at(0)); };
}
inline Rule of(Tensor (*f)(const Tensor&, const Tensor&)) {
  return [f](const Call& c) { return f(c.in.at(0), c.in.at(1)); };
}
inline Rule of(Tensor (*f)(const Tensor&, const Reduction&)) {
  return [f](const Call& c) { return f(c.in.at(0), c.over()); };
}

inline void add_arithmetic(Rules& rules) {
  rules["add"] = of(add);
  rules["sub"] = of(sub);
  rules["mul"] = of(mul);
  rules["div"] = of(div);
  rules["neg"] = of(neg);
  rules["pow"] = of(pow);
  rules["maximum"] = of(maximum);
  rules["minimum"] = of(minimum);
  rules["add_scalar"] = [](const Call& c) { return c.in.at(0) + c.real("value", 0); };
  rules["mul_scalar"] = [](const Call& c) { return c.in.at(0) * c.real("value", 1); };
  rules["rsub_scalar"] = [](const Call& c) { return c.real("value", 1) - c.in.at(0); };
  rules["rdiv_scalar"] = [](const Call& c) { return c.real("value", 1) / c.in.at(0); };
  rules["pow_scalar"] = [](const Call& c) { return pow(c.in.at(0), c.real("value", 1)); };
  rules["where"] = [](const Call& c) { return where(c.in.at(0), c.in.at(1), c.in.at(2)); };
  rules["clip"] = [](const Call& c) {
    return clip(c.in.at(0), c.real("lo", -INFINITY), c.real("hi", INFINITY));
  };
}

inline void add_functions(Rules& rules) {
  rules["exp"] = of(exp);
  rules["log"] = of(log);
  rules["log1p"] = of(log1p);
  rules["expm1"] = of(expm1);
  rules["sqrt"] = of(sqrt);
  rules["square"] = of(square);
  rules["abs"] = of(abs);
  rules["sin"] = of(sin);
  rules["cos"] = of(cos);
  rules["tanh"] = of(tanh);
  rules["sigmoid"] = of(sigmoid);
  rules["relu"] = of(relu);
  rules["silu"] = of(silu);
  rules["softplus"] = of(softplus);
  rules["log_sigmoid"] = of(log_sigmoid);
  rules["leaky_relu"] = [](const Call& c) { return leaky_relu(c.in.at(0), c.real("slope", 0.2)); };
  rules["elu"] = [](const Call& c) { return elu(c.in.at(0), c.real("alpha", 1)); };
  rules["gelu"] = [](const Call& c) {
    return gelu(c.in.at(0), c.attrs.value("approximate", "none") == "tanh");
  };
  // The names in tails.json.
  rules["elu1"] = [](const Call& c) { return elu(c.in.at(0)); };
  rules["gelu_erf"] = [](const Call& c) { return gelu(c.in.at(0)); };
  rules["gelu_tanh"] = [](const Call& c) { return gelu(c.in.at(0), true); };
}

inline Tensor variance(const Call& c) {
  const Tensor center = mean(c.in.at(0), {.axis = c.over().axis, .keepdims = true});
  return mean(square(c.in.at(0) - center), c.over());
}

inline void add_reductions(Rules& rules) {
  rules["sum"] = of(sum);
  rules["mean"] = of(mean);
  rules["max"] = of(max);
  rules["min"] = of(min);
  rules["logsumexp"] = of(logsumexp);
  rules["softmax"] = [](const Call& c) { return softmax(c.in.at(0), c.axis(-1)); };
  rules["log_softmax"] = [](const Call& c) { return log_softmax(c.in.at(0), c.axis(-1)); };
  rules["var"] = variance;
}

inline Tensor stack(const Call& c) {
  Shape shape;
  const Shape& part = c.in.at(0).shape();
  const int axis = c.axis(0) < 0 ? c.axis(0) + part.rank() + 1 : c.axis(0);
  for (int i = 0; i <= part.rank(); ++i)
    shape.push_back(i == axis ? 1 : part[i < axis ? i : i - 1]);
  std::vector<Tensor> parts;
  for (const Tensor& x : c.in) parts.push_back(reshape(x, shape));
  return concat(parts, axis);
}

inline Tensor slice_all(const Call& c) {
  Tensor x = c.in.at(0);
  int axis = 0;
  for (const Json& range : c.attrs.at("ranges")) {
    const std::int64_t step = range.size() > 2 ? range[2].get<std::int64_t>() : 1;
    x = slice(x, axis++, range.at(0), range.at(1), step);
  }
  return x;
}

inline void add_shapes(Rules& rules) {
  rules["matmul"] = of(matmul);
  rules["concat"] = [](const Call& c) { return concat(c.in, c.axis(0)); };
  rules["stack"] = stack;
  rules["slice"] = slice_all;
  rules["detach"] = of(detach);
  rules["gather_rows"] = [](const Call& c) { return gather_rows(c.in.at(0), c.integers.at(1)); };
  rules["transpose"] = [](const Call& c) {
    if (!c.attrs.contains("perm")) return transpose(c.in.at(0));
    return transpose(c.in.at(0), c.attrs["perm"].get<std::vector<int>>());
  };
  rules["reshape"] = [](const Call& c) {
    return reshape(c.in.at(0), golden::shape(c.attrs.at("shape")));
  };
  rules["broadcast_to"] = [](const Call& c) {
    return broadcast_to(c.in.at(0), golden::shape(c.attrs.at("shape")));
  };
}

/// r^2/2 within delta, delta (|r| - delta/2) beyond; at delta the slope of the clip is 1.
inline Tensor huber(const Call& c) {
  const double delta = c.real("delta", 1);
  const Tensor r = c.in.at(0) - c.in.at(1);
  const Tensor inner = clip(r, -delta, delta);
  return mean(inner * (r - 0.5 * inner));
}

inline Tensor bce_logits(const Tensor& z, const Tensor& y) { return mean(softplus(z) - z * y); }

inline Tensor bce(const Call& c) {
  for (const Scalar p : c.in.at(0).values())
    if (!(p > 0 && p < 1)) throw Skipped("torch's slope at p = 0 or 1 stems from another clamp");
  const Tensor &p = c.in.at(0), &y = c.in.at(1);
  return -mean(y * clip(log(p), -100, INFINITY) + (1 - y) * clip(log1p(-p), -100, INFINITY));
}

inline Tensor sparse_ce(const Tensor& logits, const Tensor& labels, double smoothing) {
  const Tensor total = logsumexp(logits, {.axis = -1});
  return mean((1 - smoothing) * (total - pick(logits, labels)) +
              smoothing * (total - mean(logits, {.axis = -1})));
}

inline void add_losses(Rules& rules) {
  rules["mse_loss"] = [](const Call& c) { return mean(square(c.in.at(0) - c.in.at(1))); };
  rules["mae_loss"] = [](const Call& c) { return mean(abs(c.in.at(0) - c.in.at(1))); };
  rules["huber_loss"] = huber;
  rules["bce_loss"] = bce;
  rules["bce_logits_loss"] = of(bce_logits);
  rules["sparse_ce_logits_loss"] = [](const Call& c) {
    return sparse_ce(c.in.at(0), c.in.at(1), c.real("label_smoothing", 0));
  };
  rules["ce_logits_loss"] = [](const Call& c) {
    return -mean(sum(c.in.at(1) * log_softmax(c.in.at(0)), {.axis = -1}));
  };
}

inline const Rules& rules() {
  static const Rules made = [] {
    Rules all;
    add_arithmetic(all);
    add_functions(all);
    add_reductions(all);
    add_shapes(all);
    add_losses(all);
    return all;
  }();
  return made;
}

inline const Rule& rule(const std::string& name) {
  const auto found = rules().find(name);
  if (found == rules().end()) throw Skipped("no rule for the op " + name);
  return found->second;
}

inline void check_attributes(const Json& attrs) {
  static const std::vector<std::string> known = {
      "value", "axis", "keepdim", "perm",   "shape", "approximate",    "alpha",
      "slope", "lo",   "hi",      "ranges", "delta", "label_smoothing"};
  for (const auto& [key, unused] : attrs.items())
    if (std::find(known.begin(), known.end(), key) == known.end())
      throw Skipped("no rule for the attribute " + key);
}

/// The inputs of a case, and the results of its program.
struct Run {
  std::map<std::string, Tensor> tensors;
  std::map<std::string, Integers> integers;
  Tensor output;

  explicit Run(const Json& c) : Run(c, [](const std::string&, const Tensor& x) { return x; }) {}
  /// With other elements for the inputs.
  template <class F>
  Run(const Json& c, const F& change) {
    for (const Json& input : c.at("inputs")) {
      const std::string name = input.at("name");
      tensors[name] = change(name, golden::tensor(input));
      if (input.value("requires_grad", false)) tensors[name] = parameter(tensors[name]);
      if (input.value("kind", "float") == "int") integers[name] = input.at("data").get<Integers>();
    }
    for (const Json& line : c.at("program")) {
      Call call{{}, {}, line.value("attrs", Json::object())};
      check_attributes(call.attrs);
      for (const std::string name : line.at("in")) {
        call.in.push_back(tensors.at(name));
        call.integers.push_back(integers.contains(name) ? integers[name] : Integers{});
      }
      output = tensors[line.at("out")] = rule(line.at("op"))(call);
    }
  }
};

}  // namespace golden
