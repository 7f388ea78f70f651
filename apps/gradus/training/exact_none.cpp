#include "terminal/command.h"
#include "training/exact.h"

namespace {

[[noreturn]] void refuse() {
  throw UsageError(
      "this gradus was built without exact derivatives; build it with cmake "
      "-DGRADUS_BUILD_DUAL=ON");
}

}  // namespace

ExactSensitivity exact_sensitivity(const ExactTraining&, std::uint64_t, int) { refuse(); }
std::vector<double> exact_curvatures(const ExactTraining&) { return {}; }
ExactTuned exact_tune(const ExactTraining&, const ExactTuneOptions&,
                      const std::function<void(const ExactCheck&)>&) {
  refuse();
}
