// SPDX-License-Identifier: MIT
// Progress of long work, for a human on standard error.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string>

namespace axlut {

// On a terminal one line that is redrawn (bar, per cent, time left); else one line per 10 %.
// Nothing is shown for work that takes under half a second. Thread-safe. Copies share one bar.
class Progress {
 public:
  // Shows nothing.
  Progress();
  Progress(std::ostream& err, std::string what, bool is_terminal);

  // `done` of `total` units are done.
  void Update(int64_t done, int64_t total) const;
  // Clears the bar (terminal). Called by the last copy's destructor, too.
  void Finish() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace axlut
