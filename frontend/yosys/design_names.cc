// SPDX-License-Identifier: MIT
#include "frontend/yosys/design_names.h"

namespace axlut {

using namespace Yosys;  // NOLINT: Yosys' macros (ID, log_id) need its names

std::string SrcOf(const RTLIL::AttrObject& object) {
  const std::string src = object.get_src_attribute();
  return src.substr(0, src.find('|'));
}

bool HasPublicName(const RTLIL::SigBit& bit) {
  return bit.wire != nullptr && bit.wire->name.isPublic();
}

std::string NameOf(const RTLIL::SigBit& bit) {
  if (!HasPublicName(bit)) return "(unnamed)";
  const RTLIL::Wire& wire = *bit.wire;
  std::string name = RTLIL::unescape_id(wire.name);
  if (wire.width == 1) return name;
  const int index = wire.upto ? wire.width - 1 - bit.offset : bit.offset;
  return name + "[" + std::to_string(wire.start_offset + index) + "]";
}

}  // namespace axlut
