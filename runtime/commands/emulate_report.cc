// SPDX-License-Identifier: MIT
#include "runtime/commands/emulate_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace axlut {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kNameWidth = 32;

double PerImageMs(const EmulateReport& report, double seconds) {
  return report.images > 0 ? seconds * 1e3 / static_cast<double>(report.images) : 0;
}

// Nanoseconds of one thread per product.
double NsPerMac(const EmulateReport& report, double seconds, int64_t macs) {
  return seconds * 1e9 / (static_cast<double>(macs) * static_cast<double>(report.images));
}

int64_t WrappedAccumulators(const EmulateReport& report) {
  int64_t count = 0;
  for (const LayerStats& stats : report.stats) count += stats.wrapped_accumulators;
  return count;
}

std::string LayerLine(const EmulateReport& report, const Network& network, size_t i) {
  const Graph& graph = network.graph();
  const Operator& op = graph.operators[i];
  const Layer& layer = network.layer(i);
  const Tensor& output = graph.tensors[op.output];
  const double seconds = report.stats[i].thread_seconds;
  std::string line =
      fmt::format("{:>3}  {:<17}  {:<{}}  {:>14}  {:>13}  {:>8.3f}", i, ToString(op.kind),
                  Shortened(output.name, kNameWidth), kNameWidth, ShapeToString(output.shape),
                  layer.Macs() > 0 ? WithThousands(layer.Macs()) : "", PerImageMs(report, seconds));
  if (layer.Macs() > 0) {
    line += fmt::format("  {:>6.3f}  {:<18}  {}", NsPerMac(report, seconds, layer.Macs()),
                        layer.KernelName(), report.tables[i].name);
  }
  return line + "\n";
}

}  // namespace

double EmulateReport::Accuracy() const {
  return images > 0 && correct ? static_cast<double>(*correct) / static_cast<double>(images) : 0;
}

double EmulateReport::StandardError() const {
  const double p = Accuracy();
  return images > 0 ? std::sqrt(p * (1 - p) / static_cast<double>(images)) : 0;
}

std::string WithThousands(int64_t number) {
  std::string digits = std::to_string(number);
  for (int64_t at = static_cast<int64_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(at, ",");
  }
  return digits;
}

std::string Shortened(const std::string& name, size_t width) {
  return name.size() <= width ? name : "..." + name.substr(name.size() - (width - 3));
}

std::string ToText(const EmulateReport& report, const Network& network) {
  std::string text = fmt::format(
      "{:>3}  {:<17}  {:<{}}  {:>14}  {:>13}  {:>8}  {:>6}  {:<18}  {}\n", "#", "operator",
      "output", kNameWidth, "shape", "MACs/image", "ms/image", "ns/MAC", "kernel", "table");
  double seconds = 0;
  for (size_t i = 0; i < report.stats.size(); ++i) {
    text += LayerLine(report, network, i);
    seconds += report.stats[i].thread_seconds;
  }
  const int64_t macs = network.Macs();
  text += fmt::format("{:>3}  {:<17}  {:<{}}  {:>14}  {:>13}  {:>8.3f}", "", "total", "",
                      kNameWidth, "", WithThousands(macs), PerImageMs(report, seconds));
  if (macs > 0) text += fmt::format("  {:>6.3f}", NsPerMac(report, seconds, macs));
  text += "\n\n";
  if (report.correct) {
    text += fmt::format("accuracy    {:.1f} % ({} of {} images right, standard error {:.1f} %)\n",
                        100 * report.Accuracy(), *report.correct, report.images,
                        100 * report.StandardError());
  }
  text += fmt::format("throughput  {:.1f} images/s ({} images in {:.2f} s, {} thread{})\n",
                      report.ImagesPerSecond(), report.images, report.seconds, report.threads,
                      report.threads == 1 ? "" : "s");
  if (const int64_t wrapped = WrappedAccumulators(report); wrapped > 0) {
    text += fmt::format("overflow    {} sums left 32 bits and wrapped around\n",
                        WithThousands(wrapped));
  }
  return text;
}

std::string ToJson(const EmulateReport& report, const Network& network) {
  const Graph& graph = network.graph();
  Json layers = Json::array();
  for (size_t i = 0; i < report.stats.size(); ++i) {
    const Operator& op = graph.operators[i];
    const Layer& layer = network.layer(i);
    Json entry = {{"index", i},
                  {"operator", ToString(op.kind)},
                  {"output", graph.tensors[op.output].name},
                  {"shape", graph.tensors[op.output].shape},
                  {"macs_per_image", layer.Macs()},
                  {"thread_seconds", report.stats[i].thread_seconds}};
    if (layer.Macs() > 0) {
      entry["kernel"] = layer.KernelName();
      entry["table"] = report.tables[i].name;
      entry["wrapped_accumulators"] = report.stats[i].wrapped_accumulators;
    }
    layers.push_back(std::move(entry));
  }
  Json answer = {{"schema", 1}, {"model", report.model}, {"images", report.images}};
  answer["encoding"] = report.encoding;
  answer["accuracy"] = report.correct ? Json(report.Accuracy()) : Json();
  answer["correct"] = report.correct ? Json(*report.correct) : Json();
  answer["standard_error"] = report.correct ? Json(report.StandardError()) : Json();
  answer["macs_per_image"] = network.Macs();
  answer["seconds"] = report.seconds;
  answer["images_per_second"] = report.ImagesPerSecond();
  answer["threads"] = report.threads;
  answer["wrapped_accumulators"] = WrappedAccumulators(report);
  answer["layers"] = std::move(layers);
  // A name of an untrusted model need not be UTF-8.
  return answer.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace axlut
