#pragma once
/// The machine and the process that this program runs in.

#include <string>

#include <gradus/core/scalar.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// The machine's name, or `localhost` where the system gives none.
std::string host_name();
/// The number of this process; 1 where there are no processes.
long process_id();

}}}  // namespace gradus::detail
