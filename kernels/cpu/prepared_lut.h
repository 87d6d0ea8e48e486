// SPDX-License-Identifier: MIT
// A table with what the CPU kernels need to know about it, made once per table.
#pragma once

#include <cstdint>

#include "kernels/lut_view.h"

namespace axlut {

struct PreparedLut {
  // The products must outlive this.
  explicit PreparedLut(const LutView& lut);

  LutView view;
  int32_t min = 0;  // of all products
  int32_t max = 0;
};

}  // namespace axlut
