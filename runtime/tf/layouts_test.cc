// SPDX-License-Identifier: MIT
// From NCHW tensors to NHWC patterns, and from blocks of NHWC sums to either layout.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "runtime/tf/conv2d_output.h"
#include "runtime/tf/nchw_patterns.h"

namespace axlut {
namespace {

using ::testing::Each;

struct Sizes {
  int64_t images, channels, height, width;
};

// Images smaller and larger than a run, and no multiple of one.
const Sizes kSizes[] = {{1, 1, 1, 1},   {2, 3, 7, 9}, {3, 5, 8, 8}, {2, 70, 5, 13},
                        {1, 2, 1, 200}, {0, 3, 4, 4}, {2, 3, 0, 4}};

TEST(ProduceNhwc, WritesEveryElementOfNchwOnceToItsPlace) {
  ThreadPool pool(3);
  for (const Sizes& s : kSizes) {
    const int64_t pixels = s.height * s.width;
    std::vector<uint8_t> nhwc(static_cast<size_t>(s.images * s.channels * pixels), 0xEE);
    std::vector<int> produced(nhwc.size());
    ProduceNhwc(
        s.images, s.channels, pixels, 1, pool.AsParallelFor(),
        [&](int64_t begin, int64_t count, uint8_t* patterns) {
          ASSERT_LE(count, kNchwRun);
          for (int64_t i = 0; i < count; ++i) {
            ++produced[static_cast<size_t>(begin + i)];
            patterns[i] = static_cast<uint8_t>((begin + i) * 37 % 251);
          }
        },
        nhwc.data());
    EXPECT_THAT(produced, Each(1));
    for (int64_t n = 0; n < s.images; ++n) {
      for (int64_t p = 0; p < pixels; ++p) {
        for (int64_t c = 0; c < s.channels; ++c) {
          const int64_t nchw = (n * s.channels + c) * pixels + p;
          ASSERT_EQ(nhwc[static_cast<size_t>((n * pixels + p) * s.channels + c)], nchw * 37 % 251)
              << "image " << n << " pixel " << p << " channel " << c;
        }
      }
    }
  }
}

// Blocks of 11 positions, which cross images, and of up to 4 channels.
void StoreAll(DataFormat format, const Conv2dShape& shape, std::vector<int64_t>* out) {
  const int64_t positions = shape.batch * shape.out_h * shape.out_w;
  constexpr int64_t kPositions = 11, kChannels = 4, kStride = 6;
  for (int64_t p0 = 0; p0 < positions; p0 += kPositions) {
    for (int64_t c0 = 0; c0 < shape.out_c; c0 += kChannels) {
      SumBlock<int32_t> block{nullptr, kStride,
                              p0,      std::min(kPositions, positions - p0),
                              c0,      std::min(kChannels, shape.out_c - c0)};
      std::vector<int32_t> sums(kPositions * kStride, -1);
      for (int64_t p = 0; p < block.positions; ++p) {
        for (int64_t c = 0; c < block.channels; ++c) {
          sums[static_cast<size_t>(p * kStride + c)] =
              static_cast<int32_t>((p0 + p) * shape.out_c + c0 + c);  // its NHWC index
        }
      }
      block.sums = sums.data();
      StoreBlock(
          block, format, shape,
          [](int32_t sum, int64_t channel) { return int64_t{sum} * 1000 + channel; }, out->data());
    }
  }
}

TEST(StoreBlock, PutsEverySumToItsPlaceInEitherLayout) {
  for (const Sizes& s : kSizes) {
    Conv2dShape shape;
    shape.batch = s.images;
    shape.out_h = s.height;
    shape.out_w = s.width;
    shape.out_c = s.channels;
    const int64_t pixels = s.height * s.width;
    std::vector<int64_t> nhwc(static_cast<size_t>(s.images * pixels * s.channels), -1);
    std::vector<int64_t> nchw = nhwc;
    StoreAll(DataFormat::kNhwc, shape, &nhwc);
    StoreAll(DataFormat::kNchw, shape, &nchw);
    for (int64_t n = 0; n < s.images; ++n) {
      for (int64_t p = 0; p < pixels; ++p) {
        for (int64_t c = 0; c < s.channels; ++c) {
          const int64_t index = (n * pixels + p) * s.channels + c;
          ASSERT_EQ(nhwc[static_cast<size_t>(index)], index * 1000 + c);
          ASSERT_EQ(nchw[static_cast<size_t>((n * s.channels + c) * pixels + p)], index * 1000 + c);
        }
      }
    }
  }
}

}  // namespace
}  // namespace axlut
