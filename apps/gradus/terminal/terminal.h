#pragma once
/// What the terminal can show.

#include <string>

/// Whether stdout gets colours: `always`, `never`, or for `auto` as NO_COLOR, CLICOLOR_FORCE,
/// FORCE_COLOR, TERM and the kind of stdout say.
bool wants_color(const std::string& choice);
/// Whether stderr is a terminal where a line can be drawn again.
bool can_redraw();
/// The width of a picture on stdout: one column less than the terminal, at most 100.
int picture_columns();
/// Whether the locale can show Braille.
bool speaks_utf8();
