// SPDX-License-Identifier: MIT
#include "kernels/cpu/conv2d_reference.h"

#include <type_traits>

#include "kernels/reference/conv2d.h"

namespace axlut {

std::unique_ptr<Conv2dKernel> Conv2dReferenceKernel::Make(const PreparedLut& lut,
                                                          const Conv2dShape& shape,
                                                          const Conv2dWeights& weights) {
  return std::unique_ptr<Conv2dKernel>(new Conv2dReferenceKernel(lut, shape, weights));
}

Conv2dReferenceKernel::Conv2dReferenceKernel(const PreparedLut& lut, const Conv2dShape& shape,
                                             const Conv2dWeights& weights)
    : lut_(lut.view()),
      image_(shape),
      filter_(weights.filter, weights.filter + shape.FilterCount()),
      bias_(static_cast<size_t>(shape.out_c)) {
  if (weights.bias != nullptr) bias_.assign(weights.bias, weights.bias + shape.out_c);
  image_.batch = 1;
}

Conv2dTile Conv2dReferenceKernel::TileAt(int64_t, int64_t tile) const {
  const int64_t positions = image_.out_h * image_.out_w;
  return {tile * positions, positions, 0, image_.out_c};
}

template <typename Acc>
void Conv2dReferenceKernel::Run(const Conv2dInput& input, int64_t tile, Acc* acc) const {
  using Wrapping = std::make_unsigned_t<Acc>;
  Acc* out = acc + tile * image_.OutputCount();
  Conv2dReference(lut_, image_, input.pad_code, input.codes + tile * image_.InputCount(),
                  filter_.data(), out);
  for (int64_t i = 0; i < image_.OutputCount(); ++i) {
    const int64_t bias = bias_[static_cast<size_t>(i % image_.out_c)];
    out[i] = static_cast<Acc>(static_cast<Wrapping>(out[i]) + static_cast<Wrapping>(bias));
  }
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
