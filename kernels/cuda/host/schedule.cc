// SPDX-License-Identifier: MIT
#include "kernels/cuda/host/schedule.h"

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <sstream>

namespace axlut {
namespace {

using Order = HostSchedule::Order;

std::optional<HostSchedule> Parse(const std::string& text) {
  std::istringstream in(text);
  std::string order;
  std::getline(in, order, ',');
  HostSchedule schedule;
  if (order == "reverse") {
    schedule.order = Order::kReverse;
  } else if (order == "shuffled") {
    schedule.order = Order::kShuffled;
  } else if (order == "warps") {
    schedule.order = Order::kWarps;
  } else if (order != "forward") {
    return std::nullopt;
  }
  char comma = ',';
  if (!in.eof() && !(in >> schedule.seed)) return std::nullopt;
  if (!in.eof() && (!(in >> comma >> schedule.os_threads) || comma != ',' || !in.eof())) {
    return std::nullopt;
  }
  if (schedule.os_threads < 1) return std::nullopt;
  return schedule;
}

}  // namespace

std::string HostSchedule::ToString() const {
  std::string text = order == Order::kForward   ? "forward"
                     : order == Order::kReverse ? "reverse"
                     : order == Order::kWarps   ? "warp by warp"
                                                : "shuffled (seed " + std::to_string(seed) + ")";
  return text + ", " + std::to_string(os_threads) +
         (os_threads == 1 ? " OS thread" : " OS threads");
}

HostSchedule DefaultHostSchedule() {
  const char* const text = std::getenv("AXLUT_HOST_SCHEDULE");
  if (text == nullptr) return {};
  const std::optional<HostSchedule> schedule = Parse(text);
  if (schedule) return *schedule;
  std::fprintf(
      stderr,
      "cuda_on_host: AXLUT_HOST_SCHEDULE is '%s', not 'ORDER[,SEED[,OS_THREADS]]' with the "
      "order forward, reverse, warps or shuffled\n",
      text);
  std::abort();
}

std::vector<HostSchedule> AllHostSchedules(uint32_t seed) {
  std::vector<HostSchedule> schedules;
  for (const Order order : {Order::kForward, Order::kReverse, Order::kWarps, Order::kShuffled}) {
    for (const int os_threads : {1, 2}) schedules.push_back({order, seed, os_threads});
  }
  return schedules;
}

}  // namespace axlut
