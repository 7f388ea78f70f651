// error: relu or \[\]\(const Tensor& x\)
// An activation is a function of a tensor.
#include <gradus/gradus.h>
using namespace gradus;

Dense layer{.units = 4, .activation = [](double x) { return x > 0 ? x : 0; }};
