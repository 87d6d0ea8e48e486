// SPDX-License-Identifier: MIT
#include "runtime/bench/problem.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <string_view>

namespace axlut {
namespace {

constexpr std::string_view kInputLetters = "nhwc";
constexpr std::string_view kLayerLetters = "kosdgp";
constexpr int64_t kLargestNumber = 1 << 20;
constexpr int64_t kLargestTensor = int64_t{1} << 31;

using Numbers = std::map<char, int64_t>;

Error WrongPart(const std::string& text, const std::string& rule) {
  return Error::Usage(fmt::format("problem '{}' {}", text, rule))
      .Help("n1h56w56c64_k3o64s1 is a 3x3 convolution; 'lutrun bench --help' explains the letters");
}

// The numbers of one half, by their letters.
Result<void> ReadHalf(const std::string& text, std::string_view half, std::string_view letters,
                      Numbers& numbers) {
  while (!half.empty()) {
    const char letter = half.front();
    if (letters.find(letter) == std::string_view::npos) {
      return WrongPart(text, fmt::format("must have letters of '{}' here, found '{}'", letters,
                                         std::string(half)));
    }
    int64_t number = 0;
    const char* begin = half.data() + 1;
    const auto [end, error] = std::from_chars(begin, half.data() + half.size(), number);
    const int64_t least = letter == 'p' ? 0 : 1;
    if (error != std::errc() || number < least || number > kLargestNumber) {
      return WrongPart(text, fmt::format("must have a number of {}..{} after '{}', found '{}'",
                                         least, kLargestNumber, letter, std::string(half)));
    }
    if (!numbers.emplace(letter, number).second) {
      return WrongPart(text, fmt::format("must have '{}' once", letter));
    }
    half.remove_prefix(static_cast<size_t>(end - half.data()));
  }
  return {};
}

int64_t SamePadding(int64_t in, int64_t out, int64_t kernel, int64_t stride, int64_t dilation) {
  return std::max<int64_t>(0, (out - 1) * stride + (kernel - 1) * dilation + 1 - in) / 2;
}

// Output size and padding of one direction. `pad` < 0: as SAME. 0 if nothing fits.
int64_t OutputSize(int64_t in, int64_t pad, const Conv2dShape& s) {
  if (pad < 0) return (in + s.stride_h - 1) / s.stride_h;
  const int64_t room = in + 2 * pad - (s.kernel_h - 1) * s.dilation_h - 1;
  return room < 0 ? 0 : room / s.stride_h + 1;
}

Conv2dShape ShapeOf(const Numbers& numbers) {
  const auto number = [&](char letter, int64_t otherwise) {
    const auto found = numbers.find(letter);
    return found == numbers.end() ? otherwise : found->second;
  };
  Conv2dShape s;
  s.batch = number('n', 1);
  s.in_h = number('h', 1);
  s.in_w = number('w', s.in_h);
  s.in_c = number('c', 1);
  s.kernel_h = s.kernel_w = number('k', 1);
  s.out_c = number('o', 1);
  s.stride_h = s.stride_w = number('s', 1);
  s.dilation_h = s.dilation_w = number('d', 1);
  s.groups = number('g', 1);
  const int64_t pad = number('p', -1);
  s.out_h = OutputSize(s.in_h, pad, s);
  s.out_w = OutputSize(s.in_w, pad, s);
  s.pad_top = pad >= 0 ? pad : SamePadding(s.in_h, s.out_h, s.kernel_h, s.stride_h, s.dilation_h);
  s.pad_left = pad >= 0 ? pad : SamePadding(s.in_w, s.out_w, s.kernel_w, s.stride_w, s.dilation_w);
  return s;
}

// Whether the tensor's number of elements stays in range, without overflow on the way.
bool FitsTensor(std::initializer_list<int64_t> sizes) {
  int64_t count = 1;
  for (int64_t size : sizes) {
    if (count > kLargestTensor / size) return false;
    count *= size;
  }
  return true;
}

}  // namespace

Result<Conv2dShape> ParseProblem(const std::string& text) {
  const size_t bar = text.find('_');
  if (bar == std::string::npos) return WrongPart(text, "must have a '_' between input and layer");
  Numbers numbers;
  const std::string_view whole = text;
  AXLUT_RETURN_IF_ERROR(ReadHalf(text, whole.substr(0, bar), kInputLetters, numbers));
  AXLUT_RETURN_IF_ERROR(ReadHalf(text, whole.substr(bar + 1), kLayerLetters, numbers));
  for (char letter : {'c', 'o'}) {
    if (numbers.count(letter) == 0) return WrongPart(text, fmt::format("must have '{}'", letter));
  }
  const Conv2dShape s = ShapeOf(numbers);
  if (s.in_c % s.groups != 0 || s.out_c % s.groups != 0) {
    return WrongPart(text, fmt::format("must have channels that {} groups divide, found c{} o{}",
                                       s.groups, s.in_c, s.out_c));
  }
  if (s.out_h == 0 || s.out_w == 0) {
    return WrongPart(text, "must have a kernel that fits into the padded input");
  }
  if (!FitsTensor({s.batch, s.in_h, s.in_w, s.in_c}) ||
      !FitsTensor({s.batch, s.out_h, s.out_w, s.out_c}) ||
      !FitsTensor({s.kernel_h, s.kernel_w, s.GroupInC(), s.out_c})) {
    return Error::Unsupported(
        fmt::format("problem '{}' has a tensor of more than {} elements", text, kLargestTensor));
  }
  return s;
}

std::string ProblemString(const Conv2dShape& s) {
  std::string text = fmt::format("n{}h{}w{}c{}_k{}o{}s{}", s.batch, s.in_h, s.in_w, s.in_c,
                                 s.kernel_h, s.out_c, s.stride_h);
  if (s.dilation_h != 1) text += fmt::format("d{}", s.dilation_h);
  if (s.groups != 1) text += fmt::format("g{}", s.groups);
  const bool same =
      s.out_h == OutputSize(s.in_h, -1, s) && s.out_w == OutputSize(s.in_w, -1, s) &&
      s.pad_top == SamePadding(s.in_h, s.out_h, s.kernel_h, s.stride_h, s.dilation_h) &&
      s.pad_left == SamePadding(s.in_w, s.out_w, s.kernel_w, s.stride_w, s.dilation_w);
  if (!same) text += fmt::format("p{}", s.pad_top);
  return text;
}

const std::vector<std::string>& DefaultProblems() {
  static const std::vector<std::string> problems = {
      "n1h56w56c64_k3o64s1",   "n1h28w28c128_k3o128s1", "n1h14w14c256_k3o256s1",
      "n1h32w32c16_k3o16s1",   "n1h28w28c256_k1o512s1", "n1h56w56c128_k3o128s1g128",
      "n1h1w1c1024_k1o1024s1",
  };
  return problems;
}

}  // namespace axlut
