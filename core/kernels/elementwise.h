#pragma once
/// Element-wise functions. A struct holds a function and its slope; the lists at the end name each
/// struct once. Kernels make loops from the lists; an op finds its loops by the struct.
///
/// A function of one element: y = value(x), dx = dy slope(x, y), perhaps with parameters p, q at
/// the end. Of two: y = value(a, b), with slope_a(a, b, y) and slope_b(a, b, y), 1 if left out.

#include <gradus/core/functions.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// A list of structs; the place of a struct in the list is its place in a table.
template <class... F>
struct Functions {};

template <class F, class... List>
consteval std::size_t place_of(Functions<List...>) {
  static_assert((std::is_same_v<F, List> || ...), "add the function to its list in elementwise.h");
  std::size_t place = 0;
  static_cast<void>(((std::is_same_v<F, List> || (++place, false)) || ...));
  return place;
}

namespace GRADUS_ISA {

using S = Scalar;

struct Neg {
  static S value(S x) { return -x; }
  static S slope(S, S) { return -1; }
};
struct Exp {
  static S value(S x) { return exp(x); }
  static S slope(S, S y) { return y; }
};
struct Log {
  static S value(S x) { return log(x); }
  static S slope(S x, S) { return 1 / x; }
};
struct Log1p {
  static S value(S x) { return log1p(x); }
  static S slope(S x, S) { return 1 / (1 + x); }
};
struct Expm1 {
  static S value(S x) { return expm1(x); }
  static S slope(S x, S) { return exp(x); }
};
struct Sqrt {
  static S value(S x) { return sqrt(x); }
  static S slope(S, S y) { return S(0.5) / y; }
};
struct Square {
  static S value(S x) { return x * x; }
  static S slope(S x, S) { return 2 * x; }
};
struct Abs {
  static S value(S x) { return absolute(x); }
  static S slope(S x, S) { return x > 0 ? S(1) : (x < 0 ? S(-1) : S(0)); }
};
struct Sin {
  static S value(S x) { return sin(x); }
  static S slope(S x, S) { return cos(x); }
};
struct Cos {
  static S value(S x) { return cos(x); }
  static S slope(S x, S) { return -sin(x); }
};
/// x^e for a number e.
struct Power {
  static S value(S x, S e) { return pow(x, e); }
  static S slope(S x, S, S e) { return power_slope(x, e); }
};
struct Clip {
  static S value(S x, S low, S high) { return x < low ? low : (x > high ? high : x); }
  static S slope(S x, S, S low, S high) { return x < low || x > high ? S(0) : S(1); }
};

struct Tanh {
  static S value(S x) { return tanh(x); }
  static S slope(S x, S) { return tanh_slope(x); }
};
struct Sigmoid {
  static S value(S x) { return sigmoid(x); }
  static S slope(S x, S) { return sigmoid_slope(x); }
};
struct Relu {
  static S value(S x) { return x < 0 ? S(0) : x; }  // in this order nan stays nan
  static S slope(S x, S) { return x > 0 ? S(1) : S(0); }
};
struct LeakyRelu {
  static S value(S x, S below) { return x > 0 ? x : below * x; }
  static S slope(S x, S, S below) { return x > 0 ? S(1) : below; }
};
struct Elu {
  static S value(S x, S alpha) { return x > 0 ? x : alpha * expm1(x); }
  static S slope(S x, S, S alpha) { return x > 0 ? S(1) : alpha * exp(x); }
};
/// x Phi(x); the slope is Phi(x) + x phi(x).
struct Gelu {
  static S value(S x) { return x * normal_cdf(x); }
  static S slope(S x, S) { return normal_cdf(x) + x * normal_density(x); }
};
/// x sigmoid(2u), u = sqrt(2 / pi) (x + 0.044715 x^3): the approximation with tanh, rewritten.
struct GeluTanh {
  static S twice_u(S x) { return S(1.5957691216057307117) * (x + S(0.044715) * x * x * x); }
  static S value(S x) { return x * sigmoid(twice_u(x)); }
  static S slope(S x, S) {
    x = Clip::value(x, -100, 100);  // the slope is 1 or 0 beyond; x x would overflow
    const S u = twice_u(x), du = S(1.5957691216057307117) * (1 + S(0.134145) * x * x);
    return sigmoid(u) + x * sigmoid_slope(u) * du;
  }
};
struct Silu {
  static S value(S x) { return x * sigmoid(x); }
  static S slope(S x, S) { return sigmoid(x) + x * sigmoid_slope(x); }
};
struct Softplus {
  static S value(S x) { return softplus(x); }
  static S slope(S x, S) { return sigmoid(x); }
};
struct LogSigmoid {
  static S value(S x) { return -softplus(-x); }
  static S slope(S x, S) { return sigmoid(-x); }
};

struct Add {
  static S value(S a, S b) { return a + b; }
};
struct Sub {
  static S value(S a, S b) { return a - b; }
  static S slope_b(S, S, S) { return -1; }
};
struct Mul {
  static S value(S a, S b) { return a * b; }
  static S slope_a(S, S b, S) { return b; }
  static S slope_b(S a, S, S) { return a; }
};
struct Div {
  static S value(S a, S b) { return a / b; }
  static S slope_a(S, S b, S) { return 1 / b; }
  static S slope_b(S, S b, S y) { return -y / b; }
};
struct Pow {
  static S value(S a, S b) { return pow(a, b); }
  static S slope_a(S a, S b, S) { return power_slope(a, b); }
  static S slope_b(S a, S b, S y) { return a == 0 && b >= 0 ? S(0) : y * log(a); }
};
struct SquaredDifference {
  static S value(S a, S b) { return (a - b) * (a - b); }
  static S slope_a(S a, S b, S) { return 2 * (a - b); }
  static S slope_b(S a, S b, S) { return 2 * (b - a); }
};
/// At a tie each side gets half, so that maximum(x, x) has slope 1.
struct Maximum {
  static S value(S a, S b) { return a > b || a != a ? a : b; }
  static S slope_a(S a, S b, S) { return a > b ? S(1) : (a == b ? S(0.5) : S(0)); }
  static S slope_b(S a, S b, S) { return b > a ? S(1) : (a == b ? S(0.5) : S(0)); }
};
struct Minimum {
  static S value(S a, S b) { return a < b || a != a ? a : b; }
  static S slope_a(S a, S b, S) { return a < b ? S(1) : (a == b ? S(0.5) : S(0)); }
  static S slope_b(S a, S b, S) { return b < a ? S(1) : (a == b ? S(0.5) : S(0)); }
};

using UnaryFunctions =
    Functions<Neg, Exp, Log, Log1p, Expm1, Sqrt, Square, Abs, Sin, Cos, Power, Clip, Tanh, Sigmoid,
              Relu, LeakyRelu, Elu, Gelu, GeluTanh, Silu, Softplus, LogSigmoid>;
using BinaryFunctions = Functions<Add, Sub, Mul, Div, Pow, SquaredDifference, Maximum, Minimum>;

/// The loops of a function, in the copy in force.
template <class F>
const Unary& unary() {
  return kernels().unary[place_of<F>(UnaryFunctions())];
}
template <class F>
const Binary& binary() {
  return kernels().binary[place_of<F>(BinaryFunctions())];
}

}  // namespace GRADUS_ISA

namespace functions = GRADUS_ISA;

}}}  // namespace gradus::detail
