// SPDX-License-Identifier: MIT
#include "kernels/cpu/conv2d_reference.h"

#include "kernels/reference/conv2d.h"

namespace axlut {

std::unique_ptr<Conv2dKernel> Conv2dReferenceKernel::Make(const PreparedLut& lut,
                                                          const Conv2dShape& shape,
                                                          const uint8_t* filter) {
  return std::unique_ptr<Conv2dKernel>(new Conv2dReferenceKernel(lut, shape, filter));
}

Conv2dReferenceKernel::Conv2dReferenceKernel(const PreparedLut& lut, const Conv2dShape& shape,
                                             const uint8_t* filter)
    : lut_(lut.view()), image_(shape), filter_(filter, filter + shape.FilterCount()) {
  image_.batch = 1;
}

Conv2dTile Conv2dReferenceKernel::TileAt(int64_t, int64_t tile) const {
  const int64_t positions = image_.out_h * image_.out_w;
  return {tile * positions, positions, 0, image_.out_c};
}

template <typename Acc>
void Conv2dReferenceKernel::Run(const Conv2dInput& input, int64_t tile, Acc* acc) const {
  Conv2dReference(lut_, image_, input.pad_code, input.codes + tile * image_.InputCount(),
                  filter_.data(), acc + tile * image_.OutputCount());
}

void Conv2dReferenceKernel::RunTile(const Conv2dInput& input, int64_t tile, void*,
                                    int32_t* acc) const {
  Run(input, tile, acc);
}

void Conv2dReferenceKernel::RunTile(const Conv2dInput& input, int64_t tile, void*,
                                    int64_t* acc) const {
  Run(input, tile, acc);
}

}  // namespace axlut
