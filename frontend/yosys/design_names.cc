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

int IndexOf(const RTLIL::SigBit& bit) {
  const RTLIL::Wire& wire = *bit.wire;
  return wire.start_offset + (wire.upto ? wire.width - 1 - bit.offset : bit.offset);
}

std::string NameOf(const RTLIL::SigBit& bit) {
  if (!HasPublicName(bit)) return "(unnamed)";
  const std::string name = RTLIL::unescape_id(bit.wire->name);
  return bit.wire->width == 1 ? name : name + "[" + std::to_string(IndexOf(bit)) + "]";
}

}  // namespace axlut
