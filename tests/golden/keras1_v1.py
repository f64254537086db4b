#!/usr/bin/env python3
"""Computes the constant of adagrad_verify's script keras1-v1: Keras 1's Adagrad in numpy, with nothing of the library.

    keras1_v1.py               prints the SHA-256
    keras1_v1.py --check HEX   exits 1 unless it is HEX (adagrad_verify --list prints the library's)

Keras 1's update of a parameter p with gradient g and accumulator a, at iteration `it`:

    lr = lr * (1. / (1. + decay * it));  a = a + g**2;  p = p - lr * g / (sqrt(a) + epsilon)

The rate is formed in double and rounded once to the parameter's type. Every operation of numpy is one IEEE-754 rounding.
"""

import numpy as np

from constant import main
from splitmix64 import U64, SplitMix64

EPSILON, STEPS = 1e-8, 1000
RUNS = [(0, 0.01, 1e-2), (2**24 - 500, 0.05, 1e-6), (2**32 - 500, 0.5, 1e-9)]  # first iteration, lr, decay
SIZES = [1, 1, 3, 7, 17, 0, 130, 33, 1003, 517]  # float32 and float64 in turns


def values(z):
    size = ((z >> U64(40) | U64(1)) & U64(0xFFFFFF)).astype(np.float64) * 2.0**-24
    return np.ldexp(np.where(z & U64(1) != 0, -size, size), -((z >> U64(1)) & U64(15)).astype(np.int32))


def gradients(z):
    return np.where((z >> U64(5)) & U64(15) == 0, 0.0, values(z))


def train(start, base, decay, seed):
    random = SplitMix64(seed)
    types = [np.float32 if i % 2 == 0 else np.float64 for i in range(len(SIZES))]
    p = [values(random.draw(n)).astype(t) for n, t in zip(SIZES, types)]
    a = [np.zeros(n, t) for n, t in zip(SIZES, types)]
    for it in range(start, start + STEPS):
        lr = base * (1. / (1. + decay * it))
        for i, (n, t) in enumerate(zip(SIZES, types)):
            g = gradients(random.draw(n)).astype(t)
            a[i] = a[i] + g * g
            p[i] = p[i] - t(lr) * g / (np.sqrt(a[i]) + t(EPSILON))
    assert all(x.dtype == t and y.dtype == t and np.isfinite(x).all() for x, y, t in zip(p, a, types))
    return [x for pair in zip(p, a) for x in pair]


def final_state():
    return [x for number, run in enumerate(RUNS) for x in train(*run, seed=101 + number)]


if __name__ == "__main__":
    main("keras1-v1", final_state)
