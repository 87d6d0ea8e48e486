// SPDX-License-Identifier: MIT
// What a user's program does: makes a table and runs a convolution through it.
#include <cstdio>

#include "runtime/nn/lut_conv2d.h"
#include "runtime/table/truth_table.h"

int main() {
  const axlut::OperandSpec four_bits{4, axlut::Signedness::kUnsigned};
  auto table = axlut::ExactTable(four_bits, four_bits);
  if (!table.ok()) return 1;
  std::printf("3 x 5 = %d in %zu entries\n", table->ProductAt(3, 5), table->products().size());

  auto lut = axlut::LutTable::Create(std::move(table).value());
  if (!lut.ok()) return 1;
  const auto layer = axlut::LutConv2d::Create(*lut, axlut::Conv2dShape{}, {5}, 0, {0});
  if (!layer.ok()) return 1;
  const uint8_t input = 3;
  int32_t output = 0;
  layer->Run(&input, 1, &output, axlut::SerialFor());
  std::printf("through the layer: %d\n", output);
}
