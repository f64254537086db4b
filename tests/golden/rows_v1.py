#!/usr/bin/env python3
"""Computes the constant of adagrad_verify's script rows-v1 from the specification, with numpy and nothing of the library.

    rows_v1.py               prints the SHA-256
    rows_v1.py --check HEX   exits 1 unless it is HEX (adagrad_verify --list prints the library's)

Written against the rule for tables of rows, not against the C++: one array operation of numpy is one IEEE-754 rounding.
"""

import numpy as np

from constant import main
from splitmix64 import U64, SplitMix64

LEARNING_RATE, DECAY, STEPS = 0.05, 0.003, 80
DEFAULTS = {"inside": False, "before": False, "epsilon": 1e-8, "coupled": 0.0, "lasso": 0.0, "padding": None, "bags": 0, "pooled": "sum", "weighted": False}
# rows, width, indices, accumulators, duplicates, and what differs from the defaults
RUNS = [
    (40, 17, 50, "each", "sum", {}),
    (40, 33, 45, "each", "mean", {"epsilon": 1e-7, "inside": True}),
    (9, 64, 25, "each", "sequential", {"epsilon": 0.0, "before": True, "padding": 4}),
    (41, 5, 30, "each", "unique", {}),
    (40, 64, 50, "one", "sum", {}),
    (40, 19, 45, "one", "mean", {"epsilon": 0.0, "before": True, "padding": 1}),
    (9, 3, 25, "one", "sequential", {"epsilon": 1e-7, "inside": True}),
    (41, 100, 30, "one", "unique", {"lasso": 0.05}),
    (4, 4099, 4, "one", "sum", {}),
    (40, 32, 60, "each", "sum", {"bags": 20, "weighted": True}),
    (40, 21, 60, "one", "sum", {"bags": 20, "pooled": "mean"}),
    (40, 8, 60, "one", "mean", {"bags": 20, "pooled": "mean", "weighted": True, "coupled": 0.01}),
]


def exponents(z, dtype, bags):
    """Three in four in (-20, 0]. A sixteenth each at the lower and the upper end of what squares allow, an eighth anywhere."""
    lowest, highest, far = (-45, 50, 10) if dtype is np.float32 else (-514, 503, 60)
    low, kind = z & U64(0xFFFFFFFF), z >> U64(60)
    near = -(low % U64(20)).astype(np.int32)
    if bags:
        return near
    ends = np.where(kind == 0, lowest + (low % U64(far)).astype(np.int32), highest - (low % U64(8)).astype(np.int32))
    return np.where(kind < 2, ends, np.where(kind < 4, lowest + (low % U64(highest - lowest + 1)).astype(np.int32), near))


def values(z, scale, dtype):
    """Odd integers of all the bits of the significand, times 2^(scale - 0..7); bits 0 to 2 shift, bit 3 is the sign, 0 where bits 4 to 7 are."""
    digits = np.finfo(dtype).nmant + 1
    size = np.ldexp((z >> U64(64 - digits) | U64(1)).astype(dtype), scale - digits - (z & U64(7)).astype(np.int32))
    signed = np.where(z >> U64(3) & U64(1) != 0, -size, size)
    return np.where(z >> U64(4) & U64(15) == 0, dtype(0), signed)


