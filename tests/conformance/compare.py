#!/usr/bin/env python3
"""Compares the recorded data with the models, every step from the recorded arrays before it.

    compare.py [SYSTEM...]   prints a table: differing elements of the weights and of each state

The last column is for the weights that differ: the least number of ulps by which the model's update must be moved to give the recorded weight.
"""

import argparse
import functools

import numpy as np

import model_keras3
import models
from recorded import load, systems

MODELS = {
    "torch": {"": models.torch, "rate in two roundings": functools.partial(models.torch, contracted_rate=False)},
    "torch_default": {"": functools.partial(models.torch, contracted=False)},
    "tensorflow": {"": models.tensorflow},
    "optax": {"": models.optax},
    "keras1": {"": models.keras1},
    "keras3": {"": model_keras3.keras3, "norms in double": functools.partial(model_keras3.keras3, squares=model_keras3.double_squares)},
    "keras3_tensorflow": {"": functools.partial(model_keras3.keras3, backend="tensorflow")},
    "keras3_torch": {"": functools.partial(model_keras3.keras3, backend="torch")},
}


def ulps_of_update(recorded, model):
    """The recorded weight is some w - u' rounded: how far at least is u' from the model's u, in ulps of u?"""
    w, u = model["before"].astype(np.longdouble), model["update"].astype(np.longdouble)
    off = np.abs(recorded - (w - u)) - np.spacing(np.abs(recorded)).astype(np.longdouble) / 2
    return float(np.max(np.maximum(off, 0) / np.spacing(np.abs(model["update"]))))


def differences(case, model):
    """{array: [elements, differing]}, largest number of ulps of the update, names of the first differing element"""
    counts, worst, first = {}, 0.0, None
    before = case.initial
    for k, now in enumerate(case.steps):
        for i, predicted in enumerate(model(case, k, before, [t["gradients"] for t in now])):
            for name in ["weights", *case.states]:
                assert predicted[name].dtype == case.type, (case.name, name)
                differs = now[i][name] != predicted[name]
                count = counts.setdefault(name, [0, 0])
                count[0] += differs.size
                count[1] += int(differs.sum())
                if differs.any():
                    first = first or (k, i, name, int(np.argmax(differs)))
            if "update" in predicted and (now[i]["weights"] != predicted["weights"]).any():
                worst = max(worst, ulps_of_update(now[i]["weights"], predicted))
        before = now
    return counts, worst, first


def rows_of(system):
    _, cases = load(system)
    rows = {}
    for kind, model in MODELS[system].items():
        for case in cases:
            row = rows.setdefault((kind, case.variant, case.dtype), {"cases": 0, "counts": {}, "worst": 0.0, "first": None})
            counts, worst, first = differences(case, model)
            row["cases"] += 1
            row["worst"] = max(row["worst"], worst)
            row["first"] = row["first"] or (first and (case.name, *first))
            for name, (size, differing) in counts.items():
                total = row["counts"].setdefault(name, [0, 0])
                total[0] += size
                total[1] += differing
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("systems", nargs="*", default=systems(), metavar="SYSTEM")
    for system in parser.parse_args().systems:
        for (kind, variant, dtype), row in rows_of(system).items():
            counts = ", ".join(f"{name} {differing}/{size}" for name, (size, differing) in row["counts"].items())
            ulps = f"{row['worst']:.2f}" if row["worst"] else "-"
            where = " first: {} step {} tensor {} {}[{}]".format(*row["first"]) if row["first"] else ""
            print(f"{system} | {variant} | {dtype} | {kind} | {row['cases']} cases | {counts} | {ulps} |{where}")


if __name__ == "__main__":
    main()
