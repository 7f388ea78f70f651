#pragma once
/// What the file system says about a path.

#include <string>

/// Where a file is, or would be: links are followed, even a link that leads to no file. "" if
/// unknown.
std::string real_path(const std::string& path);
/// Whether something has this path.
bool is_there(const std::string& path);
/// Whether the name is a path: something is there, or it has `.`, `/` or `-`.
bool is_path(const std::string& name);
/// Whether both paths lead to one file, however they are written. The path "" leads to no file.
bool same_file(const std::string& a, const std::string& b);
/// UsageError, naming the option, unless a file can be made there or put in place of the old one.
/// Commands call it before they train, so that hours of work can be saved.
void check_writable(const std::string& option, const std::string& path);
