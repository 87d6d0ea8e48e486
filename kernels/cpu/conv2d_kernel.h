// SPDX-License-Identifier: MIT
// What every CPU convolution looks like to its caller. The work is cut into tiles, blocks of output
// positions x output channels that are independent of each other: the caller spreads them over its
// threads and owns the scratch memory, kernels start no threads and (but for the reference) do not
// allocate while they run.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/conv2d.h"
#include "kernels/cpu/prepared_lut.h"

namespace axlut {

// A position is one (n, y, x) of the output, counted (n * out_h + y) * out_w + x.
struct Conv2dTile {
  int64_t first_position = 0;
  int64_t positions = 0;
  int64_t first_channel = 0;  // of the output
  int64_t channels = 0;
};

// The activations of one call.
struct Conv2dInput {
  const uint8_t* codes = nullptr;  // NHWC, bit patterns of operand a
  int64_t batch = 0;               // replaces shape.batch
  uint8_t pad_code = 0;            // what taps outside the image read
};

// The weights of a layer; only read while a kernel is made.
struct Conv2dWeights {
  const uint8_t* filter = nullptr;  // HWIO, bit patterns of operand b
  const int64_t* bias = nullptr;    // per output channel, added to its sums; null: none
  // Per output channel: factor * (sum of v over the window) is added, v being the activation's code
  // ^ code_flip as a number. With code_flip = the sign bit v is a signed code's value plus that
  // bit. Padded taps count with their code. |factor| < 256. null: none.
  const int32_t* code_factor = nullptr;
  uint8_t code_flip = 0;
  // Sums, bias and code sums are added to what acc holds instead of replacing it.
  bool add_to_acc = false;
};

// What is added besides the products, copied; code_factor is empty if all are 0.
struct Conv2dCorrection {
  Conv2dCorrection(const Conv2dShape& shape, const Conv2dWeights& weights);

  std::vector<int64_t> bias;
  std::vector<int32_t> code_factor;
  uint8_t code_flip;
  bool add_to_acc;
};

// One layer for one kernel: a shape and packed weights. Immutable, so tiles may run concurrently
// with separate workspaces. Results equal Conv2dReference<int64_t> plus bias and code sums, modulo
// 2^32 in the int32_t form; for a residual the products are scale * entry.
class Conv2dKernel {
 public:
  virtual ~Conv2dKernel() = default;

  virtual int64_t TileCount(int64_t batch) const = 0;
  virtual Conv2dTile TileAt(int64_t batch, int64_t tile) const = 0;
  // Scratch memory of one RunTile, to be aligned to 64 bytes.
  virtual int64_t WorkspaceBytes() const = 0;
  // Writes the tile's part of acc, which is the whole output tensor.
  virtual void RunTile(const Conv2dInput& input, int64_t tile, void* workspace,
                       int32_t* acc) const = 0;
  virtual void RunTile(const Conv2dInput& input, int64_t tile, void* workspace,
                       int64_t* acc) const = 0;
};

}  // namespace axlut
