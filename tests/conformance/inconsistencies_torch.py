"""Part of inconsistencies.py: PyTorch, with the kernels that ATEN_CPU_CAPABILITY and MKL_CBWR choose."""

import numpy as np
import torch

from arithmetic import fma

torch.set_num_threads(1)
KINDS = {"single": {"foreach": False}, "foreach": {"foreach": True}, "fused": {"fused": True}}


def row(what, case, results):
    print(f"{what} | {case} | {results}")


def step(kind, w, g, **options):
    p = torch.nn.Parameter(torch.tensor([w] if isinstance(w, float) else w, dtype=options.pop("dtype", torch.float32)))
    optimizer = torch.optim.Adagrad([p], **KINDS[kind], **options)
    gradients = g if isinstance(g, list) else [g]
    for one in gradients:
        p.grad = torch.full_like(p, one)
        optimizer.step()
    return p.detach().tolist()[0], optimizer.state[p]["sum"].tolist()[0]


def roots():
    for dtype in (np.float32, np.float64):
        x = np.arange(1, 1000001).astype(dtype)
        x = (x / x.dtype.type(1000003) * 3 + 1).astype(dtype)
        got, right = torch.sqrt(torch.from_numpy(x)).numpy(), np.sqrt(x)
        wrong = np.flatnonzero(got != right)
        case = f"sqrt({float(x[wrong[0]])!r})" if wrong.size else ""
        results = f"{float(got[wrong[0]])!r}, correctly rounded {float(right[wrong[0]])!r}; " if wrong.size else ""
        row(f"torch.sqrt, {dtype.__name__}", case, f"{results}{wrong.size} of {x.size} in [1, 4] wrong")


def accumulation():
    """Is g*g rounded before it is added? And is the same true of weight decay?"""
    random = np.random.default_rng(1)
    g, total = random.random(100).astype(np.float32), random.random(100).astype(np.float32)
    i = int(np.argmax(fma(g, g, total) != total + g * g))
    for kind in KINDS:
        got = step(kind, 1.0, float(g[i]), initial_accumulator_value=float(total[i]))[1]
        name = "one rounding" if got == float(fma(g[i:i + 1], g[i:i + 1], total[i:i + 1])[0]) else "two roundings"
        row(f"accumulate, {kind}", f"{float(total[i])!r} + {float(g[i])!r}²", f"{name}: {got!r}")


def implementations():
    """The same step by the three implementations, float64: fused takes the processor's root, the others MKL's."""
    random = np.random.default_rng(2)
    for _ in range(5000):
        total, w = float(random.random()), float(random.random() * 2.0**-10)
        results = {k: step(k, w, 0.5, lr=1.0, initial_accumulator_value=total, dtype=torch.float64)[0] for k in KINDS}
        if len(set(results.values())) > 1:
            row("single, foreach, fused differ, float64", f"w {w!r}, g 0.5, G {total!r}, lr 1", ", ".join(f"{k} {v!r}" for k, v in results.items()))
            return
    row("single, foreach, fused differ, float64", "", "none in 5,000")


def rate():
    """lr / (1 + (step-1) * lr_decay): fused forms the divisor in C++."""
    decays = [float(f"0.{d:02d}") for d in range(1, 100)]
    for decay in decays:
        k = next((k for k in range(2, 30) if 1 / (1 + k * decay) != 1 / float(fma(np.float64(k), np.float64(decay), np.float64(1)))), None)
        if k is not None:
            results = {n: step(n, 0.0, [0.0] * k + [1.0], lr=1.0, lr_decay=decay, initial_accumulator_value=3.0, dtype=torch.float64)[0]
                       for n in KINDS}
            row("rate's divisor, float64", f"w 0, lr 1, lr_decay {decay!r}, G 3, g = 0 for {k} steps, then 1",
                ", ".join(f"{n} {v!r}" for n, v in results.items()))
            return


def norms():
    random = np.random.default_rng(3)
    for _ in range(1000):
        x = random.random(3).astype(np.float32)
        short, long = (float(torch.linalg.vector_norm(torch.from_numpy(np.concatenate([x, np.zeros(n, np.float32)])))) for n in (0, 5))
        if short != long:
            row("vector_norm of 3 elements and of the same with 5 zeros after them", ", ".join(repr(float(v)) for v in x), f"{short!r}, {long!r}")
            break
    n = next(n for n in range(1, 1000) if float(3 / torch.tensor(float(n))) != float(np.float32(3) / np.float32(n)))
    row("max_norm / norm is reciprocal() * max_norm", f"3 / tensor({n}.)",
        f"{float(3 / torch.tensor(float(n)))!r}, correctly rounded {float(np.float32(3) / np.float32(n))!r}")


def small_types():
    for kind in KINDS:
        nothing = step(kind, 1.0, 0.0, dtype=torch.float16)[0]
        small = step(kind, 1.0, 1e-4, dtype=torch.float16)[0]
        row(f"float16: eps 1e-10 and g² become 0, {kind}", "w 1, g 0; w 1, g 1e-4", f"w {nothing}; w {small}")


def groups():
    p = torch.nn.Parameter(torch.ones(1))
    optimizer = torch.optim.Adagrad([{"params": [p], "initial_accumulator_value": 4.0}], eps=0.0, lr=1.0)
    p.grad = torch.zeros(1)
    optimizer.step()
    row("a group's own initial_accumulator_value", "group 4, default 0, g 0", f"sum {float(optimizer.state[p]['sum'])}: ignored")


if __name__ == "__main__":
    roots()
    accumulation()
    implementations()
    rate()
    norms()
    small_types()
    groups()
