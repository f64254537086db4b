"""The file: safetensors in the one form that adagrad::save writes. docs/checkpoint.md describes it."""

import fcntl
import json
import os
import stat
import time
from pathlib import Path
from typing import Callable

import numpy as np

from . import digest
from .checkpoint import BadFile, Checkpoint, need

TYPES = {"F32": np.dtype("<f4"), "F64": np.dtype("<f8"), "U64": np.dtype("<u8")}
NAMES = {dtype: name for name, dtype in TYPES.items()}
FORMAT = "1"
LONGEST_HEADER = 64 * 2**20
LONGEST_NAME = 4096
MOST_AXES = 32  # of numpy
NO_DIGEST = "0" * 16

Progress = Callable[[str], None]  # is told which tensor comes next


def silent(_: str) -> None:
    pass


def _header(checkpoint: Checkpoint, digests: dict[str, str]) -> bytes:
    """All that comes before the data."""
    strings = {**checkpoint.metadata, **digests}
    entries: dict = {"__metadata__": dict(sorted(strings.items(), key=lambda pair: pair[0].encode()))}
    end = 0
    for name, array in checkpoint.tensors.items():
        begin, end = end, end + array.nbytes
        entries[name] = {"dtype": NAMES[array.dtype], "shape": list(array.shape), "data_offsets": [begin, end]}
    text = _json(entries).encode()
    text += b" " * (-(8 + len(text)) % 64)
    need(len(text) <= LONGEST_HEADER, f"the header has {len(text)} bytes, and at most {LONGEST_HEADER} are read: give the parameters shorter names")
    return len(text).to_bytes(8, "little") + text


