// SPDX-License-Identifier: MIT
#include "runtime/table/name_convention.h"

#include <string_view>

namespace axlut {
namespace {

// Takes a width of 1..16 without leading zeros off the front of `text`.
std::optional<int> TakeWidth(std::string_view* text) {
  int width = 0;
  size_t digits = 0;
  while (digits < text->size() && digits < 3 && (*text)[digits] >= '0' && (*text)[digits] <= '9') {
    width = 10 * width + ((*text)[digits] - '0');
    ++digits;
  }
  if (digits == 0 || text->front() == '0' || width > 16) return std::nullopt;
  text->remove_prefix(digits);
  return width;
}

}  // namespace

std::optional<NameConvention> ParseNameConvention(const std::string& name) {
  constexpr std::string_view kPrefix = "mul";
  std::string_view rest = name;
  if (rest.substr(0, kPrefix.size()) != kPrefix) return std::nullopt;
  rest.remove_prefix(kPrefix.size());
  const std::optional<int> width_a = TakeWidth(&rest);
  if (!width_a) return std::nullopt;
  std::optional<int> width_b = width_a;
  if (!rest.empty() && rest.front() == 'x') {
    rest.remove_prefix(1);
    width_b = TakeWidth(&rest);
    if (!width_b) return std::nullopt;
  }
  if (rest.empty() || (rest.front() != 'u' && rest.front() != 's')) return std::nullopt;
  if (rest.size() > 1 && rest[1] != '_') return std::nullopt;
  return NameConvention{*width_a, *width_b,
                        rest.front() == 's' ? Signedness::kTwosComplement : Signedness::kUnsigned};
}

}  // namespace axlut
