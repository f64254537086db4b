#!/usr/bin/env python3
"""Records keras.optimizers.Adagrad of Keras 3 and Keras 3's constraints.

    generate_keras3.py DATA_FOLDER                        data/keras3.*, Keras' numpy backend
    generate_keras3.py DATA_FOLDER --backend tensorflow   data/keras3_tensorflow.*
    generate_keras3.py DATA_FOLDER --backend torch        data/keras3_torch.*

The numpy backend is the one whose element-wise operations are all correctly rounded, one by one, in the order that Keras' own source gives.
float64 is recorded with TensorFlow's backend only: with the others Keras 3 takes the result of every operation on float64 to be float32.
"""

import argparse
import os

parser = argparse.ArgumentParser()
parser.add_argument("folder")
parser.add_argument("--backend", choices=["numpy", "tensorflow", "torch"], default="numpy")
arguments = parser.parse_args()
os.environ["KERAS_BACKEND"] = arguments.backend
os.environ.update(CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0", OMP_NUM_THREADS="1",
                  ATEN_CPU_CAPABILITY="avx2", MKL_CBWR="AVX2")

import keras  # noqa: E402
import numpy as np  # noqa: E402

from inputs import Random  # noqa: E402
from record import DTYPES, Recorder, tensors_of  # noqa: E402

CONSTRAINTS = {"NonNeg": keras.constraints.NonNeg, "MaxNorm": keras.constraints.MaxNorm, "UnitNorm": keras.constraints.UnitNorm,
               "MinMaxNorm": keras.constraints.MinMaxNorm}


def configuration():
    import sys
    text = f"backend {arguments.backend}; numpy {np.__version__}; Python {sys.version.split()[0]}"
    if arguments.backend == "tensorflow":
        import tensorflow as tf
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        text += f"; tensorflow {tf.__version__}, eager"
    if arguments.backend == "torch":
        import torch
        torch.set_num_threads(1)
        torch.set_num_interop_threads(1)
        text += f"; torch {torch.__version__}, ATEN_CPU_CAPABILITY={torch.backends.cpu.get_cpu_capability()}, MKL_CBWR=AVX2"
    return text


def constraint_of(options):
    if "constraint" not in options:
        return None
    keywords = {k: v for k, v in options.items() if k not in ("constraint", "exclude_from_weight_decay")}
    return CONSTRAINTS[options["constraint"]](**keywords)


def record(recorder, random, variant, dtype, options, shapes, tensor_options=None, steps=50):
    kind = DTYPES[dtype]
    keras.backend.set_floatx({"f32": "float32", "f64": "float64"}[dtype])
    tensor_options = tensor_options or [{}] * len(shapes)
    variables = [keras.Variable(random.weights(s, kind), dtype=keras.backend.floatx(), name=f"w{i}") for i, s in enumerate(shapes)]
    for v, o in zip(variables, tensor_options):
        v.constraint = constraint_of(o)  # keras.Variable(constraint=...) takes the argument and ignores it
    optimizer = keras.optimizers.Adagrad(**options)
    excluded = [v for v, o in zip(variables, tensor_options) if o.get("exclude_from_weight_decay")]
    if excluded:
        optimizer.exclude_from_weight_decay(var_list=excluded)
    optimizer.build(variables)
    kept = {"accumulator": optimizer._accumulators}
    if options.get("use_ema"):
        kept["average"] = optimizer._model_variables_moving_average
    if options.get("gradient_accumulation_steps"):
        kept["accumulated_gradient"] = optimizer._accumulated_gradients

    def arrays():
        def copies(vs):
            return [np.array(keras.ops.convert_to_numpy(v)) for v in vs]
        return copies(variables), [copies(vs) for vs in kept.values()]

    def step(_):
        gradients = [random.gradients(s, kind) for s in shapes]
        optimizer.apply([keras.ops.convert_to_tensor(g) for g in gradients])
        return (gradients, *arrays())

    recorder.case(variant, dtype, options, tensors_of(shapes, tensor_options), list(kept), steps, arrays(), step)


def options_of(random, **more):
    o = {"learning_rate": random.decimal(-2, -1), "initial_accumulator_value": random.choice([0.1, 0.0, random.decimal(-4, 0)]),
         "epsilon": random.choice([1e-7, random.decimal(-8, -2)])}
    return {**o, **more}


