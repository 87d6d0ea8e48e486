// SPDX-License-Identifier: MIT
#include "runtime/base/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <ostream>

namespace axlut {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kQuietSeconds = 0.5;   // shorter work shows nothing
constexpr double kRedrawSeconds = 0.1;  // a terminal line is redrawn at most this often
constexpr int kBarWidth = 30;           // characters

}  // namespace

struct Progress::State {
  State(std::ostream& err, std::string what, bool is_terminal)
      : err(err), what(std::move(what)), is_terminal(is_terminal) {}
  ~State() { Clear(); }

  void Update(int64_t done, int64_t total) {
    std::lock_guard lock(mutex);
    const Clock::time_point now = Clock::now();
    const double elapsed_s = std::chrono::duration<double>(now - start).count();
    if (total <= 0 || elapsed_s < kQuietSeconds) return;
    const double fraction =
        std::clamp(static_cast<double>(done) / static_cast<double>(total), 0.0, 1.0);
    if (is_terminal) {
      if (std::chrono::duration<double>(now - last_draw).count() < kRedrawSeconds && done < total)
        return;
      last_draw = now;
      Draw(fraction, elapsed_s);
    } else {
      const int tenth = static_cast<int>(fraction * 10);
      if (tenth <= last_tenth) return;
      last_tenth = tenth;
      err << fmt::format("{}: {} %\n", what, tenth * 10) << std::flush;
    }
  }

  void Draw(double fraction, double elapsed_s) {
    const int filled = static_cast<int>(fraction * kBarWidth);
    const double left_s = fraction > 0 ? elapsed_s * (1 - fraction) / fraction : 0;
    const std::string line =
        fmt::format("{} [{}{}] {:3.0f} %  {:.0f} s left", what, std::string(filled, '#'),
                    std::string(kBarWidth - filled, '.'), fraction * 100, left_s);
    // Blanks wipe what a longer line before this one left.
    const size_t wipe = drawn_length > line.size() ? drawn_length - line.size() : 0;
    err << '\r' << line << std::string(wipe, ' ') << std::flush;
    drawn_length = line.size();
  }

  void Clear() {
    if (drawn_length > 0) err << '\r' << std::string(drawn_length, ' ') << '\r' << std::flush;
    drawn_length = 0;
  }

  std::ostream& err;
  const std::string what;
  const bool is_terminal;
  std::mutex mutex;
  const Clock::time_point start = Clock::now();
  Clock::time_point last_draw{};
  size_t drawn_length = 0;
  int last_tenth = 0;
};

Progress::Progress() = default;
Progress::Progress(std::ostream& err, std::string what, bool is_terminal)
    : state_(std::make_shared<State>(err, std::move(what), is_terminal)) {}

void Progress::Update(int64_t done, int64_t total) const {
  if (state_) state_->Update(done, total);
}

void Progress::Finish() const {
  if (!state_) return;
  std::lock_guard lock(state_->mutex);
  state_->Clear();
}

}  // namespace axlut
