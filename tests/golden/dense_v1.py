#!/usr/bin/env python3
"""Computes the constant of adagrad_verify's script dense-v1 from the specification, with numpy and nothing of the library.

    dense_v1.py               prints the SHA-256
    dense_v1.py --check HEX   exits 1 unless it is HEX (adagrad_verify --list prints the library's)

Written against the rule, not against the C++: one array operation of numpy is one IEEE-754 rounding. Runs with numpy 1.24 and newer.
"""

import numpy as np

from constant import main
from splitmix64 import U64, SplitMix64

LEARNING_RATE, DECAY, STEPS = 0.05, 0.003, 1000
# (floats, doubles, is epsilon inside the root, is the denominator formed before accumulating, epsilon)
RULES = [
    (2051, 1003, False, False, 1e-8),
    (1003, 515, True, False, 1e-7),
    (515, 251, False, True, 0.0),
    (251, 131, True, True, 1e-12),
]


def magnitudes(z, dtype):
    """Exponents of the gradients' size: one element in four anywhere in the type's useful range, the others in [-40, 24)."""
    lowest, span = (-66, 117) if dtype is np.float32 else (-515, 1011)
    low = z & U64(0xFFFFFFFF)
    anywhere = lowest + (low % U64(span)).astype(np.int32)
    return np.where(z >> U64(62) == 0, anywhere, (low % U64(64)).astype(np.int32) - 40)


def integers(z, dtype, digits):
    """Signed integers of at most `digits` bits, as floats (exactly): bit 63 the sign, the next bits the size, shifted right by
    bits 0 to 2; zero where bits 3 to 6 are zero."""
    size = (((z << U64(1)) >> U64(64 - digits)) >> (z & U64(7))).astype(np.int64)
    signed = np.where(z >> U64(63) != 0, -size, size)
    return np.where((z >> U64(3)) & U64(15) == 0, 0, signed).astype(dtype)


def train(dtype, rule, seed):
    floats, doubles, inside, before, epsilon = rule
    count = floats if dtype is np.float32 else doubles
    digits = np.finfo(dtype).nmant + 1
    epsilon = dtype(epsilon)
    random = SplitMix64(seed)

    exponents = magnitudes(random.draw(count), dtype)
    scales = np.ldexp(dtype(1), exponents - digits)
    z = random.draw(count)
    w = np.ldexp(integers(z, dtype, digits), 2 - digits - 4 * ((z >> U64(7)) & U64(7)).astype(np.int32))
    z = random.draw(count)
    start = np.ldexp((U64(1) + (z & U64(255))).astype(dtype), 2 * exponents - 8)
    G = np.where(z >> U64(62) == 0, dtype(0), start)

    for it in range(STEPS):
        g = integers(random.draw(count), dtype, digits) * scales
        lr = dtype(LEARNING_RATE * (1.0 / (1.0 + DECAY * float(it))))
        new_G = G + g * g
        used = G if before else new_G
        H = np.sqrt(used + epsilon) if inside else np.sqrt(used) + epsilon
        with np.errstate(divide="ignore", invalid="ignore"):
            w = np.where(H == 0, w, w - (lr * g) / H)
        G = new_G

    assert w.dtype == dtype and G.dtype == dtype and np.isfinite(w).all() and np.isfinite(G).all()
    return [w, G]


def final_state():
    arrays = []
    for dtype in (np.float32, np.float64):
        for rule in RULES:
            arrays += train(dtype, rule, seed=len(arrays) // 2 + 1)
    return arrays


if __name__ == "__main__":
    main("dense-v1", final_state)
