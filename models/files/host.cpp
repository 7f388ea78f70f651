#include <gradus/models/host.h>

#include <unistd.h>

#include <array>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

std::string host_name() {
  std::array<char, 256> name = {};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

long process_id() { return getpid(); }

}}}  // namespace gradus::detail
