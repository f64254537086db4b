#!/usr/bin/env python3
"""Records Keras 1's Adagrad, written out in numpy: keras/optimizers.py and keras/constraints.py of Keras 1.2.2.

    generate_keras1.py DATA_FOLDER

One array operation of numpy is one IEEE-754 rounding. Keras summed norms in its backend's order; here they are summed in double in the fixed order of
`sum_of_squares`, so that the bits can be compared.
"""

import sys

import numpy as np

from inputs import Random
from record import DTYPES, Recorder, tensors_of


def sum_of_squares(x):
    """In double: tiles of 4,096 elements, element i of a tile into lane i mod 16, lanes added l + (l+8), then 4, 2, 1, tiles in order."""
    total = 0.0
    x = x.astype(np.float64).ravel()
    for start in range(0, x.size, 4096):
        tile = x[start:start + 4096]
        lanes = np.zeros(16)
        for row in range(0, tile.size, 16):
            part = tile[row:row + 16]
            lanes[:part.size] += part * part
        for half in (8, 4, 2, 1):
            lanes = lanes[:half] + lanes[half:]
        total += lanes[0]
    return total


def axis_norms(p, axes):
    """The norm over `axes` for every position of the others, rounded once to p's type; the axes are kept with length 1."""
    kept = [i for i in range(p.ndim) if i not in axes]
    rows = p.transpose(kept + list(axes)).reshape([p.shape[i] for i in kept] + [-1])
    flat = rows.reshape(-1, rows.shape[-1])
    norms = np.array([np.sqrt(sum_of_squares(r)) for r in flat]).astype(p.dtype)
    return norms.reshape([1 if i in axes else n for i, n in enumerate(p.shape)])


def constrained(p, kind, c):
    t = p.dtype.type
    if kind == "nonneg":
        return p * (p >= 0)
    if kind == "maxnorm":
        norms = axis_norms(p, c["axis"])
        return p * (np.minimum(norms, t(c["m"])) / (t(1e-7) + norms))
    if kind == "unitnorm":
        return p / (t(1e-7) + axis_norms(p, c["axis"]))
    return p


def clipped(gradients, options):
    if "clipnorm" in options:
        norm = np.sqrt(sum(sum_of_squares(g) for g in gradients))
        if norm > options["clipnorm"]:
            gradients = [g * g.dtype.type(options["clipnorm"] / norm) for g in gradients]
    if "clipvalue" in options:
        gradients = [np.clip(g, -g.dtype.type(options["clipvalue"]), g.dtype.type(options["clipvalue"])) for g in gradients]
    return gradients


def record(recorder, random, variant, dtype, options, shapes, tensor_options=None, steps=50):
    kind = DTYPES[dtype]
    tensor_options = tensor_options or [{}] * len(shapes)
    p = [random.weights(s, kind) for s in shapes]
    a = [np.zeros(s, kind) for s in shapes]
    epsilon = kind(options["epsilon"])

    def step(it):
        gradients = [random.gradients(s, kind) for s in shapes]
        lr = kind(options["lr"] * (1. / (1. + options["decay"] * it)))
        for i, g in enumerate(clipped(gradients, options)):
            a[i] = a[i] + np.square(g)
            new_p = p[i] - lr * g / (np.sqrt(a[i]) + epsilon)
            p[i] = constrained(new_p, tensor_options[i].get("constraint"), tensor_options[i])
        return gradients, p, [a]

    recorder.case(variant, dtype, options, tensors_of(shapes, tensor_options), ["accumulator"], steps, (p, [a]), step)


def options_of(random):
    return {"lr": random.decimal(-2, -1), "epsilon": random.choice([1e-8, random.decimal(-8, -2)]),
            "decay": random.choice([0.0, random.decimal(-4, -1)])}


def main(folder):
    recorder = Recorder("keras1", "1.2.2", f"the formulas of Keras 1.2.2 written out in numpy; numpy {np.__version__}", "numpy", "")
    random = Random(0x6B6572617331)
    for dtype, count in (("f32", 10), ("f64", 4)):
        for _ in range(count):
            record(recorder, random, "plain", dtype, options_of(random), random.shapes(dtype, random.choice([1, 1, 2])))
        for key in ("clipnorm", "clipvalue"):
            for _ in range(3 if dtype == "f32" else 1):
                options = {**options_of(random), key: random.decimal(-1, 0)}
                record(recorder, random, key, dtype, options, random.shapes(dtype, random.choice([1, 2, 3])))
        both = {**options_of(random), "clipnorm": random.decimal(0, 0), "clipvalue": random.decimal(-1, -1)}
        record(recorder, random, "clipnorm+clipvalue", dtype, both, random.shapes(dtype, 2))
        record(recorder, random, "nonneg", dtype, options_of(random), random.shapes(dtype, 2), [{"constraint": "nonneg"}, {}])
        for shape, axis in (((6, 5), [0]), ((3, 7), [1]), ((17,), [0]), ((2, 2, 3, 4), [0, 1, 2])):
            maximum = {"constraint": "maxnorm", "m": random.decimal(0, 0), "axis": axis}
            record(recorder, random, "maxnorm", dtype, options_of(random), [shape], [maximum])
            record(recorder, random, "unitnorm", dtype, options_of(random), [shape], [{"constraint": "unitnorm", "axis": axis}])
    for dtype, shape in (("f32", (3,)), ("f64", (2,))):
        options = {"lr": 0.05, "epsilon": 1e-8, "decay": 0.01}
        record(recorder, random, "thousand_steps", dtype, options, [shape], steps=1000)
    for dtype in ("f32", "f64"):
        both = {"lr": 0.05, "epsilon": 1e-8, "decay": 0.01, "clipnorm": 1.5, "clipvalue": 0.7}
        record(recorder, random, "thousand_steps+clipnorm+clipvalue+nonneg", dtype, both, [(2,)], [{"constraint": "nonneg"}], steps=1000)
        norm = {"lr": 0.05, "epsilon": 1e-8, "decay": 0.002, "clipnorm": 0.9}
        record(recorder, random, "thousand_steps+clipnorm+maxnorm", dtype, norm, [(2, 2)], [{"constraint": "maxnorm", "m": 0.8, "axis": [0]}], steps=1000)
    recorder.save(folder)


if __name__ == "__main__":
    main(sys.argv[1])
