// error: error: .*(no non-static data member named|does not refer to any field|has no .*member)
// Dense counts its outputs in units.
#include <gradus/models/layers.h>
using namespace gradus;

Dense layer{.unit = 16};
