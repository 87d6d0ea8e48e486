// SPDX-License-Identifier: MIT
#include "runtime/bench/onednn_layer.h"

#include <fmt/format.h>

#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <random>
#include <unordered_map>
#include <utility>

namespace axlut {
namespace {

using Type = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;
using Desc = dnnl::memory::desc;

// One engine and one stream for all.
const dnnl::engine& Engine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}
dnnl::stream& Stream() {
  static dnnl::stream stream(Engine());
  return stream;
}

// Memory with small integers, exact in either type. Padding of a blocked format included.
dnnl::memory RandomMemory(const Desc& desc, Type type) {
  dnnl::memory memory(desc, Engine());
  std::mt19937 random(4);
  if (type == Type::f32) {
    auto* data = static_cast<float*>(memory.get_data_handle());
    for (size_t i = 0; i < desc.get_size() / sizeof(float); ++i) {
      data[i] = static_cast<float>(static_cast<int>(random() % 255) - 127);
    }
  } else if (type != Type::s32) {
    auto* data = static_cast<uint8_t*>(memory.get_data_handle());
    for (size_t i = 0; i < desc.get_size(); ++i) data[i] = static_cast<uint8_t>(random());
  }
  return memory;
}

// The packed weights of a descriptor, by a reorder as a framework does it: an int8 format can carry
// sums of the weights behind them, which only a reorder fills in.
dnnl::memory PackedWeights(const dnnl::memory::dims& dims, Type type, Tag plain,
                           const Desc& packed) {
  dnnl::memory source = RandomMemory(Desc(dims, type, plain), type);
  dnnl::memory memory(packed, Engine());
  dnnl::reorder(source, memory).execute(Stream(), source, memory);
  Stream().wait();
  return memory;
}

template <typename PrimitiveDesc>
OneDnnLayer MakeLayer(std::string name, const PrimitiveDesc& primitive,
                      const dnnl::primitive& kernel, dnnl::memory weights, Type type, Type out) {
  std::unordered_map<int, dnnl::memory> arguments = {
      {DNNL_ARG_SRC, RandomMemory(primitive.src_desc(), type)},
      {DNNL_ARG_WEIGHTS, std::move(weights)},
      {DNNL_ARG_DST, RandomMemory(primitive.dst_desc(), out)}};
  OneDnnLayer layer;
  layer.name = std::move(name);
  layer.implementation = primitive.impl_info_str();
  layer.run = [kernel, arguments = std::move(arguments)] {
    kernel.execute(Stream(), arguments);
    Stream().wait();
  };
  return layer;
}

// What fp32 and int8 differ in.
struct Kind {
  const char* name;
  Type input, weight, output;
};
constexpr Kind kFp32 = {"fp32", Type::f32, Type::f32, Type::f32};
constexpr Kind kInt8 = {"int8", Type::u8, Type::s8, Type::s32};

int64_t PadAfter(int64_t in, int64_t out, int64_t kernel, int64_t stride, int64_t dilation,
                 int64_t before) {
  return (out - 1) * stride + (kernel - 1) * dilation + 1 - in - before;
}

OneDnnLayer Convolution(const Conv2dShape& s, const Kind& kind, Tag activations,
                        const char* format) {
  const Desc src({s.batch, s.in_c, s.in_h, s.in_w}, kind.input, activations);
  const Desc dst({s.batch, s.out_c, s.out_h, s.out_w}, kind.output, activations);
  const bool grouped = s.groups > 1;
  const dnnl::memory::dims filter =
      grouped ? dnnl::memory::dims{s.groups, s.GroupOutC(), s.GroupInC(), s.kernel_h, s.kernel_w}
              : dnnl::memory::dims{s.out_c, s.in_c, s.kernel_h, s.kernel_w};
  const Desc weights(filter, kind.weight, Tag::any);
  // oneDNN counts dilation from 0.
  const dnnl::convolution_forward::desc operation(
      dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, src, weights, dst,
      {s.stride_h, s.stride_w}, {s.dilation_h - 1, s.dilation_w - 1}, {s.pad_top, s.pad_left},
      {PadAfter(s.in_h, s.out_h, s.kernel_h, s.stride_h, s.dilation_h, s.pad_top),
       PadAfter(s.in_w, s.out_w, s.kernel_w, s.stride_w, s.dilation_w, s.pad_left)});
  const dnnl::convolution_forward::primitive_desc primitive(operation, Engine());
  dnnl::memory packed = PackedWeights(filter, kind.weight, grouped ? Tag::goihw : Tag::oihw,
                                      primitive.weights_desc());
  return MakeLayer(fmt::format("onednn_{}_{}", kind.name, format), primitive,
                   dnnl::convolution_forward(primitive), std::move(packed), kind.input,
                   kind.output);
}

OneDnnLayer InnerProduct(const Conv2dShape& s, const Kind& kind) {
  const dnnl::memory::dims filter = {s.out_c, s.in_c};
  const dnnl::inner_product_forward::desc operation(
      dnnl::prop_kind::forward_inference, Desc({s.batch, s.in_c}, kind.input, Tag::ab),
      Desc(filter, kind.weight, Tag::any), Desc({s.batch, s.out_c}, kind.output, Tag::ab));
  const dnnl::inner_product_forward::primitive_desc primitive(operation, Engine());
  dnnl::memory packed = PackedWeights(filter, kind.weight, Tag::ab, primitive.weights_desc());
  return MakeLayer(fmt::format("onednn_{}_inner_product", kind.name), primitive,
                   dnnl::inner_product_forward(primitive), std::move(packed), kind.input,
                   kind.output);
}

}  // namespace

std::vector<OneDnnLayer> OneDnnLayers(const Conv2dShape& shape) {
  std::vector<OneDnnLayer> layers;
  const auto add = [&layers](const auto& make) {
    try {
      layers.push_back(make());
    } catch (const dnnl::error& error) {
      if (error.status != dnnl_unimplemented) throw;
    }
  };
  const bool dense = shape.in_h * shape.in_w * shape.kernel_h * shape.kernel_w == 1;
  for (const Kind& kind : {kFp32, kInt8}) {
    add([&] { return Convolution(shape, kind, Tag::any, "preferred"); });
    add([&] { return Convolution(shape, kind, Tag::nhwc, "nhwc"); });
    if (dense && shape.groups == 1) add([&] { return InnerProduct(shape, kind); });
  }
  return layers;
}

std::string OneDnnVersion() {
  const dnnl_version_t* version = dnnl_version();
  return fmt::format("{}.{}.{}", version->major, version->minor, version->patch);
}

}  // namespace axlut
