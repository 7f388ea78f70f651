#include <gradus/core/kernels.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {
namespace {

Choice choose() {
#ifdef GRADUS_X86_COPIES
  __builtin_cpu_init();
  const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                  __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
  const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                  __builtin_cpu_supports("avx512vl");
  if (v4) return {"x86-64-v4", x86_64_v4::table()};
  if (v3) return {"x86-64-v3", x86_64_v3::table()};
  return {"x86-64", x86_64::table()};
#else
  return {"plain", plain::table()};
#endif
}

}  // namespace

const Choice& chosen_kernels() {
  static const Choice choice = choose();
  return choice;
}

}}}  // namespace gradus::detail
