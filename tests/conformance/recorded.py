"""Reads the recorded cases (README.md has the layout)."""

import json
import pathlib

import numpy as np

from record import DTYPES

DATA = pathlib.Path(__file__).resolve().parent / "data"


class Case:
    """One case: `initial` and every element of `steps` are lists with a dictionary of arrays for each tensor: "weights", the states and,
    in steps, "gradients"."""

    def __init__(self, entry, data):
        self.name, self.dtype, self.variant = entry["name"], entry["dtype"], entry["variant"]
        self.options, self.tensors, self.states = entry["options"], entry["tensors"], entry["states"]
        self.type = DTYPES[self.dtype]
        self.position = entry["offset"]
        self.initial = [self._take(data, t, ["weights", *self.states]) for t in self.tensors]
        self.steps = [[self._take(data, t, ["gradients", "weights", *self.states]) for t in self.tensors] for _ in range(entry["steps"])]

    def _take(self, data, tensor, names):
        arrays = {}
        for name in names:
            n = int(np.prod(tensor["shape"]))
            a = np.frombuffer(data, np.dtype(self.type).newbyteorder("<"), n, self.position)
            arrays[name] = a.astype(self.type).reshape(tensor["shape"])
            self.position += a.nbytes
        return arrays

    def options_of(self, tensor):
        return {**self.options, **self.tensors[tensor]["options"]}


def load(system, folder=DATA):
    """(what the file says about itself, its cases)"""
    about = json.loads((pathlib.Path(folder) / f"{system}.json").read_text())
    data = (pathlib.Path(folder) / f"{system}.bin").read_bytes()
    return about, [Case(c, data) for c in about["cases"]]


def systems(folder=DATA):
    return sorted(p.stem for p in pathlib.Path(folder).glob("*.json"))
