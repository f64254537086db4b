#!/usr/bin/env python3
"""Compares the recorded data with the models, every step from the recorded arrays before it.

    compare.py [SYSTEM...]   prints a table: differing elements of the weights and of each state

Model "own" is the system's own order of operations, "library" the expressions that the library promises. Bounds: in ulps of the larger of an array's
values before and after the step; and the least number of ulps by which the model's update must be moved to give the recorded weight.
"""

import argparse
import functools

import numpy as np

import model_keras3
import model_library
import models
from recorded import load, systems

OWN, LIBRARY = "own", "library"
MODELS = {
    "torch": {OWN: models.torch, LIBRARY: model_library.torch},
    "torch_default": {OWN: functools.partial(models.torch, contracted=False)},
    "tensorflow": {OWN: models.tensorflow, LIBRARY: model_library.tensorflow},
    "optax": {OWN: models.optax, LIBRARY: model_library.optax},
    "optax_sse4_2": {OWN: functools.partial(models.optax, contracted=False), LIBRARY: model_library.optax},
    "keras1": {OWN: models.keras1},
    "keras3": {OWN: model_keras3.keras3, LIBRARY: model_library.keras3},
    "keras3_tensorflow": {OWN: functools.partial(model_keras3.keras3, backend="tensorflow"), LIBRARY: model_library.keras3},
    "keras3_torch": {OWN: functools.partial(model_keras3.keras3, backend="torch"), LIBRARY: model_library.keras3},
}


def ulps_of_update(recorded, model):
    """The recorded weight is some w - u' rounded: how far at least is u' from the model's u, in ulps of u?"""
    w, u = model["before"].astype(np.longdouble), model["update"].astype(np.longdouble)
    off = np.abs(recorded - (w - u)) - np.spacing(np.abs(recorded)).astype(np.longdouble) / 2
    return float(np.max(np.maximum(off, 0) / np.spacing(np.abs(model["update"]))))


def ulps_of_array(recorded, before, model, scale):
    """In ulps of the largest of the values before and after the step and of `scale`: what their sum can lose."""
    size = np.maximum(np.maximum(np.abs(recorded), np.abs(before)), scale)
    return float(np.max(np.abs(recorded - model) / np.spacing(size)))


class Row:
    """What is printed of all cases of one variant and type."""

    def __init__(self):
        self.cases, self.counts, self.ulps, self.update, self.first = 0, {}, {}, 0.0, ""

    def add(self, case, model):
        self.cases += 1
        before = case.initial
        for k, now in enumerate(case.steps):
            for i, predicted in enumerate(model(case, k, before, [t["gradients"] for t in now])):
                for name in ["weights", *case.states]:
                    self._add_array(case, k, i, name, before[i][name], now[i][name], predicted)
            before = now

    def _add_array(self, case, k, i, name, before, recorded, predicted):
        assert predicted[name].dtype == case.type, (case.name, name)
        bits = {4: np.uint32, 8: np.uint64}[recorded.itemsize]
        differs = recorded.view(bits) != np.ascontiguousarray(predicted[name]).view(bits)
        count = self.counts.setdefault(name, [0, 0])
        count[0] += int(differs.sum())
        count[1] += differs.size
        if differs.any():
            self.first = self.first or f"{case.name} step {k} tensor {i} {name}[{int(np.argmax(differs))}]"
            self.ulps[name] = max(self.ulps.get(name, 0.0), ulps_of_array(recorded, before, predicted[name], predicted.get("scale", 0)))
            if name == "weights" and "update" in predicted:
                self.update = max(self.update, ulps_of_update(recorded, predicted))

    def cells(self):
        if not self.first:
            return [f"0 of {sum(size for _, size in self.counts.values())}", "", "", ""]
        counts = ", ".join(f"{name} {differing} of {size}" for name, (differing, size) in self.counts.items())
        ulps = ", ".join(f"{name} {n:.2g}" for name, n in self.ulps.items())
        return [counts, ulps, f"{self.update:.2g}" if self.update else "", self.first]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("systems", nargs="*", default=systems(), metavar="SYSTEM")
    print("| system | variant | type | model | cases | differing | ulps of the array | ulps of the update | first |")
    print("|---|---|---|---|---|---|---|---|---|")
    for system in parser.parse_args().systems:
        _, cases = load(system)
        for kind, model in MODELS[system].items():
            rows = {}
            for case in cases:
                rows.setdefault((case.variant, case.dtype), Row()).add(case, model)
            for (variant, dtype), row in rows.items():
                print(f"| {system} | {variant} | {dtype} | {kind} | {row.cases} | {' | '.join(row.cells())} |")


if __name__ == "__main__":
    main()
