#pragma once
/// The command line as a whole.

/// Runs the command that the arguments name and returns the exit code. Every error is one line on
/// stderr.
int run_command_line(int argc, const char* const* argv);
