// SPDX-License-Identifier: MIT
#include "kernels/reference/conv2d.h"

#include <type_traits>

namespace axlut {
namespace {

// One output: the sum over its window.
template <typename Acc>
Acc OneOutput(const LutView& lut, const Conv2dShape& s, uint8_t pad_code, const uint8_t* image,
              const uint8_t* filter, int64_t y, int64_t x, int64_t o) {
  const int64_t first_c = o / s.GroupOutC() * s.GroupInC();
  std::make_unsigned_t<Acc> sum = 0;  // unsigned, because it may wrap
  for (int64_t i = 0; i < s.kernel_h; ++i) {
    for (int64_t j = 0; j < s.kernel_w; ++j) {
      const int64_t in_y = y * s.stride_h + i * s.dilation_h - s.pad_top;
      const int64_t in_x = x * s.stride_w + j * s.dilation_w - s.pad_left;
      const bool inside = in_y >= 0 && in_y < s.in_h && in_x >= 0 && in_x < s.in_w;
      for (int64_t c = 0; c < s.GroupInC(); ++c) {
        const uint8_t a = inside ? image[(in_y * s.in_w + in_x) * s.in_c + first_c + c] : pad_code;
        const uint8_t b = filter[((i * s.kernel_w + j) * s.GroupInC() + c) * s.out_c + o];
        sum += static_cast<std::make_unsigned_t<Acc>>(static_cast<Acc>(lut.At(a, b)));
      }
    }
  }
  return static_cast<Acc>(sum);
}

}  // namespace

template <typename Acc>
void Conv2dReference(const LutView& lut, const Conv2dShape& s, uint8_t pad_code,
                     const uint8_t* input, const uint8_t* filter, Acc* acc) {
  for (int64_t n = 0; n < s.batch; ++n) {
    const uint8_t* image = input + n * s.in_h * s.in_w * s.in_c;
    for (int64_t y = 0; y < s.out_h; ++y) {
      for (int64_t x = 0; x < s.out_w; ++x) {
        for (int64_t o = 0; o < s.out_c; ++o) {
          *acc++ = OneOutput<Acc>(lut, s, pad_code, image, filter, y, x, o);
        }
      }
    }
  }
}

template void Conv2dReference(const LutView&, const Conv2dShape&, uint8_t, const uint8_t*,
                              const uint8_t*, int32_t*);
template void Conv2dReference(const LutView&, const Conv2dShape&, uint8_t, const uint8_t*,
                              const uint8_t*, int64_t*);

}  // namespace axlut
