"""Correctly rounded operations that numpy lacks."""

from fractions import Fraction

import numpy as np


def _fma32(a, b, c):
    """float32 through float64: the product is exact, the sum is rounded to odd, so that the second rounding is the only one."""
    p, c = np.multiply(a, b, dtype=np.float64), np.asarray(c, np.float64)
    s = p + c
    back = s - p
    error = (p - (s - back)) + (c - back)
    even = (s.view(np.int64) & 1) == 0
    toward = np.where(error > 0, np.inf, -np.inf)
    return np.where((error != 0) & even, np.nextafter(s, toward), s).astype(np.float32)


def _fma64_one(a, b, c):
    if a * b == 0.0:
        return a * b + c
    return float(Fraction(a) * Fraction(b) + Fraction(c))


_fma64 = np.vectorize(_fma64_one, otypes=[np.float64])


def fma(a, b, c):
    """a * b + c with one rounding, for finite arrays of one dtype."""
    a, b, c = np.broadcast_arrays(a, b, c)
    if a.dtype == np.float32:
        return _fma32(a, b, c)
    return _fma64(a, b, c) if a.size else np.array(a + b + c)
