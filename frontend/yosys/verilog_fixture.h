// SPDX-License-Identifier: MIT
// What the tests of the Verilog reader share: sources in a temporary folder, and the function of
// what was read.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <variant>

#include "frontend/read_multiplier.h"
#include "runtime/base/subprocess.h"

namespace axlut {

class VerilogTest : public testing::Test {
 protected:
  VerilogTest() : folder_(TemporaryFolder::Create().value()) {}

  std::string Path(const std::string& file) const { return folder_.path() + "/" + file; }

  std::string Write(const std::string& file, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(Path(file)).parent_path());
    std::ofstream(Path(file)) << text;
    return Path(file);
  }

  Result<MultiplierModel> Read(const std::string& text, const FrontendOptions& options = {},
                               const std::string& file = "top.v") const {
    return ReadVerilog(Write(file, text), options);
  }

  // The message of a source that must be refused, with the folder's path taken out.
  std::string Refusal(const std::string& text, const FrontendOptions& options = {},
                      const std::string& file = "top.v") const {
    const Result<MultiplierModel> model = Read(text, options, file);
    if (model.ok()) return "(accepted)";
    return WithoutFolder(model.error().ToString());
  }

  std::string WithoutFolder(std::string text) const {
    const std::string folder = folder_.path() + "/";
    for (size_t at = text.find(folder); at != std::string::npos; at = text.find(folder)) {
      text.erase(at, folder.size());
    }
    return text;
  }

 private:
  TemporaryFolder folder_;
};

// The product's value for two operand values.
inline int64_t Product(const MultiplierModel& model, int64_t a, int64_t b) {
  const PortMap& ports = model.ports;
  const uint64_t pattern = EvaluateOnce(std::get<Netlist>(model.behaviour), ports.a.spec.width,
                                        ports.a.spec.PatternOf(a), ports.b.spec.PatternOf(b));
  return ports.product.spec.ValueOf(pattern);
}

// Compares all products with `expected`(a, b); stops at the first that differs.
inline void ExpectProducts(const MultiplierModel& model,
                           const std::function<int64_t(int64_t, int64_t)>& expected) {
  const OperandSpec& a_spec = model.ports.a.spec;
  const OperandSpec& b_spec = model.ports.b.spec;
  for (int64_t a = a_spec.min_value(); a <= a_spec.max_value(); ++a) {
    for (int64_t b = b_spec.min_value(); b <= b_spec.max_value(); ++b) {
      ASSERT_EQ(Product(model, a, b), expected(a, b)) << "a = " << a << ", b = " << b;
    }
  }
}

}  // namespace axlut
