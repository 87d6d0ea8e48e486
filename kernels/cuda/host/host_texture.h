// SPDX-License-Identifier: MIT
// What a texture handle of the emulation points to.
#pragma once

#include <cstddef>
#include <cstdint>

namespace axlut::on_host {

// A linear texture. The count of the other type is 0, and both are after the texture's end, so that
// a fetch compares once. Never freed before the HostGpu, for fetches after the end to be found.
struct HostTexture {
  const void* texels = nullptr;
  size_t uint16_count = 0;
  size_t int32_count = 0;
  bool is_destroyed = false;
};

}  // namespace axlut::on_host
