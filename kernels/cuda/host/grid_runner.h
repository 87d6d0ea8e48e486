// SPDX-License-Identifier: MIT
// Runs all blocks of a launch on one or several threads of the operating system.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "kernels/cuda/host/block_runner.h"

namespace axlut::on_host {

class GridRunner {
 public:
  // Returns when all blocks are done. Launches from several threads run one after another.
  void Run(const GridLaunch& launch);

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<BlockRunner>> runners_;  // per OS thread, kept for their stacks
};

}  // namespace axlut::on_host
