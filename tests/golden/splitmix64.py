"""The generator of the scripts' inputs."""

import numpy as np

U64 = np.uint64


class SplitMix64:
    """The generator of Steele, Lea and Flood (OOPSLA 2014): number k is a function of seed + (k+1) * gamma."""

    def __init__(self, seed):
        self.seed, self.drawn = seed, 0

    def draw(self, count):
        k = np.arange(self.drawn + 1, self.drawn + count + 1, dtype=U64)
        self.drawn += count
        z = U64(self.seed) + k * U64(0x9E3779B97F4A7C15)  # arrays of unsigned integers wrap around
        z = (z ^ (z >> U64(30))) * U64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> U64(27))) * U64(0x94D049BB133111EB)
        return z ^ (z >> U64(31))
