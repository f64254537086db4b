"""The same steps in the expressions that the library promises for its presets, where they are other than the system's own (models.py).

The bounds in README.md are the distances between these and the recorded data. "scale": where l1 takes away most of a weight, the size before.
"""

import numpy as np

import model_keras3
import models
from models import double_norm, moved


def torch(case, k, before, gradients):
    def factor(gradients, c, _):
        return gradients[0].dtype.type(min(c / (double_norm(gradients) + 1e-6), 1.0))
    return models.torch(case, k, before, gradients, contracted_rate=False, factor=factor)


def clipped(gradients, c, groups):
    """`groups`: lists of tensors with one norm each; a norm that is not above c does nothing."""
    result = [g.copy() for g in gradients]
    for group in groups:
        n = double_norm([gradients[i] for i in group])
        if n > c:
            for i in group:
                result[i] = gradients[i] * gradients[i].dtype.type(c / n)
    return result


def optax(case, k, before, gradients):
    t, o = case.type, case.options
    if "clip_by_global_norm" in o:
        gradients = clipped(gradients, o["clip_by_global_norm"], [range(len(gradients))])
    if "clip" in o:
        gradients = [np.clip(g, -t(o["clip"]), t(o["clip"])) for g in gradients]
    after = []
    for b, g in zip(before, gradients):
        if "add_decayed_weights" in o:
            g = g + t(o["add_decayed_weights"]) * b["weights"]
        total = b["accumulator"] + g * g
        h = np.sqrt(total + t(o["eps"]))
        update = np.where(total == 0, t(0), (t(o["learning_rate"]) * g) / h)
        after.append(moved(b["weights"], update, accumulator=total))
    return after


def tensorflow(case, k, before, gradients):
    t, o = case.type, case.options
    (b,), (g,) = before, gradients
    if case.variant == "ApplyAdagradV2":
        return models.tensorflow(case, k, before, gradients)
    w, lr = b["weights"], t(o["lr"])
    total = b["accumulator"] + g * g if o.get("update_slots", True) else b["accumulator"]
    h, l1, l2 = np.sqrt(total), o.get("l1", 0.0), o.get("l2", 0.0)
    if case.variant == "ApplyAdagradDA":
        u = b["gradient_sum"] + g
        s = np.copysign(np.maximum(np.abs(u) - t(l1 * (k + 1)), t(0)), u) if l1 > 0 else u
        update = (lr * s) / (h + t(o["lr"] * l2 * (k + 1))) if l2 > 0 else (lr * s) / h
        return [{"weights": -update, "accumulator": total, "gradient_sum": u, "scale": np.abs(lr * u / h)}]
    update = (lr * g) / h
    v = w - update
    scale = np.maximum(np.abs(v), np.abs(update))
    if l1 > 0:
        v = np.copysign(np.maximum(np.abs(v) - t(o["lr"] * l1) / h, t(0)), v)
    if l2 > 0:
        v = v / (t(1) + t(o["lr"] * l2) / h)
    result = {"weights": v, "accumulator": total, "scale": scale}
    return [result if l1 > 0 or l2 > 0 else {**result, "before": w, "update": update}]


def keras3(case, k, before, gradients):
    def clip(case, gradients, _):
        o = case.options
        if o.get("clipnorm"):
            return clipped(gradients, o["clipnorm"], [[i] for i in range(len(gradients))])
        if o.get("global_clipnorm"):
            return clipped(gradients, o["global_clipnorm"], [range(len(gradients))])
        return model_keras3.clipped(case, gradients, None)

    def decay(case, i, w, _):
        o = case.options_of(i)
        if o.get("weight_decay") is None or o.get("exclude_from_weight_decay"):
            return w
        return w - case.type(o["learning_rate"] * o["weight_decay"]) * w
    return model_keras3.keras3(case, k, before, gradients, squares=model_keras3.double_squares, clip=clip, decay=decay)
