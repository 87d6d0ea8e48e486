// SPDX-License-Identifier: MIT
// Options and checks that several subcommands of `lutgen` share.
#pragma once

#include <memory>
#include <string>

#include "frontend/read_multiplier.h"
#include "lutgen/model_rows.h"
#include "runtime/base/cli.h"
#include "runtime/base/parallel_for.h"
#include "runtime/table/stored_table.h"

namespace axlut {

// --top, --function, --a, --b, --product, --rows, --like, -I, -D: how a circuit or C model is read.
void AddCircuitOptions(cli::po::options_description* options);
// --width-a, --width-b, --signed, --unsigned: what a C model or a headerless table leaves open.
void AddOperandOptions(cli::po::options_description* options);
// -j
void AddThreadOption(cli::po::options_description* options);
// -o, --format, --force
void AddOutputOptions(cli::po::options_description* options);

// What the options above say; kUsage for values that make no sense.
Result<FrontendOptions> ReadFrontendOptions(const cli::po::variables_map& values);
Result<RawFormatHints> ReadRawFormatHints(const cli::po::variables_map& values);
Result<std::unique_ptr<ThreadPool>> MakeThreadPool(const cli::po::variables_map& values);

// A table file by its extension: .axt, .bin, .npy.
bool IsTableFile(const std::string& path);

// Where a table goes. kUsage unless the format is known and nothing of another kind (a netlist, the
// input itself, a device) would be overwritten; --force allows a regular file of any kind. Standard
// output takes the table or the JSON answer, not both.
struct TableOutput {
  std::string path;    // "-" is standard output
  std::string format;  // "axt", "bin" or "npy"
};
Result<TableOutput> ReadTableOutput(const cli::po::variables_map& values, const std::string& input,
                                    const cli::Context& context);

// Progress on stderr and Ctrl-C for a sweep over all operand pairs.
SweepOptions MakeSweepOptions(const cli::Context& context, const std::string& what,
                              ThreadPool* pool);

}  // namespace axlut
