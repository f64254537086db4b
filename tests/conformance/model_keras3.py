"""What Keras 3 computes, operation by operation: see models.py."""

import numpy as np

from models import double_norm, moved


def own_squares(x, axis=None):
    """Sum of squares in the array's own type, in numpy's order."""
    return np.sum(np.square(x), axis=axis, keepdims=axis is not None)


def double_squares(x, axis=None):
    return np.sum(np.square(x.astype(np.float64)), axis=axis, keepdims=axis is not None)


def clipped(case, gradients, squares):
    t, o = case.type, case.options
    if o.get("clipnorm"):
        c = t(o["clipnorm"])
        return [(g * c) / np.maximum(t(np.sqrt(squares(g))), c) for g in gradients]
    if o.get("global_clipnorm"):
        n = t(np.sqrt(np.sum(np.stack([squares(g) for g in gradients]))))
        c = o["global_clipnorm"]
        return [g * (t(c) * np.minimum(t(1) / n, t(1.0 / c))) for g in gradients]
    if o.get("clipvalue"):
        return [np.clip(g, -t(o["clipvalue"]), t(o["clipvalue"])) for g in gradients]
    return gradients


def constrained(w, o, squares):
    t, kind = w.dtype.type, o.get("constraint")
    if kind is None:
        return w
    if kind == "NonNeg":
        return np.maximum(w, t(0))
    n = np.sqrt(squares(w, tuple(o["axis"]))).astype(t)
    if kind == "MaxNorm":
        return w * (np.clip(n, t(0), t(o["max_value"])) / (t(1e-7) + n))
    if kind == "UnitNorm":
        return w / (t(1e-7) + n)
    rate = o["rate"]
    desired = t(rate) * np.clip(n, t(o["min_value"]), t(o["max_value"])) + t(1 - rate) * n
    return w * (desired / (t(1e-7) + n))


def decayed(case, i, w, backend):
    t, o = case.type, case.options_of(i)
    if o.get("weight_decay") is None or o.get("exclude_from_weight_decay"):
        return w
    wd, lr = t(o["weight_decay"]), t(o["learning_rate"])
    if backend == "tensorflow":
        wd = t(np.float32(o["weight_decay"]))  # tf.cast(number, float64) makes a float32 tensor first
    return w * (t(1) - wd * lr) if backend == "torch" else w - (w * wd) * lr


def keras3(case, k, before, gradients, backend="numpy", squares=own_squares, clip=clipped, decay=decayed):
    t, o = case.type, case.options
    every = o.get("gradient_accumulation_steps") or 1
    it, updates = k // every, (k + 1) % every == 0
    if every > 1:
        sums = [g + b["accumulated_gradient"] for g, b in zip(gradients, before)]
        gradients = [s / t(every) for s in sums]
    if updates:
        gradients = clip(case, gradients, squares)
    after = []
    for i, (b, g) in enumerate(zip(before, gradients)):
        result = {"weights": b["weights"], "accumulator": b["accumulator"]}
        if updates:
            total = b["accumulator"] + g * g
            update = (t(o["learning_rate"]) * g) / np.sqrt(total + t(o["epsilon"]))
            result = moved(decay(case, i, b["weights"], backend), update, accumulator=total)
        if every > 1:
            nothing = b["accumulated_gradient"] * t(0) if backend == "torch" else np.zeros_like(g)  # torch: so zeros keep a sign
            result["accumulated_gradient"] = nothing if updates else sums[i]
        if o.get("use_ema"):
            m = t(0) if it == 0 else t(o["ema_momentum"])
            result["average"] = m * b["average"] + (t(1) - m) * result["weights"]
            if o.get("ema_overwrite_frequency") and (it + 1) % o["ema_overwrite_frequency"] == 0:
                result["weights"] = result["average"]
        c = case.options_of(i)
        if "constraint" in c:
            result["weights"] = constrained(result["weights"], c, squares)
        if o.get("use_ema") or o.get("weight_decay") or "constraint" in c:
            result.pop("update", None)  # not all that happens to the weights
        after.append(result)
    return after
