"""Part of inconsistencies.py: TensorFlow's raw operations, eager."""

import numpy as np
import tensorflow as tf

tf.config.threading.set_intra_op_parallelism_threads(1)


def row(what, case, results):
    print(f"{what} | {case} | {results}")


def apply(operation, n, total, g, **options):
    """Element 0 of -update: n equal elements that start from zero weights."""
    w, accumulator = tf.Variable(np.zeros(n, np.float32)), tf.Variable(np.full(n, total, np.float32))
    operation(var=w.handle, accum=accumulator.handle, lr=tf.constant(1.0), grad=tf.constant(np.full(n, g, np.float32)), **options)
    return w.numpy()


def main():
    plain, second, proximal = tf.raw_ops.ResourceApplyAdagrad, tf.raw_ops.ResourceApplyAdagradV2, tf.raw_ops.ResourceApplyProximalAdagrad
    none = {"l1": tf.constant(0.0), "l2": tf.constant(0.0)}
    for total in range(1, 1000):
        nine = apply(plain, 9, total, 1.0)
        if nine[0] != nine[8]:
            exact = 1 / np.sqrt(np.float64(total + 1))
            row("ApplyAdagrad, float32: 9 equal elements, whole vector and tail", f"w 0, G {total}, g 1, lr 1",
                f"element 0 {nine[0]!s}, element 8 {nine[8]!s} (exactly -{exact:.12g})")
            row("ApplyAdagrad and -V2 with epsilon 0, float32", f"w 0, G {total}, g 1, lr 1, 9 elements",
                f"{nine[0]!s}, {apply(second, 9, total, 1.0, epsilon=tf.constant(0.0))[0]!s}")
            row("ApplyProximalAdagrad, float32: the same", f"w 0, G {total}, g 1, lr 1, l1 = l2 = 0",
                f"element 0 {apply(proximal, 9, total, 1.0, **none)[0]!s}, element 8 {apply(proximal, 9, total, 1.0, **none)[8]!s}")
            break
    x = (np.arange(1, 1000001) / 1000003 * 3 + 1).astype(np.float32)
    got = tf.math.rsqrt(tf.constant(x)).numpy()
    exact = (1 / np.sqrt(x.astype(np.float64))).astype(np.float32)
    ulps = np.abs(got - exact) / np.spacing(exact)
    row("rsqrt, float32, whole vectors", f"rsqrt({x[np.argmax(ulps)]!s})",
        f"{int((ulps > 0).sum())} of {x.size} in [1, 4] not correctly rounded, at most {ulps.max():.0f} ulps off")
    row("rsqrt, float32, one element", f"rsqrt({x[np.argmax(ulps)]!s})",
        f"{tf.math.rsqrt(tf.constant(x[np.argmax(ulps)])).numpy()!s}, in a vector {got[np.argmax(ulps)]!s}")
    half = tf.Variable(np.ones(1, np.float16)), tf.Variable(np.zeros(1, np.float16))
    plain(var=half[0].handle, accum=half[1].handle, lr=tf.constant(1.0, tf.float16), grad=tf.constant(np.full(1, 1e-4, np.float16)))
    row("ApplyAdagrad, float16: g² becomes 0", "w 1, G 0, g 1e-4, lr 1", f"w {half[0].numpy()[0]!s}")


if __name__ == "__main__":
    main()
