"""Part of inconsistencies.py: optax, compiled by XLA for the instruction set that XLA_FLAGS allows."""

import jax
import numpy as np
import optax

from arithmetic import fma


def row(what, case, results):
    print(f"{what} | {case} | {results}")


def step(w, total, g, jit, dtype=np.float32):
    optimizer = optax.adagrad(1.0, total, 0.0)
    weights = jax.numpy.array([w], dtype)

    def one(gradients, state, weights):
        updates, state = optimizer.update(gradients, state, weights)
        return optax.apply_updates(weights, updates), state
    weights, state = (jax.jit(one) if jit else one)(jax.numpy.array([g], dtype), optimizer.init(weights), weights)
    return float(weights[0]), float(state[0].sum_of_squares[0])


def roots():
    for dtype in (np.float32, np.float64):
        x = (np.arange(1, 100001) / 100003 * 3 + 1).astype(dtype)
        got = np.asarray(jax.lax.rsqrt(jax.numpy.asarray(x)))
        exact = (1 / np.sqrt(x.astype(np.float64 if dtype == np.float32 else np.longdouble))).astype(dtype)
        composed = 1 / np.sqrt(x)
        ulps = np.abs(got - exact) / np.spacing(exact)
        row(f"rsqrt, {dtype.__name__}", f"rsqrt({float(x[np.argmax(got != exact)])!r})",
            f"{int((got != exact).sum())} of {x.size} in [1, 4] not correctly rounded, at most {ulps.max():.0f} ulp; "
            f"{int((got != composed).sum())} differ from 1/sqrt")


def joined():
    random = np.random.default_rng(1)
    g, total = random.random(100).astype(np.float32), random.random(100).astype(np.float32)
    i = int(np.argmax(fma(g, g, total) != total + g * g))
    eager, compiled = (step(1.0, float(total[i]), float(g[i]), jit)[1] for jit in (False, True))
    row("accumulate: eager and jit", f"{float(total[i])!r} + {float(g[i])!r}²", f"{eager!r}, {compiled!r}")
    for g in random.random(200):
        eager, compiled = (step(0.75, 3.0, float(np.float32(g)), jit)[0] for jit in (False, True))
        if eager != compiled:
            row("weights: eager and jit", f"w 0.75, G 3, g {float(np.float32(g))!r}, learning_rate 1, eps 0", f"{eager!r}, {compiled!r}")
            return
    row("weights: eager and jit", "", "no difference in 200")


if __name__ == "__main__":
    roots()
    joined()
