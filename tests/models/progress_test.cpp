#include <gradus/models/progress.h>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <regex>
#include <thread>

#include <gradus/gradus.h>

using namespace gradus;

namespace {

/// Standard error is a terminal of this kind as long as this lives.
class Terminal {
 public:
  explicit Terminal(const char* kind) : master_(posix_openpt(O_RDWR | O_NOCTTY)) {
    REQUIRE(master_ >= 0);
    REQUIRE(grantpt(master_) == 0);
    REQUIRE(unlockpt(master_) == 0);
    const int slave = open(ptsname(master_), O_RDWR | O_NOCTTY);
    REQUIRE(slave >= 0);
    termios mode{};
    tcgetattr(slave, &mode);
    cfmakeraw(&mode);
    tcsetattr(slave, TCSANOW, &mode);
    fflush(stderr);
    dup2(slave, STDERR_FILENO);
    close(slave);
    setenv("TERM", kind, 1);
    unsetenv("NO_COLOR");
  }
  ~Terminal() {
    restore();
    close(master_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  /// All that was written; ends it. Times are replaced by T.
  std::string written() {
    const std::string end = "<end>";
    fputs(end.c_str(), stderr);
    std::string out, piece(4096, '\0');
    while (!out.ends_with(end)) {
      const ssize_t n = read(master_, piece.data(), piece.size());
      REQUIRE(n > 0);
      out += piece.substr(0, static_cast<std::size_t>(n));
    }
    restore();
    out.resize(out.size() - end.size());
    return std::regex_replace(out, std::regex("[0-9]+s [0-9]+(ms|us|s)/step"), "T");
  }

 private:
  void restore() {
    if (saved_ < 0) return;
    dup2(saved_, STDERR_FILENO);
    close(saved_);
    saved_ = -1;
    if (had_term_)
      setenv("TERM", term_.c_str(), 1);
    else
      unsetenv("TERM");
  }

  int saved_ = dup(STDERR_FILENO);
  bool had_term_ = std::getenv("TERM") != nullptr;
  std::string term_ = had_term_ ? std::getenv("TERM") : "";
  int master_;
};

const std::string green = "\x1b[32m", plain = "\x1b[0m", clear = "\r\x1b[K";
const std::string half = "━━━━━━━━━━", whole = half + half;

Logs loss(double v) {
  Logs logs;
  logs.set("loss", v);
  return logs;
}

/// Whether the system has pseudo-terminals; a bare chroot has none.
bool has_terminals() {
  const int master = posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0) {
    MESSAGE("no pseudo-terminal is to be had: not tested");
    return false;
  }
  close(master);
  return true;
}

}  // namespace

TEST_CASE("on a terminal the bar redraws one line, and a reported text gets its own line") {
  if (!has_terminals()) return;
  Terminal terminal("xterm");
  {
    detail::Progress progress(1, {}, 2, 4, false);
    progress.begin_epoch(0);
    progress.say("before\n");
    progress.batch(2, loss(0.5));
    progress.say("between\n");
    progress.end_epoch(4, loss(0.25));
  }
  CHECK(terminal.written() == "Epoch 1/2\nbefore\n" +                                            //
                                  ("\x1b[?7l" + clear + "2/4 " + green + half + plain + half) +  //
                                  " T - loss: 0.5000 \x1b[?7h" +                                 //
                                  clear + "between\n" +                                          //
                                  clear + "4/4 " + green + whole + plain + " T - loss: 0.2500\n");
}

TEST_CASE("a bar that an exception interrupts keeps its line") {
  if (!has_terminals()) return;
  Terminal terminal("xterm");
  {
    detail::Progress progress(1, {}, 1, 4, false);
    progress.begin_epoch(0);
    progress.batch(2, loss(0.5));
  }
  const std::string written = terminal.written();
  CHECK(written.ends_with("\x1b[?7h\n"));
}

TEST_CASE("without a terminal there is one line per epoch") {
  if (!has_terminals()) return;
  for (const bool dumb : {true, false}) {
    std::unique_ptr<Terminal> terminal = std::make_unique<Terminal>(dumb ? "dumb" : "xterm");
    std::string text;
    ProgressSink sink;
    if (!dumb) sink = [&](std::string_view piece) { text += piece; };
    {
      detail::Progress progress(1, sink, 2, 4, false);
      progress.begin_epoch(1);
      std::this_thread::sleep_for(std::chrono::milliseconds(60));
      CHECK(!progress.due());
      progress.end_epoch(4, loss(0.25));
    }
    const std::string seen = terminal->written();
    if (dumb) text = seen;
    CHECK(std::regex_match(
        text, std::regex("Epoch 2/2\n4/4 - [0-9]+s - [0-9]+ms/step - loss: 0.2500\n")));
    if (!dumb) CHECK(seen == "");
  }
}
