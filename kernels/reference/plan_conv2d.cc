// SPDX-License-Identifier: MIT
#include "kernels/reference/plan_conv2d.h"

namespace axlut {

template <typename Acc>
void PlanConv2dReference(const KernelPlan& plan, const Conv2dShape& s, uint8_t pad_code,
                         const uint8_t* input, const uint8_t* filter, Acc* acc) {
  for (int64_t position = 0; position < s.batch * s.out_h * s.out_w; ++position) {
    const uint8_t* image = input + position / (s.out_h * s.out_w) * s.in_h * s.in_w * s.in_c;
    const int64_t top = position / s.out_w % s.out_h * s.stride_h - s.pad_top;
    const int64_t left = position % s.out_w * s.stride_w - s.pad_left;
    for (int64_t o = 0; o < s.out_c; ++o) {
      uint64_t sum = 0;  // unsigned, because it may wrap
      for (int64_t k = 0; k < s.Depth(); ++k) {
        const int64_t tap = k / s.GroupInC();
        const int64_t y = top + tap / s.kernel_w * s.dilation_h;
        const int64_t x = left + tap % s.kernel_w * s.dilation_w;
        const int64_t c = o / s.GroupOutC() * s.GroupInC() + k % s.GroupInC();
        const bool inside = y >= 0 && y < s.in_h && x >= 0 && x < s.in_w;
        const uint8_t a = inside ? image[(y * s.in_w + x) * s.in_c + c] : pad_code;
        sum += static_cast<uint64_t>(PlanProduct(plan, a, filter[k * s.out_c + o]));
      }
      *acc++ = static_cast<Acc>(sum);
    }
  }
}

template void PlanConv2dReference(const KernelPlan&, const Conv2dShape&, uint8_t, const uint8_t*,
                                  const uint8_t*, int32_t*);
template void PlanConv2dReference(const KernelPlan&, const Conv2dShape&, uint8_t, const uint8_t*,
                                  const uint8_t*, int64_t*);

}  // namespace axlut
