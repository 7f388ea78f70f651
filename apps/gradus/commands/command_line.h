#pragma once
/// The command line as a whole.

/// Reads the arguments, runs the command they name, and returns the exit code. Whatever happens,
/// an error is one line on stderr.
int run_command_line(int argc, const char* const* argv);
