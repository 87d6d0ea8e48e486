// SPDX-License-Identifier: MIT
// What table files without a header of ours (.bin, .npy) leave open, and what they can hold.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/table/stored_table.h"
#include "runtime/table/truth_table.h"

namespace axlut {

struct OperandWidths {
  int a = 0;
  int b = 0;
};

// Widths of a table with 2^total_bits entries: from the hints, then the name (EvoApproxLib's
// form), then 8x8 for 16 bits. kInvalidInput if they contradict each other or remain open.
// `total_bits` is unset if the size fits no table; then hints or name must give both widths, so
// that the caller can say which size was needed.
Result<OperandWidths> ResolveWidths(const RawFormatHints& hints, const std::string& name,
                                    std::optional<int> total_bits);

// The signedness that the hints, the name, or else the entries give: a negative one is signed, one
// above every signed product is unsigned. Nothing if all leave it open. `entries` are read as
// signed numbers of their stored size.
std::optional<Signedness> ResolveSignedness(const RawFormatHints& hints, const std::string& name,
                                            const std::vector<int64_t>& entries,
                                            OperandWidths widths);

// kInvalidInput with the options to give: for a signedness that nothing reveals.
Error SignednessIsOpen(OperandWidths widths);

// The table of these entries, whose product is as wide as both operands together.
// kInvalidInput, with the options to give, for an entry that does not fit.
Result<TruthTable> TableOfEntries(OperandWidths widths, Signedness signedness,
                                  const std::vector<int64_t>& entries);

// Whether reading a file without header can give `table` back: operands and product have one
// signedness, and every product fits the operands' widths together. Else kUnsupported.
Result<void> CheckHeaderless(const TruthTable& table, const char* format);

}  // namespace axlut
