// SPDX-License-Identifier: MIT
// NumPy's .npy files, format versions 1.0 to 3.0 (numpy.lib.format): one array, C order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace axlut {

enum class NpyType : uint8_t { kInt8, kUint8, kInt16, kUint16, kInt32, kUint32, kInt64, kUint64,
                               kFloat32, kFloat64 };

// Bytes of one element.
int NpyTypeSize(NpyType type);
// NumPy's little-endian name: "<i4", "|u1".
std::string NpyTypeName(NpyType type);

template <typename T>
constexpr NpyType NpyTypeOf();
template <> constexpr NpyType NpyTypeOf<int8_t>() { return NpyType::kInt8; }
template <> constexpr NpyType NpyTypeOf<uint8_t>() { return NpyType::kUint8; }
template <> constexpr NpyType NpyTypeOf<int16_t>() { return NpyType::kInt16; }
template <> constexpr NpyType NpyTypeOf<uint16_t>() { return NpyType::kUint16; }
template <> constexpr NpyType NpyTypeOf<int32_t>() { return NpyType::kInt32; }
template <> constexpr NpyType NpyTypeOf<uint32_t>() { return NpyType::kUint32; }
template <> constexpr NpyType NpyTypeOf<int64_t>() { return NpyType::kInt64; }
template <> constexpr NpyType NpyTypeOf<uint64_t>() { return NpyType::kUint64; }
template <> constexpr NpyType NpyTypeOf<float>() { return NpyType::kFloat32; }
template <> constexpr NpyType NpyTypeOf<double>() { return NpyType::kFloat64; }

// An array in memory: `bytes` holds product(shape) little-endian elements in C order.
struct NpyArray {
  NpyType type = NpyType::kUint8;
  std::vector<int64_t> shape;
  std::vector<uint8_t> bytes;

  int64_t ElementCount() const;
  // The elements; T must match `type` (checked).
  template <typename T>
  const T* Data() const {
    AXLUT_CHECK(NpyTypeOf<T>() == type);
    return reinterpret_cast<const T*>(bytes.data());
  }
};

// Parses a whole .npy file. kInvalidInput for anything malformed (magic, header, byte count),
// kUnsupported for valid arrays outside the list above (Fortran order, big endian, objects).
// `name` stands for the file in messages.
Result<NpyArray> ParseNpy(std::string_view file, const std::string& name);
Result<NpyArray> ReadNpy(const std::string& path);
// The file's bytes: version 1.0, data aligned to 64 bytes.
std::string SerializeNpy(const NpyArray& array);
Result<void> WriteNpy(const std::string& path, const NpyArray& array);

}  // namespace axlut
