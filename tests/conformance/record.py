"""Writes the recorded cases of one system: data/<system>.json tells what is in data/<system>.bin (README.md has the layout)."""

import json
import pathlib

import numpy as np

DTYPES = {"f32": np.float32, "f64": np.float64}


class Recorder:
    def __init__(self, system, version, configuration, capability, note):
        self.system = system
        self.about = {"system": system, "version": version, "configuration": configuration, "capability": capability, "note": note}
        self.cases, self.data = [], bytearray()

    def _append(self, arrays, dtype):
        for a in arrays:
            a = np.asarray(a)
            assert a.dtype == dtype, (self.cases[-1]["name"], a.dtype)
            assert np.isfinite(a).all(), (self.cases[-1]["name"], "not finite")
            self.data += np.ascontiguousarray(a).astype(a.dtype.newbyteorder("<")).tobytes()

    def case(self, variant, dtype, options, tensors, states, steps, initial, step):
        """Records one case. `initial` is (weights, states), `step(k)` returns (gradients, weights, states) after step k; weights and
        gradients are lists with one array for each tensor, states a list of such lists."""
        count = sum(c["variant"] == variant and c["dtype"] == dtype for c in self.cases)
        self.cases.append({"name": f"{self.system}/{variant}/{dtype}/{count}", "dtype": dtype, "variant": variant, "options": options,
                           "steps": steps, "tensors": tensors, "offset": len(self.data), "states": states})
        kind = DTYPES[dtype]
        weights, state = initial
        for i, w in enumerate(weights):
            self._append([w] + [s[i] for s in state], kind)
        for k in range(steps):
            gradients, weights, state = step(k)
            for i, (g, w) in enumerate(zip(gradients, weights)):
                self._append([g, w] + [s[i] for s in state], kind)

    def save(self, folder):
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.system}.bin").write_bytes(self.data)
        text = json.dumps({**self.about, "cases": self.cases}, indent=1, sort_keys=True, allow_nan=False)
        (folder / f"{self.system}.json").write_text(text + "\n")
        print(f"{self.system}: {len(self.cases)} cases, {len(self.data)} bytes")


def tensors_of(shapes, options=None):
    """The entry "tensors" of a case; `options` has one dictionary for each shape."""
    options = options or [{}] * len(shapes)
    return [{"name": f"w{i}", "shape": list(s), "options": o} for i, (s, o) in enumerate(zip(shapes, options))]
