// SPDX-License-Identifier: MIT
// The running program of a C model: asks it for products, and says how it died if it does.
#pragma once

#include <memory>
#include <string>

#include "frontend/cmodel/harness.h"
#include "frontend/cmodel/limited_process.h"
#include "runtime/base/result.h"

namespace axlut::cmodel {

struct ModelLimits {
  double timeout_s = 60;  // wall clock and CPU time, for starting and for each request
  int memory_mb = 2048;
};

class ModelProcess {
 public:
  // Starts the program made by Compiler::Build(). `function` names the model in messages.
  static Result<std::unique_ptr<ModelProcess>> Start(const std::string& program,
                                                     const FunctionDefinition& function,
                                                     const ModelLimits& limits);
  ~ModelProcess();
  ModelProcess(const ModelProcess&) = delete;
  ModelProcess& operator=(const ModelProcess&) = delete;

  // As the compiler sees the function's types.
  const TypeFacts& TypeOf(int parameter_or_result) const { return types_[parameter_or_result]; }
  const std::string& compiler_version() const { return compiler_version_; }

  // The products of the request, row_count * columns <= kMostProducts of them, valid until the next
  // call: what the function returned, converted to 64 bits. kInvalidInput if the model crashes,
  // ends, does what it may not or exceeds a limit; from then on every call gives the same Error.
  Result<const uint64_t*> Compute(const RowRequest& request);

 private:
  ModelProcess(ChildProcess child, int socket, void* memory, FunctionDefinition function,
               ModelLimits limits);
  const SharedHeader& header() const { return *static_cast<const SharedHeader*>(memory_); }
  // The program's one-byte answer, or why it does not come.
  Result<void> AwaitAnswer(const std::string& doing);
  Error DescribeDeath(const ChildEnd& end, const std::string& doing) const;
  Error DescribeTimeout(const std::string& doing) const;

  ChildProcess child_;
  int socket_;
  void* memory_;
  FunctionDefinition function_;
  ModelLimits limits_;
  TypeFacts types_[3] = {};
  std::string compiler_version_;
  std::unique_ptr<Error> failure_;
};

}  // namespace axlut::cmodel
