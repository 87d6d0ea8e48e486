// SPDX-License-Identifier: MIT
#include "frontend/yosys/task_arguments.h"

#include <gtest/gtest.h>

namespace axlut {
namespace {

std::string Found(const std::string& source) {
  const auto where = FindInoutArgument(source, "f.v");
  return where ? std::to_string(where->line) + ":" + std::to_string(where->column) : "none";
}

TEST(TaskArguments, InoutOfTasksAndFunctionsIsFound) {
  EXPECT_EQ(Found("module m;\n  task t; input a;\n    inout [3:0] x; begin end endtask"), "3:5");
  EXPECT_EQ(Found("task automatic t(inout x);"), "1:18");
  EXPECT_EQ(Found("function f(inout x);"), "1:12");
}

TEST(TaskArguments, PortsOfModulesAreNotMeant) {
  EXPECT_EQ(Found("module m (inout x); task t; input a; begin end endtask inout y; endmodule"),
            "none");
  EXPECT_EQ(Found("function f; input x; f = x; endfunction\nmodule n (inout x); endmodule"),
            "none");
}

TEST(TaskArguments, CommentsStringsAndLongerWordsAreNotMeant) {
  EXPECT_EQ(Found("task t; // inout\n /* inout */ input inout_x, my_inout, \\inout ; "), "none");
  EXPECT_EQ(Found("task t; $display(\"inout // \"); endtask"), "none");
  EXPECT_EQ(Found("/* task */ module m (inout x);"), "none");
  EXPECT_EQ(Found("task t; /* not closed inout"), "none");
  EXPECT_EQ(Found("task t; \"not closed inout"), "none");
  EXPECT_EQ(Found(""), "none");
}

}  // namespace
}  // namespace axlut
