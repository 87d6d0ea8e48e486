// SPDX-License-Identifier: MIT
// Which machine a measurement comes from.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace axlut {

// {"cpu": "AMD EPYC, family 25, model 17", "instruction_set": "avx512vbmi", "compiler": "12.2.0"}.
// A virtual machine's model name alone says too little, hence family and model.
nlohmann::ordered_json DescribeMachine();

}  // namespace axlut
