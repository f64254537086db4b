#!/usr/bin/env python3
"""Checks the committed recordings: sizes, offsets, counts, finite numbers, every variant present. Needs numpy only; exits 1 on a fault."""

import collections
import json
import pathlib
import sys

import numpy as np

DATA = pathlib.Path(__file__).resolve().parent / "data"
MOST_BYTES, FEWEST_CASES, FEWEST_STEPS = 8 * 2**20, 300, 50
ITEM = {"f32": np.dtype("<f4"), "f64": np.dtype("<f8")}
STATES = {"accumulator", "average", "gradient_sum", "accumulated_gradient"}
NORMS = ["NonNeg", "MaxNorm", "UnitNorm", "MinMaxNorm"]
KERAS3 = ["plain", "clipnorm", "global_clipnorm", "clipvalue", "weight_decay", "exclude_from_weight_decay", "use_ema", "mixed",
          "gradient_accumulation_steps", "use_ema+gradient_accumulation_steps", "gradient_accumulation_steps+constraint", *NORMS]
IMPLEMENTATIONS = ["single", "foreach", "fused"]
OPTAX = [mode + part for mode in ("eager", "jit") for part in ("", "/clip_by_global_norm", "/clip", "/add_decayed_weights")]
VARIANTS = {
    "torch": [i + part for i in IMPLEMENTATIONS for part in ("", "/clip_norm", "/clip_value", "/groups")],
    "torch_default": IMPLEMENTATIONS,
    "keras1": ["plain", "clipnorm", "clipvalue", "clipnorm+clipvalue", "nonneg", "maxnorm", "unitnorm", "thousand_steps",
               "thousand_steps+clipnorm+clipvalue+nonneg", "thousand_steps+clipnorm+maxnorm"],
    "keras3": KERAS3,
    "keras3_tensorflow": KERAS3,
    "keras3_torch": KERAS3,
    "tensorflow": ["ApplyAdagrad", "ApplyAdagradV2", "ApplyProximalAdagrad", "ApplyAdagradDA"],
    "optax": OPTAX,
    "optax_sse4_2": OPTAX,
}


def elements(case):
    """(of the weights, recorded in all)"""
    n = sum(int(np.prod(t["shape"])) for t in case["tensors"])
    states = len(case["states"])
    return n, n * (1 + states) + case["steps"] * n * (2 + states)


def check_case(case, position, data):
    assert case["offset"] == position, f"offset {case['offset']}, expected {position}"
    assert case["steps"] >= FEWEST_STEPS, f"{case['steps']} steps"
    assert case["tensors"] and all(s > 0 for t in case["tensors"] for s in t["shape"]), "a tensor without elements"
    assert case["states"][0] == "accumulator" and set(case["states"]) <= STATES, case["states"]
    n, count = elements(case)
    values = np.frombuffer(data, ITEM[case["dtype"]], count, position)
    assert np.isfinite(values).all(), "not finite"
    first = int(np.prod(case["tensors"][0]["shape"]))
    assert (values[:first] != 0).all(), "an initial weight is zero"
    per_step = values[n * (1 + len(case["states"])):].reshape(case["steps"], -1)
    assert (per_step[1:, first:2 * first] != per_step[:-1, first:2 * first]).any(), "the weights never move"
    return position + values.nbytes


def check_system(system):
    about = json.loads((DATA / f"{system}.json").read_text())
    data = (DATA / f"{system}.bin").read_bytes()
    assert about["system"] == system and all(about[k] for k in ("version", "configuration", "capability")), "what was run is not told"
    position, names = 0, collections.Counter()
    for case in about["cases"]:
        try:
            position = check_case(case, position, data)
        except AssertionError as fault:
            raise AssertionError(f"{case['name']}: {fault}") from fault
        names[case["name"]] += 1
    assert position == len(data), f"{len(data)} bytes, {position} described"
    assert max(names.values()) == 1, f"twice: {names.most_common(1)}"
    missing = set(VARIANTS[system]) - {c["variant"] for c in about["cases"]}
    assert not missing, f"no case of {sorted(missing)}"
    print(f"{system}: {len(about['cases'])} cases, {len(data)} bytes, version {about['version']}")
    return len(about["cases"])


def main():
    faults, cases = [], 0
    for system in VARIANTS:
        try:
            cases += check_system(system)
        except (AssertionError, OSError, KeyError, ValueError) as fault:
            faults.append(f"{system}: {fault}")
    size = sum(p.stat().st_size for p in DATA.iterdir())
    strangers = {p.stem for p in DATA.iterdir()} - set(VARIANTS) - {"schedules"}  # rates, not steps: test_schedule reads them
    if strangers:
        faults.append(f"unknown files: {sorted(strangers)}")
    if cases < FEWEST_CASES:
        faults.append(f"{cases} cases, at least {FEWEST_CASES} are wanted")
    if size > MOST_BYTES:
        faults.append(f"{size} bytes, at most {MOST_BYTES} are wanted")
    print(f"{cases} cases, {size} bytes")
    for fault in faults:
        print(f"FAILED {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