def _json(value) -> str:
    """JSON without white space, control characters as \\u00xx, everything else as it is."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{_json(key)}:{_json(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json, value)) + "]"
    if isinstance(value, int):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c >= " " else f"\\u{ord(c):04x}" for c in escaped) + '"'


def _digests(checkpoint: Checkpoint, progress: Progress) -> dict[str, str]:
    made = {}
    for name, array in checkpoint.tensors.items():
        progress(name)
        made[f"adagrad.digest.{name}"] = digest.hexadecimal(array)
    made["adagrad.digest"] = digest.hexadecimal(_header(checkpoint, {**made, "adagrad.digest": NO_DIGEST}))
    return made


def _is_digest(key: str) -> bool:
    return key == "adagrad.digest" or key.startswith("adagrad.digest.")


def _check_name(name: str) -> None:
    try:
        length = len(name.encode())
    except UnicodeEncodeError:
        raise BadFile(f"{name!r} is no text that UTF-8 can hold: give the parameter another name") from None
    need(0 < length <= LONGEST_NAME, f"the name {name[:60]!r}... has {length} bytes, and 1 to {LONGEST_NAME} can be: give the parameter another name")
    need(not any(c < " " or "\x7f" <= c < "\xa0" for c in name), f"the name {name!r} has a control character: give the parameter another name")


def write(path: str | os.PathLike, checkpoint: Checkpoint, progress: Progress = silent) -> None:
    """Writes beside the old file and renames: the path holds the old one or the new one, whatever happens. OSError where the system refuses."""
    arrays = {}
    for name, array in checkpoint.tensors.items():
        _check_name(name)
        dtype = np.asarray(array).dtype.newbyteorder("<")
        need(dtype in NAMES, f"{name!r} has the type {dtype.name}, and checkpoints hold float32, float64 and uint64: convert it")
        arrays[name] = np.asarray(array, dtype, order="C")
    checkpoint = Checkpoint(arrays, {key: text for key, text in checkpoint.metadata.items() if not _is_digest(key)})
    header = _header(checkpoint, _digests(checkpoint, progress))
    path = Path(os.path.realpath(path))
    old = path.stat() if path.exists() else None
    need(old is None or stat.S_ISREG(old.st_mode), f"{path} is there and no regular file: choose another name")
    # Named and locked as those of adagrad::save, which removes what dead processes have left, and leaves what is locked.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{time.time_ns()}.tmp")
    try:
        with open(temporary, "xb", opener=lambda name, flags: os.open(name, flags, 0o600 if old else 0o666)) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if old:
                os.fchmod(file.fileno(), old.st_mode & 0o777)
            file.write(header)
            for array in arrays.values():
                file.write(array.reshape(-1).view(np.uint8))
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


def read(path: str | os.PathLike, progress: Progress = silent) -> Checkpoint:
    """Reads and checks everything, digests included: BadFile says what is wrong, OSError what the system refuses."""
    need(stat.S_ISREG(os.stat(path).st_mode), "it is no regular file")
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        first = file.read(8)
        need(len(first) == 8, f"it has {size} bytes, too few for a checkpoint")
        length = int.from_bytes(first, "little")
        need(2 <= length <= min(LONGEST_HEADER, size - 8), f"its header should have {length} bytes, which cannot be: it is no checkpoint, or has been cut short")
        header = first + file.read(length)
        entries = _entries(header[8:])
        metadata = entries.pop("__metadata__", None)
        need(isinstance(metadata, dict), "it has no metadata: it is no checkpoint of adagrad")
        need(all(isinstance(text, str) for text in metadata.values()), "its metadata are not all strings")
        need("adagrad.format" in metadata, "it is a safetensors file, but no checkpoint of adagrad: its metadata has no 'adagrad.format'")
        need(metadata["adagrad.format"] == FORMAT, f"its format is {metadata['adagrad.format']!r}, and {FORMAT} is read: use a newer version")
        described = _described(entries, size - 8 - length)
        tensors = {name: np.fromfile(file, dtype, count).reshape(shape) for name, (dtype, count, shape) in described.items()}
    checkpoint = Checkpoint(tensors, {key: text for key, text in metadata.items() if not _is_digest(key)})
    try:
        digests = _digests(checkpoint, progress)
        for key, expected in digests.items():
            need(metadata.get(key) == expected, f"{key!r} does not fit: the file was changed after it was written. Use another copy of it")
        need(_header(checkpoint, digests) == header, "its header is not in the form in which checkpoints are written: convert the file, or use another copy")
    except UnicodeEncodeError:
        raise BadFile("its header has half of a surrogate pair, which no text has") from None
    _check_contents(checkpoint)
    return checkpoint


def _entries(text: bytes) -> dict:
    def unique(pairs):
        need(len({key for key, _ in pairs}) == len(pairs), "a key of its header comes twice")
        return dict(pairs)

    try:
        entries = json.loads(text.decode(), object_pairs_hook=unique)
    except BadFile:
        raise
    except (ValueError, RecursionError) as problem:
        raise BadFile(f"its header is no JSON: {problem}") from None
    need(isinstance(entries, dict), "its header is no JSON object")
    return entries


def _described(entries: dict, size: int) -> dict[str, tuple]:
    """Type, number of elements and shape of each tensor, which lie without gaps in `size` bytes."""
    described, end = {}, 0
    for name, entry in entries.items():
        _check_name(name)
        need(isinstance(entry, dict) and set(entry) == {"dtype", "shape", "data_offsets"}, f"{name!r} is not described by dtype, shape and data_offsets")
        need(isinstance(entry["dtype"], str) and entry["dtype"] in TYPES, f"{name!r} has the dtype {entry['dtype']!r}; known are {', '.join(TYPES)}")
        for numbers in (entry["shape"], entry["data_offsets"]):
            need(isinstance(numbers, list) and all(type(n) is int and 0 <= n < 2**63 for n in numbers), f"{name!r} has numbers that cannot be")
        dtype, shape, count = TYPES[entry["dtype"]], entry["shape"], 1
        need(len(shape) <= MOST_AXES, f"{name!r} has {len(shape)} axes, and at most {MOST_AXES} are read")
        for n in shape:
            count *= n
        begin, end = end, end + count * dtype.itemsize
        need(entry["data_offsets"] == [begin, end], f"{name!r} does not lie where it belongs")
        need(end <= size, f"{name!r} ends behind the file, which has been cut short")
        described[name] = (dtype, count, shape)
    need(end == size, f"{size - end} bytes stand behind the last tensor")
    return described


def _check_contents(checkpoint: Checkpoint) -> None:
    """That all strings that must be there are, and can be read; that accumulators can be sums of squares."""
    checkpoint.iterations(), checkpoint.pending_calls(), checkpoint.options(), checkpoint.learning_rate()
    for name in checkpoint.parameters():
        checkpoint.options_of(name), checkpoint.learning_rate_of(name), checkpoint.rows_of(name)
        need((checkpoint.accumulators(name) >= 0).all(), f"'state/{name}/accumulator' has an element that is below 0 or NaN, which no sum of squares is")
