// error: \[\]\(double step\) \{
// A schedule gives the same rate however often it is asked, so it cannot change itself.
#include <gradus/gradus.h>
using namespace gradus;

int main() {
  const Schedule rate = [calls = 0](double) mutable { return 0.1 / ++calls; };
}
