#include <gradus/core/kernels.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

#ifdef GRADUS_X86_COPIES  // set by the build where it compiled the three copies
namespace x86_64 {
void fill_elementwise(Kernels&);
void fill_reductions(Kernels&);
void fill_product(Kernels&);
void fill_updates(Kernels&);
}  // namespace x86_64
namespace x86_64_v3 {
void fill_elementwise(Kernels&);
void fill_reductions(Kernels&);
void fill_product(Kernels&);
void fill_updates(Kernels&);
}  // namespace x86_64_v3
namespace x86_64_v4 {
void fill_elementwise(Kernels&);
void fill_reductions(Kernels&);
void fill_product(Kernels&);
void fill_updates(Kernels&);
}  // namespace x86_64_v4
#endif

namespace {

struct Choice {
  const char* name;
  Kernels table;
};

Choice choose() {
  Choice choice{};
  const auto take = [&](const char* name, auto... fill) {
    choice.name = name;
    (fill(choice.table), ...);
  };
#ifdef GRADUS_X86_COPIES
  __builtin_cpu_init();
  const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                  __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
  const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                  __builtin_cpu_supports("avx512vl");
  if (v4)
    take("x86-64-v4", x86_64_v4::fill_elementwise, x86_64_v4::fill_reductions,
         x86_64_v4::fill_product, x86_64_v4::fill_updates);
  else if (v3)
    take("x86-64-v3", x86_64_v3::fill_elementwise, x86_64_v3::fill_reductions,
         x86_64_v3::fill_product, x86_64_v3::fill_updates);
  else
    take("x86-64", x86_64::fill_elementwise, x86_64::fill_reductions, x86_64::fill_product,
         x86_64::fill_updates);
#else
  take("plain", plain::fill_elementwise, plain::fill_reductions, plain::fill_product,
       plain::fill_updates);
#endif
  return choice;
}

const Choice& chosen() {
  static const Choice choice = choose();
  return choice;
}

}  // namespace

const Kernels& choose_kernels() { return chosen().table; }
const char* kernels_name() { return chosen().name; }

}}}  // namespace gradus::detail
