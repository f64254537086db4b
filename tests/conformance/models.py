"""What each system computes, operation by operation, as found by comparison with the recorded data (compare.py).

A model gets a case, the number of finished steps and the recorded arrays before the step, and returns for every tensor the arrays after it.
One array operation of numpy is one IEEE-754 rounding. "update" is what is subtracted from "before" to give the weights, where that is the
last operation.
"""

import numpy as np

from arithmetic import fma


def double_norm(arrays):
    """The norm over all arrays, in double. Only its last bits depend on the order, and it is rounded once more where it is used."""
    return np.sqrt(sum(float(np.sum(np.square(a.astype(np.float64)))) for a in arrays))


def torch_norm(x, contracted):
    """torch.linalg.vector_norm in the tensor's own type: lanes of 32 bytes, added one after the other, then the rest, four at a time where
    the compiler made vectors of it, and there with a product rounded by itself."""
    t, lanes = x.dtype.type, 32 // x.dtype.itemsize
    whole = x.size - x.size % lanes
    sums = np.zeros(lanes, t)
    for i in range(0, whole, lanes):
        sums = sums + x[i:i + lanes] * x[i:i + lanes]
    total = sums[0]
    for s in sums[1:]:
        total = total + s
    rest = x[whole:]
    apart = rest.size - rest.size % 4 if contracted else rest.size
    for v in rest[:apart]:
        total = total + v * v
    for v in rest[apart:]:
        total = fma(np.array([v]), np.array([v]), np.array([total]))[0]
    return np.sqrt(total)


def torch_factor(gradients, c, contracted):
    t = gradients[0].dtype.type
    total = torch_norm(np.array([torch_norm(g.ravel(), contracted) for g in gradients]), contracted)
    return min((t(1) / (total + t(1e-6))) * t(c), t(1))  # c / tensor is reciprocal() * c


def moved(weights, update, **states):
    return {"weights": weights - update, "before": weights, "update": update, **states}


def torch(case, k, before, gradients, contracted=True, contracted_rate=True, factor=torch_factor):
    """`contracted`: the builds for AVX2 and AVX-512, where the compiler joins a product and a sum into one operation."""
    t = case.type
    gradients = [g.copy() for g in gradients]
    if "max_norm" in case.options:
        f = factor(gradients, case.options["max_norm"], contracted)
        gradients = [g * f for g in gradients]
    if "clip_value" in case.options:
        c = t(case.options["clip_value"])
        gradients = [np.where(g < -c, -c, np.where(g > c, c, g)) for g in gradients]
    after = []
    for i, (b, g) in enumerate(zip(before, gradients)):
        o, w = case.options_of(i), b["weights"]
        g = -g if o["maximize"] else g
        if o["weight_decay"] != 0:
            wd = t(o["weight_decay"])
            g = fma(wd, w, g) if contracted else g + wd * w
        total = fma(g, g, b["accumulator"]) if contracted else b["accumulator"] + g * g
        fused_rate = case.variant.startswith("fused") and contracted and contracted_rate
        divisor = float(fma(np.float64(k), np.float64(o["lr_decay"]), np.float64(1))) if fused_rate else 1 + k * o["lr_decay"]
        update = (t(o["lr"] / divisor) * g) / (np.sqrt(total) + t(o["eps"]))
        after.append(moved(w, update, accumulator=total))
    return after


def tensorflow(case, k, before, gradients):
    t, o = case.type, case.options
    (b,), (g,) = before, gradients
    w, lr, old = b["weights"], t(o["lr"]), b["accumulator"]
    total = old + g * g if o.get("update_slots", True) else old
    if case.variant == "ApplyAdagradV2":
        return [moved(w, (g * lr) / (np.sqrt(total) + t(o["epsilon"])), accumulator=total)]
    if case.variant == "ApplyAdagradDA":
        u, l1, l2, step = b["gradient_sum"] + g, t(o["l1"]), t(o["l2"]), t(k + 1)
        s = np.copysign(np.maximum(np.abs(u) - l1 * step, t(0)), u) if l1 > 0 else u
        return [{"weights": (lr * -s) / (l2 * (step * lr) + np.sqrt(total)), "accumulator": total, "gradient_sum": u}]
    root = t(1) / np.sqrt(total)  # float32: TensorFlow takes an estimate and a Newton step
    if case.variant == "ApplyAdagrad":
        return [moved(w, (g * lr) * root, accumulator=total)]
    rate = lr * root
    v = w - g * rate
    l1, l2 = t(o["l1"]), t(o["l2"])
    if l1 > 0:
        v = np.sign(v) * np.maximum(np.abs(v) - rate * l1, t(0))
    result = {"weights": v / (t(1) + l2 * rate), "accumulator": total}
    return [result if l1 > 0 or l2 > 0 else {**result, "before": w, "update": g * rate}]


def optax(case, k, before, gradients, contracted=True):
    """`contracted`: under jit, XLA joins a product and a sum into one operation where the instruction set has it."""
    t, o = case.type, case.options
    joined = contracted and o["jit"]
    if "clip_by_global_norm" in o:
        c, n = t(o["clip_by_global_norm"]), t(double_norm(gradients))
        gradients = [g if n < c else (g / n) * c for g in gradients]
    if "clip" in o:
        gradients = [np.clip(g, -t(o["clip"]), t(o["clip"])) for g in gradients]
    if "add_decayed_weights" in o:
        wd = t(o["add_decayed_weights"])
        gradients = [fma(wd, b["weights"], g) if joined else g + wd * b["weights"] for g, b in zip(gradients, before)]
    after, lr = [], t(o["learning_rate"])
    for b, g in zip(before, gradients):
        total = fma(g, g, b["accumulator"]) if joined else g * g + b["accumulator"]
        with np.errstate(divide="ignore"):
            root = np.where(total > 0, t(1) / np.sqrt(total + t(o["eps"])), t(0))
        result = moved(b["weights"], lr * (root * g), accumulator=total)
        if joined:
            result["weights"] = fma(-lr, root * g, b["weights"])
        after.append(result)
    return after


def keras1(case, k, before, gradients):
    """generate_keras1.py is the formula itself; here the same is written once more, in the order of the library's own specification."""
    from generate_keras1 import axis_norms, clipped
    t, o, after = case.type, case.options, []
    lr = t(o["lr"] * (1.0 / (1.0 + o["decay"] * k)))
    for i, (b, g) in enumerate(zip(before, clipped(gradients, o))):
        total, w = b["accumulator"] + g * g, b["weights"]
        update = (lr * g) / (np.sqrt(total) + t(o["epsilon"]))
        c, v = case.options_of(i), w - update
        kind = c.get("constraint")
        if kind == "nonneg":
            v = np.where(v < 0, t(-0.0), v)  # p * (p >= 0): a negative weight becomes -0
        elif kind:
            n = axis_norms(v, c["axis"])
            v = v * (np.minimum(n, t(c["m"])) / (t(1e-7) + n)) if kind == "maxnorm" else v / (t(1e-7) + n)
        after.append({"weights": v, "accumulator": total})
    return after
