/// terminal.h for a target without a terminal and signals: nothing is drawn.
#include "terminal/terminal.h"

void write_stderr(const std::string&) {}
bool can_redraw() { return false; }
std::string bar(const std::string&, double, const std::string&) { return ""; }
EraseBar::~EraseBar() = default;
int SignalWatch::caught() { return 0; }
