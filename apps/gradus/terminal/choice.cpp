#include "terminal/choice.h"

#include <fmt/format.h>
#include <gradus/core/nearest.h>

#include "terminal/command.h"
#include "terminal/text.h"

void refuse_name(const std::string& where, const std::string& name,
                 const std::vector<std::string>& names, const std::string& also) {
  throw UsageError(fmt::format("{}: must be one of {}{} (got '{}'); did you mean {}?", where,
                               fmt::join(names, ", "), also, clean(name),
                               gradus::detail::nearest(name, names)));
}
