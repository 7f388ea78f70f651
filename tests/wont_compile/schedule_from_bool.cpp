// error: error: .*(conversion from .*bool|no viable conversion from .*bool)
// Neither is a flag a rate.
#include <gradus/schedules/schedule.h>
using namespace gradus;

Schedule s = true;
