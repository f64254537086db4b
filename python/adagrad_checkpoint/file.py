"""The file: safetensors in the one form that adagrad::save writes. docs/checkpoint.md describes it."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from . import digest

TYPES = {"F32": np.dtype("<f4"), "F64": np.dtype("<f8"), "U64": np.dtype("<u8")}
NAMES = {dtype: name for name, dtype in TYPES.items()}
LONGEST_HEADER = 64 * 2**20
NO_DIGEST = "0" * 16


class BadFile(ValueError):
    """What is wrong with a file."""


@dataclass
class Checkpoint:
    """Arrays by their names in the file, and the strings that go with them; digests are made when it is written."""

    tensors: dict = field(default_factory=dict)
    metadata: dict = field(default_factory=dict)

    def parameters(self):
        """The names of the parameters, in order."""
        return [name[len("param/") :] for name in self.tensors if name.startswith("param/")]


def _need(holds, why):
    if not holds:
        raise BadFile(why)


def _header(checkpoint, digests):
    """The bytes before the data."""
    strings = {**checkpoint.metadata, **digests}
    entries = {"__metadata__": dict(sorted(strings.items(), key=lambda pair: pair[0].encode()))}
    end = 0
    for name, array in checkpoint.tensors.items():
        begin, end = end, end + array.nbytes
        entries[name] = {"dtype": NAMES[array.dtype], "shape": list(array.shape), "data_offsets": [begin, end]}
    text = _json(entries).encode()
    text += b" " * (-(8 + len(text)) % 64)
    _need(len(text) <= LONGEST_HEADER, f"the header has {len(text)} bytes, more than {LONGEST_HEADER}")
    return len(text).to_bytes(8, "little") + text


def _json(value):
    """JSON without white space, control characters as \\u00xx, everything else as it is."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{_json(key)}:{_json(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json, value)) + "]"
    if isinstance(value, int):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c >= " " else f"\\u{ord(c):04x}" for c in escaped) + '"'


def _digests(checkpoint):
    made = {f"adagrad.digest.{name}": digest.hexadecimal(array) for name, array in checkpoint.tensors.items()}
    made["adagrad.digest"] = digest.hexadecimal(_header(checkpoint, {**made, "adagrad.digest": NO_DIGEST}))
    return made


def write(path, checkpoint):
    """Writes beside the old file and renames: the path holds the old one or the new one, whatever happens."""
    arrays = {name: np.ascontiguousarray(array) for name, array in checkpoint.tensors.items()}
    for name, array in arrays.items():
        if array.dtype not in NAMES:
            raise BadFile(f"{name!r} has the type {array.dtype}; checkpoints hold float32, float64 and uint64: convert it")
    checkpoint = Checkpoint(arrays, {key: text for key, text in checkpoint.metadata.items() if not key.startswith("adagrad.digest")})
    header = _header(checkpoint, _digests(checkpoint))
    path = Path(os.path.realpath(path))
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(header)
            for array in arrays.values():
                file.write(memoryview(array).cast("B") if array.nbytes else b"")
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read(path):
    """Reads and checks everything, digests included; BadFile says what is wrong."""
    data = bytearray(Path(path).read_bytes())
    _need(len(data) >= 8, f"it has {len(data)} bytes, too few for a checkpoint")
    length = int.from_bytes(data[:8], "little")
    _need(2 <= length <= min(LONGEST_HEADER, len(data) - 8), f"its header has {length} bytes, which cannot be")
    try:
        entries = json.loads(data[8 : 8 + length].decode(), object_pairs_hook=_unique)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as problem:
        raise BadFile(f"its header is no JSON: {problem}") from None
    _need(isinstance(entries, dict) and isinstance(entries.get("__metadata__"), dict), "it has no metadata: it is no checkpoint of adagrad")
    metadata = entries.pop("__metadata__")
    _need(all(isinstance(text, str) for text in metadata.values()), "its metadata are not all strings")
    _need(metadata.get("adagrad.format") == "1", f"its format is {metadata.get('adagrad.format')!r}, and 1 is read")
    tensors, end = {}, 0
    for name, entry in entries.items():
        _need(isinstance(entry, dict) and set(entry) == {"dtype", "shape", "data_offsets"}, f"{name!r} is described wrongly")
        _need(isinstance(entry["dtype"], str) and entry["dtype"] in TYPES, f"{name!r} has an unknown type")
        _need(all(isinstance(x, list) and all(type(n) is int and n >= 0 for n in x) for x in (entry["shape"], entry["data_offsets"])), f"{name!r} has bad numbers")
        dtype, shape, count = TYPES[entry["dtype"]], entry["shape"], 1
        for n in shape:
            count *= n
        _need(entry["data_offsets"] == [end, end + count * dtype.itemsize], f"{name!r} does not lie where it belongs")
        _need(8 + length + end + count * dtype.itemsize <= len(data), f"{name!r} ends behind the file")
        tensors[name] = np.frombuffer(data, dtype, count, 8 + length + end).reshape(shape).copy()
        end += count * dtype.itemsize
    _need(8 + length + end == len(data), "there is something behind the last array")
    kept = {key: text for key, text in metadata.items() if not key.startswith("adagrad.digest")}
    checkpoint = Checkpoint(tensors, kept)
    digests = _digests(checkpoint)
    for key, expected in digests.items():
        _need(metadata.get(key) == expected, f"{key!r} does not fit: the file was changed after it was written")
    _need(_header(checkpoint, digests) == data[: 8 + length], "its header is not in the form in which checkpoints are written")
    return checkpoint


def _unique(pairs):
    _need(len({key for key, _ in pairs}) == len(pairs), "a key comes twice")
    return dict(pairs)
