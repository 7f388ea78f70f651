// error: error: .*(conversion from .*nullptr_t|no viable conversion from .*nullptr)
// No function is not a function.
#include <gradus/schedules/schedule.h>
using namespace gradus;

Schedule s = nullptr;