def constraint_options(random, name, axis):
    if name == "MaxNorm":
        return {"constraint": name, "max_value": random.decimal(0, 0), "axis": axis}
    if name == "UnitNorm":
        return {"constraint": name, "axis": axis}
    if name == "MinMaxNorm":
        low = random.decimal(-1, -1)
        return {"constraint": name, "min_value": low, "max_value": low + random.decimal(0, 0), "rate": random.choice([1.0, 0.5, 0.37]), "axis": axis}
    return {"constraint": name}


def record_every_option(recorder, random, dtype, few):
    """`few`: one case of each variant."""
    def shapes():
        return random.shapes(dtype, 1 if few else random.choice([1, 1, 2]))

    def times(count):
        return range(1 if few else count)
    wide = dtype == "f32"
    for _ in times(12 if wide else 5):
        record(recorder, random, "plain", dtype, options_of(random), shapes())
    for key in ("clipnorm", "global_clipnorm", "clipvalue"):
        for _ in times(5 if wide else 2):
            record(recorder, random, key, dtype, options_of(random, **{key: random.decimal(-1, 0)}), shapes())
    for _ in times(5 if wide else 2):
        record(recorder, random, "weight_decay", dtype, options_of(random, weight_decay=random.decimal(-4, -1)), shapes())
    for _ in times(2 if wide else 1):
        record(recorder, random, "exclude_from_weight_decay", dtype, options_of(random, weight_decay=random.decimal(-3, -1)),
               random.shapes(dtype, 2), [{}, {"exclude_from_weight_decay": True}])
    for _ in times(5 if wide else 2):
        ema = {"use_ema": True, "ema_momentum": random.choice([0.99, 0.9, 0.37]), "ema_overwrite_frequency": random.choice([None, 3, 10])}
        record(recorder, random, "use_ema", dtype, options_of(random, **ema), random.shapes(dtype))
    for _ in times(5 if wide else 2):
        k = random.choice([2, 3, 4, 7])
        options = options_of(random, gradient_accumulation_steps=k)
        record(recorder, random, "gradient_accumulation_steps", dtype, options, random.shapes(dtype), steps=52)
    for _ in times(2 if wide else 1):
        both = {"use_ema": True, "ema_momentum": 0.9, "ema_overwrite_frequency": 4, "gradient_accumulation_steps": random.choice([2, 3])}
        record(recorder, random, "use_ema+gradient_accumulation_steps", dtype, options_of(random, **both), [(random.integer(1, 17),)], steps=52)
    for _ in times(3 if wide else 1):
        mixed = {"weight_decay": random.decimal(-3, -1), random.choice(["clipnorm", "global_clipnorm", "clipvalue"]): random.decimal(-1, 0),
                 "use_ema": True, "ema_momentum": 0.9, "ema_overwrite_frequency": random.choice([None, 5])}
        record(recorder, random, "mixed", dtype, options_of(random, **mixed), [(3, 5)], [constraint_options(random, "MaxNorm", [0])])
    slow = {"constraint": "MinMaxNorm", "min_value": 0.1, "max_value": 0.5, "rate": 0.25, "axis": [0]}
    for c in ({"constraint": "NonNeg"},) if few else ({"constraint": "NonNeg"}, slow):
        record(recorder, random, "gradient_accumulation_steps+constraint", dtype, options_of(random, gradient_accumulation_steps=3),
               [(random.integer(3, 9),)], [c], steps=51)
    for _ in times(2):
        record(recorder, random, "NonNeg", dtype, options_of(random), random.shapes(dtype), [{"constraint": "NonNeg"}])
    for name in ("MaxNorm", "UnitNorm", "MinMaxNorm"):
        for shape, axis in (((5, 4), [0]), ((3, 7), [1]), ((2, 2, 3, 2), [0, 1, 2]), ((19,), [0]))[:None if wide and not few else 2]:
            record(recorder, random, name, dtype, options_of(random), [shape], [constraint_options(random, name, axis)])


def main():
    about = configuration()
    main_one = arguments.backend == "numpy"
    system, capability = ("keras3", "numpy") if main_one else (f"keras3_{arguments.backend}", "see configuration")
    recorder = Recorder(system, keras.__version__, about, capability,
                        "floatx is the case's dtype: Keras keeps the learning rate as a variable of that type. Eager, one thread.")
    random = Random(0x6B6572617333)
    record_every_option(recorder, random, "f32", few=not main_one)
    if arguments.backend == "tensorflow":
        record_every_option(recorder, random, "f64", few=False)
    recorder.save(arguments.folder)


if __name__ == "__main__":
    main()
