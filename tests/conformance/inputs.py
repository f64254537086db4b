"""Random options, shapes, weights and gradients, the same in every version of Python and numpy."""

import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "golden"))
from splitmix64 import U64, SplitMix64  # noqa: E402

# Around the vector widths, where a system's loop over whole vectors ends and its tail begins.
SIZES = [1, 2, 3, 4, 5, 7, 8, 9, 11, 13, 15, 16, 17, 19, 23, 24, 31, 32, 33, 35, 47]
SMALL = [n for n in SIZES if n <= 17]
LARGE = [63, 64, 65, 67]


class Random(SplitMix64):
    def integer(self, low, high):
        """From low to high, both included."""
        return low + int(self.draw(1)[0] % U64(high - low + 1))

    def choice(self, values):
        return values[self.integer(0, len(values) - 1)]

    def chance(self, percent):
        return self.integer(1, 100) <= percent

    def decimal(self, low, high):
        """A number with three digits and a decimal exponent from low to high: short in the file, seldom exact in binary."""
        return float(f"{self.integer(1, 9)}.{self.integer(0, 99):02d}e{self.integer(low, high)}")

    def shapes(self, dtype, count=1):
        """One-dimensional; the wide type and sets of several tensors are kept small, because the data is committed."""
        sizes = SIZES if dtype == "f32" and count == 1 else SMALL
        return [(self.choice(LARGE if self.chance(4) else sizes),) for _ in range(count)]

    def _mantissas(self, n, digits):
        z = self.draw(n)
        size = ((z >> U64(64 - digits)) | U64(1)).astype(np.float64) * 2.0**-digits
        return np.where(self.draw(n) >> U64(63) != 0, -size, size)

    def _values(self, shape, dtype, low, high):
        n = int(np.prod(shape))
        digits = 24 if dtype == np.float32 else 53
        exponents = low + (self.draw(n) % U64(high - low + 1)).astype(np.int32)
        return np.ldexp(self._mantissas(n, digits), exponents).astype(dtype).reshape(shape)

    def weights(self, shape, dtype):
        return self._values(shape, dtype, -3, 1)

    def gradients(self, shape, dtype):
        """Exponents from -24 to 5, mostly from -6 to 1; one in sixteen is zero."""
        wide, narrow = self._values(shape, dtype, -24, 5), self._values(shape, dtype, -6, 1)
        z = self.draw(wide.size).reshape(shape)
        g = np.where(z & U64(3) == 0, wide, narrow)
        return np.where((z >> U64(2)) & U64(15) == 0, dtype(0), g).astype(dtype)
