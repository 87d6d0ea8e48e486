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
      correction_(shape, weights) {
  image_.batch = 1;
  for (int32_t code = 0; code < 1 << lut_.width_a; ++code) {
    code_values_.push_back(code ^ correction_.code_flip);
    code_values_.push_back(code ^ correction_.code_flip);
  }
}

Conv2dTile Conv2dReferenceKernel::TileAt(int64_t, int64_t tile) const {
  const int64_t positions = image_.out_h * image_.out_w;
  return {tile * positions, positions, 0, image_.out_c};
}

template <typename Acc>
void Conv2dReferenceKernel::Run(const Conv2dInput& input, int64_t tile, Acc* acc) const {
  using Wrapping = std::make_unsigned_t<Acc>;
  const uint8_t* codes = input.codes + tile * image_.InputCount();
  Acc* out = acc + tile * image_.OutputCount();
  std::vector<Acc> before(static_cast<size_t>(image_.OutputCount()));
  if (correction_.add_to_acc) before.assign(out, out + image_.OutputCount());
  Conv2dReference(lut_, image_, input.pad_code, codes, filter_.data(), out);
  std::vector<Acc> code_sums(before.size());
  if (!correction_.code_factor.empty()) {
    const LutView values{code_values_.data(), lut_.width_a, 1};
    Conv2dReference(values, image_, input.pad_code, codes, filter_.data(), code_sums.data());
  }
  for (size_t i = 0; i < code_sums.size(); ++i) {
    const size_t o = i % correction_.bias.size();
    auto value = static_cast<Wrapping>(out[i]) + static_cast<Wrapping>(correction_.bias[o]);
    if (!correction_.code_factor.empty()) {
      value +=
          static_cast<Wrapping>(correction_.code_factor[o]) * static_cast<Wrapping>(code_sums[i]);
    }
    out[i] = static_cast<Acc>(value + static_cast<Wrapping>(before[i]));
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
