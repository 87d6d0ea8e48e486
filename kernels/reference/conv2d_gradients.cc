// SPDX-License-Identifier: MIT
#include "kernels/reference/conv2d_gradients.h"

#include <type_traits>

namespace axlut {
namespace {

template <typename Acc>
using Wrapping = std::make_unsigned_t<Acc>;

template <typename Acc>
Wrapping<Acc> Product(const LutView& lut, uint8_t a, uint8_t b) {
  return static_cast<Wrapping<Acc>>(static_cast<Acc>(lut.At(a, b)));
}

// The output coordinate whose window has its tap `tap` at the input coordinate `in`; -1: none.
int64_t OutputOf(int64_t in, int64_t tap, int64_t stride, int64_t dilation, int64_t pad,
                 int64_t out_size) {
  const int64_t scaled = in + pad - tap * dilation;
  if (scaled < 0 || scaled % stride != 0 || scaled / stride >= out_size) return -1;
  return scaled / stride;
}

template <typename Acc>
Acc OneInputGradient(const LutView& lut, const Conv2dShape& s, const uint8_t* gradient_image,
                     const uint8_t* filter, int64_t h, int64_t w, int64_t c) {
  const int64_t first_o = c / s.GroupInC() * s.GroupOutC();
  Wrapping<Acc> sum = 0;
  for (int64_t i = 0; i < s.kernel_h; ++i) {
    for (int64_t j = 0; j < s.kernel_w; ++j) {
      const int64_t y = OutputOf(h, i, s.stride_h, s.dilation_h, s.pad_top, s.out_h);
      const int64_t x = OutputOf(w, j, s.stride_w, s.dilation_w, s.pad_left, s.out_w);
      if (y < 0 || x < 0) continue;
      for (int64_t o = first_o; o < first_o + s.GroupOutC(); ++o) {
        const int64_t row = (i * s.kernel_w + j) * s.GroupInC() + c % s.GroupInC();
        sum += Product<Acc>(lut, gradient_image[(y * s.out_w + x) * s.out_c + o],
                            filter[row * s.out_c + o]);
      }
    }
  }
  return static_cast<Acc>(sum);
}

// `c` counts within o's group.
template <typename Acc>
Acc OneFilterGradient(const LutView& lut, const Conv2dShape& s, uint8_t pad_code,
                      const uint8_t* input, const uint8_t* output_gradient, int64_t i, int64_t j,
                      int64_t c, int64_t o) {
  const int64_t in_channel = o / s.GroupOutC() * s.GroupInC() + c;
  Wrapping<Acc> sum = 0;
  for (int64_t n = 0; n < s.batch; ++n) {
    for (int64_t y = 0; y < s.out_h; ++y) {
      for (int64_t x = 0; x < s.out_w; ++x) {
        const int64_t in_y = y * s.stride_h + i * s.dilation_h - s.pad_top;
        const int64_t in_x = x * s.stride_w + j * s.dilation_w - s.pad_left;
        const bool inside = in_y >= 0 && in_y < s.in_h && in_x >= 0 && in_x < s.in_w;
        const uint8_t a =
            inside ? input[((n * s.in_h + in_y) * s.in_w + in_x) * s.in_c + in_channel] : pad_code;
        const uint8_t b = output_gradient[((n * s.out_h + y) * s.out_w + x) * s.out_c + o];
        sum += Product<Acc>(lut, a, b);
      }
    }
  }
  return static_cast<Acc>(sum);
}

}  // namespace

template <typename Acc>
void Conv2dInputGradientReference(const LutView& lut, const Conv2dShape& s,
                                  const uint8_t* output_gradient, const uint8_t* filter, Acc* acc) {
  for (int64_t n = 0; n < s.batch; ++n) {
    const uint8_t* gradient_image = output_gradient + n * s.out_h * s.out_w * s.out_c;
    for (int64_t h = 0; h < s.in_h; ++h) {
      for (int64_t w = 0; w < s.in_w; ++w) {
        for (int64_t c = 0; c < s.in_c; ++c) {
          *acc++ = OneInputGradient<Acc>(lut, s, gradient_image, filter, h, w, c);
        }
      }
    }
  }
}

template <typename Acc>
void Conv2dFilterGradientReference(const LutView& lut, const Conv2dShape& s, uint8_t pad_code,
                                   const uint8_t* input, const uint8_t* output_gradient, Acc* acc) {
  for (int64_t i = 0; i < s.kernel_h; ++i) {
    for (int64_t j = 0; j < s.kernel_w; ++j) {
      for (int64_t c = 0; c < s.GroupInC(); ++c) {
        for (int64_t o = 0; o < s.out_c; ++o) {
          *acc++ = OneFilterGradient<Acc>(lut, s, pad_code, input, output_gradient, i, j, c, o);
        }
      }
    }
  }
}

template void Conv2dInputGradientReference(const LutView&, const Conv2dShape&, const uint8_t*,
                                           const uint8_t*, int32_t*);
template void Conv2dInputGradientReference(const LutView&, const Conv2dShape&, const uint8_t*,
                                           const uint8_t*, int64_t*);
template void Conv2dFilterGradientReference(const LutView&, const Conv2dShape&, uint8_t,
                                            const uint8_t*, const uint8_t*, int32_t*);
template void Conv2dFilterGradientReference(const LutView&, const Conv2dShape&, uint8_t,
                                            const uint8_t*, const uint8_t*, int64_t*);

}  // namespace axlut
