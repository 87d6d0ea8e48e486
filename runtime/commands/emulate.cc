// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <ostream>
#include <thread>

#include "runtime/base/cpu_features.h"
#include "runtime/base/npy.h"
#include "runtime/base/parallel_for.h"
#include "runtime/commands/commands.h"
#include "runtime/commands/emulate_data.h"
#include "runtime/commands/emulate_report.h"
#include "runtime/commands/table_choice.h"
#include "runtime/model/network.h"
#include "runtime/model/tflite_reader.h"

namespace axlut {
namespace {

struct EmulateOptions {
  std::string model;
  std::vector<std::string> tables;
  OperandEncoding encoding = OperandEncoding::kAffine;
  std::string data;
  std::string labels;        // "" = none
  std::string dump_outputs;  // "" = no
  int64_t limit = 0;         // 0 = all
  int threads = 0;           // 0 = one per hardware thread
};

Result<EmulateOptions> ReadOptions(const cli::po::variables_map& values) {
  EmulateOptions options;
  options.model = values["model"].as<std::string>();
  if (values.count("table") == 0) {
    return Error::Usage("--table is missing: the path of a table, or 'exact'");
  }
  options.tables = values["table"].as<std::vector<std::string>>();
  const std::string encoding = values["encoding"].as<std::string>();
  if (encoding == "sign-magnitude") {
    options.encoding = OperandEncoding::kSignMagnitude;
  } else if (encoding != "affine") {
    return Error::Usage(
        fmt::format("--encoding must be affine or sign-magnitude, found '{}'", encoding));
  }
  if (values.count("data") == 0) return Error::Usage("--data is missing: the path of an .npy file");
  options.data = values["data"].as<std::string>();
  if (values.count("labels") > 0) options.labels = values["labels"].as<std::string>();
  if (values.count("dump-outputs") > 0) {
    options.dump_outputs = values["dump-outputs"].as<std::string>();
  }
  if (values.count("limit") > 0) {
    options.limit = values["limit"].as<int64_t>();
    if (options.limit < 1) {
      return Error::Usage(fmt::format("--limit must be positive, found {}", options.limit));
    }
  }
  options.threads = values["jobs"].as<int>();
  if (options.threads < 0 || options.threads > 1024) {
    return Error::Usage(fmt::format("--jobs must be 0..1024, found {}", options.threads));
  }
  return options;
}

// Errors about an array name its file.
Error InFile(const Error& error, const std::string& path) {
  return Error(error.code(), error.message()).At({path, 0, 0});
}

struct Inputs {
  Samples samples;
  std::vector<int64_t> labels;  // empty without --labels
};

Result<Inputs> ReadInputs(const EmulateOptions& options, const Network& network) {
  Inputs inputs;
  AXLUT_ASSIGN_OR_RETURN(const NpyArray data, ReadNpy(options.data));
  Result<Samples> samples = PrepareSamples(data, network.input(), options.limit);
  if (!samples.ok()) return InFile(samples.error(), options.data);
  inputs.samples = *std::move(samples);
  if (inputs.samples.count == 0) {
    return Error::InvalidInput("the data must have a sample, found none").At({options.data, 0, 0});
  }
  if (!options.labels.empty()) {
    AXLUT_ASSIGN_OR_RETURN(const NpyArray labels, ReadNpy(options.labels));
    Result<std::vector<int64_t>> classes =
        PrepareLabels(labels, data.shape[0], network.output().ElementCount());
    if (!classes.ok()) return InFile(classes.error(), options.labels);
    inputs.labels = *std::move(classes);
  }
  return inputs;
}

Result<Network> MakeNetwork(const EmulateOptions& options, std::vector<LayerTable>& tables) {
  AXLUT_ASSIGN_OR_RETURN(Graph graph, ReadTflite(options.model));
  AXLUT_ASSIGN_OR_RETURN(tables, ChooseTables(graph, options.tables, options.encoding));
  Result<Network> network = Network::Create(std::move(graph), tables);
  if (!network.ok()) return InFile(network.error(), options.model);
  return network;
}

Result<int> RunEmulate(const cli::po::variables_map& values, const cli::Context& context) {
  AXLUT_RETURN_IF_ERROR(CheckMaxIsa());
  AXLUT_ASSIGN_OR_RETURN(const EmulateOptions options, ReadOptions(values));
  EmulateReport report;
  report.model = options.model;
  report.encoding = options.encoding == OperandEncoding::kAffine ? "affine" : "sign-magnitude";
  AXLUT_ASSIGN_OR_RETURN(const Network network, MakeNetwork(options, report.tables));
  for (const std::string& note : PlanNotes(report.tables)) context.Note(note);
  AXLUT_ASSIGN_OR_RETURN(const Inputs inputs, ReadInputs(options, network));
  report.images = inputs.samples.count;

  ThreadPool pool(options.threads);
  report.threads = pool.threads();
  std::vector<uint8_t> outputs(report.images * network.output().ByteCount());
  const Progress progress = context.MakeProgress("images");
  std::atomic<int64_t> done{0};
  NetworkRunParams params;
  params.threads = pool.threads();
  params.on_progress = [&](int64_t images) {
    progress.Update(done += images, report.images);
    return !cli::Interrupted();
  };
  const auto start = std::chrono::steady_clock::now();
  AXLUT_RETURN_IF_ERROR(network.Run(inputs.samples.bytes.data(), report.images, outputs.data(),
                                    pool.AsParallelFor(), params, &report.stats));
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  progress.Finish();

  if (!inputs.labels.empty()) {
    report.correct = CountCorrect(network.output(), outputs, inputs.labels, report.images);
  }
  if (!options.dump_outputs.empty()) {
    AXLUT_RETURN_IF_ERROR(WriteNpy(
        options.dump_outputs, OutputArray(network.output(), std::move(outputs), report.images)));
  }
  if (context.json()) {
    AXLUT_RETURN_IF_ERROR(context.WriteJson(ToJson(report, network)));
  } else {
    context.out << ToText(report, network);
  }
  return cli::kExitDone;
}

}  // namespace

cli::Subcommand EmulateCommand() {
  namespace po = cli::po;
  cli::Subcommand command;
  command.name = "emulate";
  command.summary = "Runs an int8 .tflite network with every multiplication through a table";
  command.synopsis = "MODEL.tflite --table T|exact [--table LAYER=T ...] --data X.npy [options]";
  command.description =
      "Convolutions, depthwise convolutions and dense layers multiply through the table; all else "
      "follows TensorFlow Lite's reference kernels, so that '--table exact' equals them byte for "
      "byte (docs/emulation.md).\n"
      "\n"
      "A table's operand a is the activation, b the weight. An unsigned 8-bit operand takes int8 "
      "codes + 128, with the zero points moved by as much; a signed one takes the codes. With "
      "--encoding sign-magnitude an unsigned table multiplies the codes' magnitudes, and the "
      "products get their signs.\n"
      "\n"
      "Data of the input's own type (int8) are codes; float32, float64 and uint8 are real numbers, "
      "quantized with the input's scale and zero point.\n"
      "\n"
      "Exit code 0 done, 2 usage, 3 an input cannot be read, 4 valid but not supported, 130 "
      "interrupted.";
  command.examples = {
      "lutrun emulate resnet8.tflite --table mul8u_2AC.axt --data images.npy --labels labels.npy",
      "lutrun emulate resnet8.tflite --table exact --table 3=mul8s_1KVA.axt --data images.npy "
      "--limit 100 --dump-outputs outputs.npy --json"};
  command.options.add_options()(
      "table", po::value<std::vector<std::string>>()->composing()->value_name("[LAYER=]T"),
      "table of all layers, or of one: an operator's index or its output's name; 'exact' or the "
      "path of an .axt, .bin or .npy file; layers without one are exact")(
      "encoding", po::value<std::string>()->value_name("E")->default_value("affine"),
      "what unsigned operands read: affine (codes + 128) or sign-magnitude")(
      "data", po::value<std::string>()->value_name("X.npy"), "samples, first dimension first")(
      "labels", po::value<std::string>()->value_name("Y.npy"),
      "the samples' classes, for accuracy")("limit", po::value<int64_t>()->value_name("N"),
                                            "run the first N samples only")(
      "jobs,j", po::value<int>()->value_name("N")->default_value(0, "0"),
      "threads; 0: one per hardware thread")("dump-outputs",
                                             po::value<std::string>()->value_name("O.npy"),
                                             "write the network's outputs, one row per sample");
  command.positionals = {{"model", true, false}};
  command.run = RunEmulate;
  return command;
}

}  // namespace axlut
