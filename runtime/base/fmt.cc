// SPDX-License-Identifier: MIT
// fmt's implementation, compiled once. Debian has fmt as a shared library, which the TensorFlow op
// must not need, and as headers, which cost every source file that formats a text 3 s (GCC 12). With
// hidden visibility it cannot clash with a copy inside TensorFlow.
#include <fmt/format-inl.h>

namespace fmt::inline v9::detail {

template dragonbox::decimal_fp<float> dragonbox::to_decimal(float) noexcept;
template dragonbox::decimal_fp<double> dragonbox::to_decimal(double) noexcept;
template locale_ref::locale_ref(const std::locale&);
template std::locale locale_ref::get<std::locale>() const;
template thousands_sep_result<char> thousands_sep_impl(locale_ref);
template char decimal_point_impl(locale_ref);
template void buffer<char>::append(const char*, const char*);
template void vformat_to(buffer<char>&, string_view, basic_format_args<FMT_BUFFER_CONTEXT(char)>,
                         locale_ref);

}  // namespace fmt::inline v9::detail
