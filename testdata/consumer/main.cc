// SPDX-License-Identifier: MIT
#include <cstdio>

#include "runtime/table/truth_table.h"

int main() {
  const auto table = axlut::ExactTable({4, axlut::Signedness::kUnsigned}, {3, axlut::Signedness::kUnsigned});
  if (!table.ok()) return 1;
  std::printf("3 x 5 = %d in %zu entries\n", table->ProductAt(3, 5), table->products().size() / 8);
}
