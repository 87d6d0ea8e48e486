// SPDX-License-Identifier: MIT
// Which machine a measurement comes from.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace axlut {

// {"cpu": "AMD EPYC, family 25, model 17", "instruction_set": "avx512vbmi", "compiler": "12.2.0"}.
// A virtual machine's model name alone says too little, hence family and model.
nlohmann::ordered_json DescribeMachine();

// Cycles per nanosecond while one core works, from a chain of multiplications of three cycles each;
// 0 where the compiler is not for x86-64. A roofline needs it: cycles are what it derives.
double MeasureGhz();

}  // namespace axlut
