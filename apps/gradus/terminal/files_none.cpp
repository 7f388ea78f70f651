/// files.h for a target without files: no name is a path.
#include "terminal/files.h"

bool is_path(const std::string&) { return false; }
