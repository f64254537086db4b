"""Part of inconsistencies.py: Keras 3 with the backend that KERAS_BACKEND names."""

import keras
import numpy as np

KERAS = keras.optimizers.Adagrad


def row(what, case, results):
    print(f"{what} | {case} | {results}")


def train(w, gradients, dtype="float32", constraint=None, **options):
    v = keras.Variable(np.array([w], dtype), dtype=dtype)
    v.constraint = constraint
    optimizer = KERAS(**{"learning_rate": 1.0, "initial_accumulator_value": 0.0, **options})
    optimizer.build([v])
    for g in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(np.array([g], dtype), dtype=dtype)])
    return float(np.array(keras.ops.convert_to_numpy(v))[0])


def accumulated(gradients):
    """What the accumulation over two calls holds after these."""
    v = keras.Variable(np.ones(1, np.float32))
    optimizer = KERAS(learning_rate=1.0, gradient_accumulation_steps=2)
    optimizer.build([v])
    for g in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(np.array([g], np.float32))])
    return float(np.array(keras.ops.convert_to_numpy(optimizer._accumulated_gradients[0]))[0])


def main():
    keras.backend.set_floatx("float64")
    got = train(1.0, [1.0], "float64", learning_rate=0.1, initial_accumulator_value=2.0, epsilon=1e-12)
    row("float64 variable, floatx float64", "w 1, G 2, g 1, learning_rate 0.1, epsilon 1e-12",
        f"{got!r}; in double {float(1 - 0.1 / np.sqrt(3.0 + 1e-12))!r}")
    got = train(1.0, [0.0], "float64", learning_rate=0.5, weight_decay=0.1, epsilon=1.0)
    row("weight_decay, float64", "w 1, g 0, learning_rate 0.5, weight_decay 0.1", f"{got!r}; in double {1 - 0.05!r}")
    keras.backend.set_floatx("float32")
    got = train(1.0, [1.0], "float64", learning_rate=0.1, epsilon=0.0)
    row("float64 variable, floatx float32", "w 1, g 1, learning_rate 0.1, epsilon 0", f"{got!r}")

    # lr g / sqrt(g² + G): the norm of g is under clipnorm, so clipping should change nothing.
    random = np.random.default_rng(1)
    for g in random.random(1000).astype(np.float32):
        with_clip, without = (train(0.0, [g], initial_accumulator_value=1.0, **o) for o in ({"clipnorm": 3.0}, {}))
        if with_clip != without:
            row("clipnorm above the norm", f"w 0, G 1, g {float(g)!r}, learning_rate 1, clipnorm 3", f"{with_clip!r}, without clipnorm {without!r}")
            break
    lr, wd = np.float32(0.3), np.float32(0.013)
    for w in random.random(1000).astype(np.float32):
        forms = {"w - (w*wd)*lr": w - (w * wd) * lr, "w*(1 - wd*lr)": w * (1 - wd * lr), "w - (lr*wd)*w": w - np.float32(0.3 * 0.013) * w}
        if forms["w - (w*wd)*lr"] != forms["w*(1 - wd*lr)"]:
            decay = train(w, [0.0], learning_rate=0.3, weight_decay=0.013, epsilon=1.0)
            row("weight_decay, float32", f"w {float(w)!r}, g 0, learning_rate 0.3, weight_decay 0.013",
                f"{decay!r}; " + ", ".join(f"{f} {float(v)!r}" for f, v in forms.items()))
            break
    got = train(-1.0, [0.0], gradient_accumulation_steps=4, constraint=keras.constraints.NonNeg())
    row("constraint before the first update of an accumulation", "w -1, NonNeg, gradient_accumulation_steps 4, one call with g 0", f"{got!r}")
    row("an infinite gradient and the next window of an accumulation", "gradient_accumulation_steps 2, g inf, 1, 1",
        f"accumulated {accumulated([np.inf, 1.0, 1.0])!r}")
    variable = keras.Variable(np.ones(1, np.float32), constraint=keras.constraints.NonNeg())
    row("keras.Variable(constraint=...)", "NonNeg", f"constraint is {variable.constraint}")
    half = train(1.0, [1e-4], "float16", epsilon=1e-8)
    row("float16: g² and epsilon 1e-8 become 0", "w 1, g 1e-4, G 0", f"{half!r}")
    half = train(1.0, [0.0], "float16", epsilon=1e-8)
    row("float16: the same with g 0", "w 1, g 0, G 0", f"{half!r}")


if __name__ == "__main__":
    np.seterr(all="ignore")
    main()