def ordered_sum(x):
    """Squares in double: tiles of 4,096, element i to lane i mod 16, lanes halved at a tile's end, tiles in order."""
    total = np.float64(0)
    for tile in range(0, len(x), 4096):
        part = x[tile:tile + 4096]
        squares = np.zeros(-(-len(part) // 16) * 16)
        squares[:len(part)] = part * part
        lanes = np.zeros(16)
        for group in squares.reshape(-1, 16):
            lanes = lanes + group
        for half in (8, 4, 2, 1):
            lanes = lanes[:half] + lanes[half:2 * half]
        total = total + lanes[0]
    return total


def safe_sum(x):
    """The sum and the exponent by whose square it was scaled down."""
    x = x.astype(np.float64)
    with np.errstate(over="ignore"):
        total = ordered_sum(x)
    if total == 0 or 2.0**-900 <= total <= 2.0**1000:
        return total, 0
    exponent = int(np.frexp(np.abs(x).max())[1]) - 1
    return ordered_sum(np.ldexp(x, -exponent)), exponent


def mean_of_squares(g):
    total, exponent = safe_sum(g)
    return g.dtype.type(np.ldexp(total / np.float64(len(g)), 2 * exponent))


def norm(w):
    total, exponent = safe_sum(w)
    return w.dtype.type(np.ldexp(np.sqrt(total), exponent))


def update_row(w, G, g, rate, accumulators, options):
    """In place: w is a row, G its accumulators (one, or as many), g the combined gradient."""
    T = w.dtype.type
    lr, epsilon = T(rate), T(options["epsilon"])
    if options["coupled"]:
        g = g + T(options["coupled"]) * w
    square = g * g if accumulators == "each" else mean_of_squares(g)
    new_G = G + square
    used = G if options["before"] else new_G
    H = np.sqrt(used + epsilon) if options["inside"] else np.sqrt(used) + epsilon
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = np.where(H == 0, w, w - (lr * g) / H)
    if options["lasso"] and used[0] > 0:
        n = norm(moved)
        factor = T(0) if n == 0 else max(T(1) - T(rate * options["lasso"]) / (H[0] * n), T(0))
        moved = moved * factor
    w[:], G[:] = moved, new_G


def draw_indices(random, rows, count, duplicates):
    z = random.draw(count)
    high = z >> U64(32)
    if duplicates == "unique":
        first, stride = int(high[0]) % rows, 1 + int(high[1]) % (rows - 1)
        return [(first + i * stride) % rows for i in range(count)]
    return [int(h) % (rows if int(v) & 1 else 1 + rows // 8) for h, v in zip(high, z)]


def draw_bags(random, count, width, options, dtype):
    """One gradient for each index."""
    bags = options["bags"]
    starts = [0]
    for length in random.draw(bags - 1) % U64(5):
        starts.append(min(count, starts[-1] + int(length)))
    scales = -(np.arange(bags, dtype=np.int32) % 12)
    gradients = values(random.draw(bags * width).reshape(bags, width), scales[:, None], dtype)
    weights = ((random.draw(count) >> U64(61)).astype(dtype) - dtype(2)) / dtype(4) if options["weighted"] else np.ones(count, dtype)
    expanded = np.empty((count, width), dtype)
    for bag, (begin, end) in enumerate(zip(starts, starts[1:] + [count])):
        for i in range(begin, end):
            factor = weights[i] / dtype(end - begin) if options["pooled"] == "mean" else weights[i]
            expanded[i] = factor * gradients[bag]
    return expanded


def train(dtype, run, seed):
    rows, width, count, accumulators, duplicates, changes = run
    options = DEFAULTS | changes
    random = SplitMix64(seed)
    G_width = width if accumulators == "each" else 1
    scales = exponents(random.draw(rows), dtype, options["bags"] > 0)
    w = values(random.draw(rows * width), 2, dtype).reshape(rows, width)
    z = random.draw(rows * G_width).reshape(rows, G_width)
    G = np.where(z >> U64(62) == 0, dtype(0), np.ldexp((U64(1) + (z & U64(255))).astype(dtype), 2 * scales[:, None] - 8))

    for it in range(STEPS):
        rate = LEARNING_RATE * (1.0 / (1.0 + DECAY * float(it)))
        indices = draw_indices(random, rows, count, duplicates)
        if options["bags"]:
            g = draw_bags(random, count, width, options, dtype)
        else:
            g = values(random.draw(count * width).reshape(count, width), scales[indices][:, None], dtype)
        appearances = {}
        for position, row in enumerate(indices):
            if row != options["padding"]:
                appearances.setdefault(row, []).append(position)
        for row, positions in appearances.items():
            if duplicates == "sequential":
                for position in positions:
                    update_row(w[row], G[row], g[position], rate, accumulators, options)
                continue
            total = g[positions[0]]
            for position in positions[1:]:
                total = total + g[position]
            if duplicates == "mean" and len(positions) > 1:
                total = total / dtype(len(positions))
            update_row(w[row], G[row], total, rate, accumulators, options)

    assert w.dtype == dtype and G.dtype == dtype and np.isfinite(w).all() and np.isfinite(G).all()
    return [w, G]


def final_state():
    return [x for number, run in enumerate(RUNS) for dtype in (np.float32, np.float64) for x in train(dtype, run, seed=201 + number)]


if __name__ == "__main__":
    main("rows-v1", final_state)
