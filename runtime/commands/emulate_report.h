// SPDX-License-Identifier: MIT
// What lutrun emulate found, for a human and for a program.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/model/layer.h"
#include "runtime/model/network.h"

namespace axlut {

struct EmulateReport {
  std::string model;     // path
  std::string encoding;  // "affine", "sign-magnitude"
  int64_t images = 0;
  std::optional<int64_t> correct;  // without labels: nothing
  double seconds = 0;              // of the network alone, wall clock
  int threads = 1;
  std::vector<LayerTable> tables;  // per operator
  std::vector<LayerStats> stats;   // per operator

  double ImagesPerSecond() const { return seconds > 0 ? static_cast<double>(images) / seconds : 0; }
  double Accuracy() const;  // 0..1
  // Of the accuracy over other samples of this size: sqrt(p (1 - p) / n), 0..1.
  double StandardError() const;
};

std::string ToText(const EmulateReport& report, const Network& network);
// {"schema": 1, "model": ..., "images": N, "accuracy": ..., "layers": [...]}; docs/emulation.md.
std::string ToJson(const EmulateReport& report, const Network& network);

// 12501632 -> "12,501,632".
std::string WithThousands(int64_t number);
// At most `width` characters: the end of a long name, which is where layers differ.
std::string Shortened(const std::string& name, size_t width);

}  // namespace axlut
