"""What a checkpoint holds: arrays by their names in the file, and strings."""

import re
from dataclasses import dataclass, field

import numpy as np

from . import option_text, presets, schedules


class BadFile(ValueError):
    """What is wrong with a file."""


def need(holds: object, why: str) -> None:
    if not holds:
        raise BadFile(why)


@dataclass
class Checkpoint:
    """The names are those of docs/checkpoint.md. Digests are no part of it: they are made when it is written, and checked when it is read."""

    tensors: dict[str, np.ndarray] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)

    def parameters(self) -> list[str]:
        """Their names, in order."""
        return [name.removeprefix("param/") for name in self.tensors if name.startswith("param/")]

    def array(self, parameter: str) -> np.ndarray:
        return self._tensor(f"param/{parameter}")

    def accumulators(self, parameter: str) -> np.ndarray:
        return self._tensor(f"state/{parameter}/accumulator")

    def iterations(self) -> int:
        return self._count("adagrad.iterations")

    def pending_calls(self) -> int:
        return self._count("adagrad.pending_calls")

    def options(self) -> dict:
        return self._parsed("adagrad.options", presets.defaults())

    def learning_rate(self) -> option_text.Value:
        return self._schedule("adagrad.learning_rate")

    def options_of(self, parameter: str) -> dict:
        return self._parsed(f"adagrad.parameter.options.{parameter}", presets.defaults()["defaults"])

    def learning_rate_of(self, parameter: str) -> option_text.Value:
        return self._schedule(f"adagrad.parameter.learning_rate.{parameter}")

    def rows_of(self, parameter: str) -> dict | None:
        """The row options of a table; None for what is no table."""
        key = f"adagrad.parameter.rows.{parameter}"
        return self._parsed(key, presets.rows()) if key in self.metadata else None

    def _tensor(self, name: str) -> np.ndarray:
        need(name in self.tensors, f"it has no {name!r}")
        return self.tensors[name]

    def _string(self, key: str) -> str:
        need(key in self.metadata, f"its metadata has no {key!r}")
        return self.metadata[key]

    def _count(self, key: str) -> int:
        text = self._string(key)
        need(re.fullmatch("0|[1-9][0-9]{0,19}", text) and int(text) < 2**64, f"{key!r} is {text!r}, which is no whole number of 64 bits")
        return int(text)

    def _schedule(self, key: str) -> option_text.Value:
        value = self._parsed(key)
        need(isinstance(value, float) or schedules.is_one(value), f"{key!r} of its metadata is no number and no schedule: {self.metadata[key][:60]!r}")
        return value

    def _parsed(self, key: str, like: option_text.Value = ()) -> option_text.Value:
        try:
            value = option_text.parse(self._string(key))
        except option_text.BadText as problem:
            raise BadFile(f"{key!r} of its metadata: {problem}") from None
        need(like == () or presets.has_fields_of(value, like), f"{key!r} of its metadata has not the fields that belong there: {self.metadata[key][:60]!r}")
        return value
