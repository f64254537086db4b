"""What the generators and the tests of the exchange share: the package, the recordings' format, and states as arrays."""

import json
import pathlib
import sys

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE / "data"
sys.path[:0] = [str(HERE.parents[1] / "python"), str(HERE.parent / "conformance")]

import adagrad_checkpoint  # noqa: E402, F401
from recorded import Case  # noqa: E402

# A state is handed over after so many steps, to be loaded here; after so many more it goes back, for as many again.
BEFORE, HERE_STEPS, AFTER = 7, 6, 7


def cases(system, folder=DATA):
    """(description, arrays) of each case of data/SYSTEM.json."""
    about = json.loads((pathlib.Path(folder) / f"{system}.json").read_text())
    data = (pathlib.Path(folder) / f"{system}.bin").read_bytes()
    return [(entry, Case(entry, data)) for entry in about["cases"]]


def arrays_of(entry, step, name):
    """The arrays of that name, by the parameters' names."""
    return {t["name"]: arrays[name] for t, arrays in zip(entry["tensors"], step)}


def torch_state(entry, step, iterations, steps_of=None):
    """PyTorch's state_dict with arrays, as it was after `iterations` steps."""
    sums = arrays_of(entry, step, "accumulator")
    numbers = torch_numbers(entry)
    steps = {name: (steps_of or {}).get(name, iterations) for name in sums}
    groups = [{**group, "params": [numbers[t["name"]] for t in entry["tensors"] if t["options"].get("group", 0) == i]} for i, group in enumerate(entry["groups"])]
    return {"state": {numbers[name]: {"step": np.float32(steps[name]), "sum": sums[name]} for name in sums}, "param_groups": groups}


def torch_numbers(entry):
    """PyTorch numbers parameters group after group."""
    in_order = sorted(entry["tensors"], key=lambda t: t["options"].get("group", 0))
    return {t["name"]: i for i, t in enumerate(in_order)}


def keras_variables(entry, step, iterations):
    """optimizer.variables as arrays."""
    rate = [] if entry["variant"].startswith("tf.keras") or not isinstance(entry["options"]["learning_rate"], float) else [
        np.float32(entry["options"]["learning_rate"])]
    return [np.int64(iterations), *rate, *arrays_of(entry, step, "accumulator").values()]


def same_bits(a, b):
    a, b = np.asarray(a), np.asarray(b)
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
