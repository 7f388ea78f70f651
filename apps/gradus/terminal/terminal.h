#pragma once
/// The terminal: what it can show, and Ctrl-C.

#include <string>

/// Whether stdout gets colours: `always`, `never`, or for `auto` as NO_COLOR, CLICOLOR_FORCE,
/// FORCE_COLOR, TERM and the kind of stdout say.
bool wants_color(const std::string& choice);
/// Writes to stderr, as far as it takes the text: the exit code does not depend on it.
void write_stderr(const std::string& text);
/// Whether stderr is a terminal where a line can be drawn again.
bool can_redraw();
/// A line with a bar, drawn over the last one.
std::string bar(const std::string& head, double share, const std::string& tail = "");
/// Erases the bar at the end of its scope, also after an error.
struct EraseBar {
  explicit EraseBar(bool was_drawn) : drawn(was_drawn) {}
  EraseBar(const EraseBar&) = delete;
  EraseBar& operator=(const EraseBar&) = delete;
  ~EraseBar();

  bool drawn;
};
/// The width of a picture on stdout: one column less than the terminal, from 24 to 200;
/// 72 without one.
int picture_columns();
/// The lines of the terminal on stdout that a command may fill, all but the prompt's; 0 without
/// one.
int picture_rows();
/// Whether the locale can show Braille.
bool speaks_utf8();

/// While a SignalWatch lives, the first SIGINT or SIGTERM is only recorded; the second one ends the
/// process at once. A signal that the process ignores stays ignored. At most one object at a time.
class SignalWatch {
 public:
  SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;
  ~SignalWatch();

  /// The recorded signal; 0 if there is none or no object.
  static int caught();
};
