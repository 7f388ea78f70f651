// error: Dense\{...\} or \[\]\(const Tensor& x\)
// A loss is not a layer.
#include <gradus/models/layer.h>
#include <gradus/models/losses.h>
using namespace gradus;

Layer layer = MeanSquaredError{};
