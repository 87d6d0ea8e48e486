// SPDX-License-Identifier: MIT
// What a LutTable keeps. Internal to runtime/nn.
#pragma once

#include <utility>

#include "kernels/cpu/prepared_lut.h"
#include "runtime/nn/lut_conv2d.h"

namespace axlut {

struct LutTable::Impl {
  explicit Impl(TruthTable t)
      : table(std::move(t)),
        lut(LutView{table.products().data(), table.a().width, table.b().width}) {}

  const TruthTable table;
  const PreparedLut lut;  // points into table
};

}  // namespace axlut
