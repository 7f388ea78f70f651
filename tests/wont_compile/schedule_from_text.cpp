// error: error: .*(conversion from .*char|no viable conversion from .*char)
// A text is read by parse_schedule().
#include <gradus/schedules/schedule.h>
using namespace gradus;

Schedule s = "0.1";
