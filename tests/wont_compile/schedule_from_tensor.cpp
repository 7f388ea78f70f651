// error: error: .*(conversion from .*Tensor|no viable conversion from .*Tensor)
// A rate that a graph could depend on is not a schedule.
#include <gradus/core/tensor.h>
#include <gradus/schedules/schedule.h>
using namespace gradus;

Schedule s = Tensor(0.1);
