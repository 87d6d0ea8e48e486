// SPDX-License-Identifier: MIT
// TableInfo as JSON: the info section of an .axt file (docs/container-format.md).
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/table/stored_table.h"

namespace axlut {

// One line, keys in alphabetical order. Bytes that are not UTF-8 become U+FFFD, since JSON cannot
// hold them. kInvalidInput for a metric or hardware figure that is not finite.
Result<std::string> TableInfoToJson(const TableInfo& info);

// Missing keys leave their fields empty, unknown keys are skipped. kInvalidInput for text that is
// not a JSON object or a value of the wrong type.
Result<TableInfo> TableInfoFromJson(std::string_view text);

}  // namespace axlut
