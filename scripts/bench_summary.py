#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""From a run of plans_bench to docs/benchmarks/plans.json: all rows with their ratio to oneDNN's fp32
convolution of the same problem, and a summary against what the kernels must reach.

    scripts/bench_summary.py RUN.json -o docs/benchmarks/plans.json
"""

import argparse
import dataclasses
import json
import pathlib
import statistics

# Limit and stretch goal of each summary row; a goal is an upper bound of a ratio, or a lower one of
# a speed-up.
GOALS = {
    "arbitrary": ("an arbitrary (random) table, convolutions", "ratio", 2.3, 1.8),
    "one_term": ("one-term tables, convolutions", "ratio", 0.6, 0.45),
    "median": ("median over the {count} tables, convolutions", "ratio", 1.15, 0.95),
    "worst": ("worst of the {count} tables, convolutions", "ratio", 2.3, 1.9),
    "avx2": ("an arbitrary table, AVX2 only, convolutions", "ratio", 3.2, 2.5),
    "depthwise": ("an arbitrary table, depthwise 3x3", "ratio", 2.5, 1.5),
    "adapt": ("an arbitrary table against the AdaPT-order loop", "speed-up", 10, 14),
    "tfapprox": ("an arbitrary table against TFApprox 1's bare loop", "speed-up", 40, 60),
    "tfapprox2": ("an arbitrary table against TFApprox 2's loop", "speed-up", 40, 60),
}


@dataclasses.dataclass
class Goal:
    """One row of the summary."""

    key: str
    what: str
    unit: str  # "ratio" to oneDNN fp32, "speed-up" over a rival
    limit: float
    stretch: float
    mean: float  # geometric, over the problems
    worst: float  # of a problem
    worst_problem: str
    best: float  # of a problem

    def reaches(self, goal):
        """"yes" for every problem, "on average" for the geometric mean, or "no"."""
        sign = 1 if self.unit == "ratio" else -1
        if sign * self.worst <= sign * goal:
            return "yes"
        return "on average" if sign * self.mean <= sign * goal else "no"

    def to_json(self):
        numbers = {name: round(getattr(self, name), 3) for name in ("mean", "worst", "best")}
        return {"key": self.key, "what": self.what, "unit": self.unit, "limit": self.limit,
                "stretch": self.stretch, **numbers, "worst_problem": self.worst_problem,
                "met": self.reaches(self.limit), "stretch_met": self.reaches(self.stretch)}


def best_fp32(rows):
    """The yardstick: per problem, the quickest of oneDNN's ways to do it in fp32."""
    best = {}
    for row in rows:
        if row["group"] == "onednn_fp32":
            best[row["problem"]] = min(row["ns_per_mac"], best.get(row["problem"], float("inf")))
    return best


def with_ratios(run):
    """The rows of a run, each with its ratio to the yardstick."""
    fp32 = best_fp32(run["results"])
    return [{**row, "ratio": round(row["ns_per_mac"] / fp32[row["problem"]], 3)}
            for row in run["results"]]


def per_problem(rows, value, reduce, **wanted):
    """reduce() of the values of each problem's rows that have the wanted fields."""
    values = {}
    for row in rows:
        if all(row[key] == wish for key, wish in wanted.items()):
            values.setdefault(row["problem"], []).append(row[value])
    return {problem: reduce(list_) for problem, list_ in values.items()}


def speed_ups(rows, rival):
    """How many times as fast the arbitrary table is as a rival's loop, per problem."""
    ours = per_problem(rows, "ns_per_mac", min, kind="conv", group="arbitrary")
    theirs = per_problem(rows, "ns_per_mac", min, kind="conv", subject=rival)
    return {problem: theirs[problem] / ours[problem] for problem in ours if problem in theirs}


def make_goal(key, by_problem, count):
    what, unit, limit, stretch = GOALS[key]
    sign = 1 if unit == "ratio" else -1
    ordered = sorted(by_problem, key=lambda problem: sign * by_problem[problem])
    return Goal(key, what.format(count=count), unit, limit, stretch,
                statistics.geometric_mean(by_problem.values()), by_problem[ordered[-1]],
                ordered[-1], by_problem[ordered[0]])


def summarize(rows):
    """A Goal per row of GOALS for which there are measurements."""
    tables = len({row["subject"] for row in rows if row["group"] == "tfapprox"})

    def ratios(reduce, group, kind="conv"):
        return per_problem(rows, "ratio", reduce, group=group, kind=kind)

    by_key = {
        "arbitrary": ratios(max, "arbitrary"),
        "one_term": ratios(max, "one_term"),
        "median": ratios(statistics.median, "tfapprox"),
        "worst": ratios(max, "tfapprox"),
        "avx2": ratios(max, "avx2"),
        "depthwise": ratios(max, "arbitrary", "depthwise"),
        "adapt": speed_ups(rows, "adapt_order"),
        "tfapprox": speed_ups(rows, "tfapprox_order"),
        "tfapprox2": speed_ups(rows, "tfapprox2_order"),
    }
    return [make_goal(key, by_problem, tables) for key, by_problem in by_key.items() if by_problem]


def write_json(path, answer, list_keys):
    """JSON with one line per entry of the named lists: a new run then differs line by line."""
    parts = []
    for key, value in answer.items():
        if key in list_keys:
            text = "[\n" + ",\n".join("  " + json.dumps(row) for row in value) + "\n ]"
        else:
            text = json.dumps(value)
        parts.append(f" {json.dumps(key)}: {text}")
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=pathlib.Path)
    parser.add_argument("-o", dest="output", type=pathlib.Path, required=True)
    options = parser.parse_args()
    run = json.loads(options.run.read_text(encoding="utf-8"))
    rows = with_ratios(run)
    goals = [goal.to_json() for goal in summarize(rows)]
    answer = {
        "schema": 1,
        "what": "ns per multiply-accumulate of whole layers: one thread's CPU time, least of "
                "several rounds in which all subjects take turns; zero-point corrections included; "
                "ratio: to the quickest fp32 way of oneDNN for the problem",
        "machine": run["machine"], "summary": goals, "results": rows}
    write_json(options.output, answer, ("summary", "results"))


if __name__ == "__main__":
    main()
