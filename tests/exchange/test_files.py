#!/usr/bin/python3
"""The Python package reads what C++ has written, writes the same bytes, and refuses what is damaged.

usage: test_files.py FOLDER    with the files that test_exchange leaves there
"""

import json
import os
import pathlib
import random
import stat
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

import common
import numpy as np
from adagrad_checkpoint import BadFile, Checkpoint, digest, file, from_torch, option_text, presets, read, write

WRITTEN = pathlib.Path(sys.argv.pop())
PYTHON = pathlib.Path(common.HERE).parents[1] / "python"


def small(array=np.arange(5, dtype=np.float32)):
    """A checkpoint with one parameter, whose accumulators are ones."""
    group = {"lr": 0.1, "lr_decay": 0.0, "eps": 1e-10, "weight_decay": 0.0, "initial_accumulator_value": 0.0, "maximize": False, "params": [0]}
    return from_torch({"w": array}, {"state": {0: {"step": 3, "sum": np.ones_like(array)}}, "param_groups": [group]})


def bytes_of(header, data=b""):
    """A file with this header, whatever it is: without digests that fit."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


class Files(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.path = self.folder / "file.safetensors"

    def refused(self, content, *fragments):
        with open(self.path, "r+b" if self.path.exists() else "wb") as opened:  # without truncating to 0, after which file systems wait for the disk
            opened.write(content)
            opened.truncate()
        with self.assertRaises(BadFile) as raised:
            read(self.path)
        for fragment in fragments:
            self.assertIn(fragment, str(raised.exception))

    def test_what_cpp_wrote_is_written_again_with_the_same_bytes(self):
        files = sorted([*WRITTEN.glob("*.safetensors"), *common.DATA.glob("*.safetensors")])
        self.assertGreater(len(files), 250)
        with mock.patch.object(file.os, "fsync"):  # there are many
            for each in files:
                write(self.path, read(each))
                self.assertEqual(self.path.read_bytes(), each.read_bytes(), each)

    def test_the_defaults_are_those_of_cpp(self):
        self.assertEqual(read(WRITTEN / "default.safetensors").metadata["adagrad.options"], option_text.text(presets.defaults()))

    def test_every_flipped_bit_is_found(self):
        draw = random.Random(5)
        for source in (common.DATA / "torch_0.safetensors", WRITTEN / "trained_2.safetensors"):
            content = bytearray(source.read_bytes())
            for at in range(len(content)):
                bit = 1 << draw.randrange(8)
                content[at] ^= bit
                self.refused(content)
                content[at] ^= bit
            self.path.write_bytes(content)
            read(self.path)

    def test_files_that_are_cut_or_continued_are_found(self):
        content = (common.DATA / "torch_0.safetensors").read_bytes()
        for size in [*range(100), *range(100, len(content), 37), len(content) - 1]:
            self.refused(content[:size])
        for more in (b"\0", b" " * 64, content):
            self.refused(content + more, "stand behind the last tensor")

    def test_a_header_must_be_in_its_one_form(self):
        write(self.path, small())
        content = self.path.read_bytes()
        length = int.from_bytes(content[:8], "little")
        header, data = content[8 : 8 + length], content[8 + length :]
        self.refused(bytes_of(header + b" " * 64, data), "not in the form")
        self.refused(bytes_of(header.replace(b'{"dtype"', b'{ "dtype"', 1)[: length], data))
        self.refused(bytes_of(header.replace(b"adagrad.format", b"adagrad.f\\u006frmat", 1), data), "not in the form")

    def test_hostile_headers(self):
        plain = {"__metadata__": {"adagrad.format": "1"}}

        def tensor(**changes):
            return {**plain, "param/w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4], **changes}}

        for content, fragment in (
            (b"", "0 bytes"), (b"1234567", "7 bytes"), (b"\xff" * 100, "cannot be"), (bytes_of(b"{"), "cannot be"), (bytes_of(b"[]"), "no JSON object"),
            (bytes_of(b"\xff\xfe"), "no JSON"), (bytes_of(b'{"a":1,"a":2}'), "comes twice"), (bytes_of({}), "no metadata"),
            (bytes_of({"__metadata__": []}), "no metadata"), (bytes_of({"__metadata__": {"a": 1}}), "not all strings"),
            (bytes_of({"__metadata__": {}}), "adagrad.format"), (bytes_of({"__metadata__": {"adagrad.format": "2"}}), "newer version"),
            (bytes_of(b'{"__metadata__":{},"a":' + b"[" * 100_000), "no JSON"), (bytes_of(b'{"__metadata__":{"adagrad.format":"1"},"a":' + b"9" * 5000 + b"}"), "no JSON"),
            (bytes_of(tensor(dtype="BF16")), "BF16"), (bytes_of(tensor(dtype=["F32"])), "F32"), (bytes_of(tensor(shape=[-1])), "numbers that cannot be"),
            (bytes_of(tensor(shape=[True])), "numbers that cannot be"), (bytes_of(tensor(shape=[0, 2**63])), "numbers that cannot be"),
            (bytes_of(tensor(shape=[1.0])), "numbers that cannot be"), (bytes_of(tensor(shape=[1] * 33), b"1234"), "33 axes"),
            (bytes_of(tensor(shape=[2**62])), "where it belongs"), (bytes_of(tensor(data_offsets=[4, 8])), "where it belongs"),
            (bytes_of(tensor()), "cut short"), (bytes_of(tensor(), b"12345"), "1 bytes stand behind"), (bytes_of({**plain, "": 1}), "0 bytes"),
            (bytes_of({**plain, "a\nb": 1}), "control character"), (bytes_of(b'{"__metadata__":{"adagrad.format":"1"},"\\ud800":1}'), "UTF-8"),
            (bytes_of(b'{"__metadata__":{"adagrad.format":"1","\\ud800":"x"}}'), "surrogate"), (bytes_of({**plain, "w": {"dtype": "F32"}}), "not described"),
        ):
            with self.subTest(fragment=fragment, content=content[:80]):
                self.refused(content, fragment)

    def test_contents_that_cannot_be_have_digests_that_fit(self):
        """What somebody wrote who can make digests."""
        def changed(key, value):
            made = small()
            if value is None:
                del made.metadata[key]
            else:
                made.metadata[key] = value
            write(self.path, made)
            return self.path.read_bytes()

        for key, value in (
            ("adagrad.iterations", None), ("adagrad.iterations", "-1"), ("adagrad.iterations", "03"), ("adagrad.iterations", str(2**64)),
            ("adagrad.iterations", "\u0663"), ("adagrad.pending_calls", "x"), ("adagrad.options", "("), ("adagrad.options", "()"), ("adagrad.options", "(a=1"),
            ("adagrad.options", "[" * 5000), ("adagrad.options", option_text.text(presets.changed(presets.torch(), {"one_clip_only": "maybe"}))),
            ("adagrad.learning_rate", "later"), ("adagrad.learning_rate", "inverse_time(rate=0x1p+0)"), ("adagrad.learning_rate", "7"), ("adagrad.learning_rate", "inverse_time(learning_rate=none,decay=0x0p+0,form=quotient)"),
            ("adagrad.parameter.options.w", None), ("adagrad.parameter.options.w", "0x1p+0"), ("adagrad.parameter.learning_rate.w", None),
            ("adagrad.parameter.rows.w", "(accumulators=rowwise)"),
        ):
            with self.subTest(key=key, value=value):
                self.refused(changed(key, value), key)
        for value in (-1, np.nan):
            made = small()
            made.tensors["state/w/accumulator"][2] = value
            write(self.path, made)
            self.refused(self.path.read_bytes(), "below 0 or NaN")
        made = small()
        del made.tensors["state/w/accumulator"]
        write(self.path, made)
        self.refused(self.path.read_bytes(), "state/w/accumulator")

    def test_only_regular_files_are_read_and_replaced(self):
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        for path in (self.folder, pipe):
            with self.assertRaisesRegex(BadFile, "no regular file"):
                read(path)
            with self.assertRaisesRegex(BadFile, "no regular file"):
                write(path, small())
        with self.assertRaises(FileNotFoundError):
            read(self.folder / "none")

    def test_a_write_that_fails_leaves_the_old_file_alone(self):
        write(self.path, small())
        old = self.path.read_bytes()
        other = small()
        other.tensors["param/w"] += 1
        for call in ("fsync", "replace"):
            with mock.patch.object(file.os, call, side_effect=OSError("broken")), self.assertRaisesRegex(OSError, "broken"):
                write(self.path, other)
            self.assertEqual(self.path.read_bytes(), old)
            self.assertEqual(os.listdir(self.folder), [self.path.name])

    def test_permissions_and_links_stay(self):
        write(self.path, small())
        self.path.chmod(0o640)
        link = self.folder / "link"
        link.symlink_to(self.path.name)
        write(link, small())
        self.assertTrue(link.is_symlink())
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o640)

    def test_what_no_file_can_hold_is_refused(self):
        for name, array, fragment in (
            ("", np.ones(1), "0 bytes"), ("a\tb", np.ones(1), "control character"), ("\ud800", np.ones(1), "UTF-8"), ("x" * 4097, np.ones(1), "4097"),
            ("a", np.ones(1, np.float16), "float16"), ("a", np.ones(1, complex), "complex128"),
        ):
            with self.subTest(fragment=fragment), self.assertRaisesRegex(BadFile, fragment):
                write(self.path, Checkpoint({name: array}, {}))
        self.assertFalse(self.path.exists())

    def test_arrays_of_any_layout_are_written(self):
        made = small()
        array = np.arange(24, dtype=">f8").reshape(4, 6)[::2, ::-1]
        made.tensors["param/w"], made.tensors["state/w/accumulator"] = array, array
        write(self.path, made)
        self.assertTrue(np.array_equal(read(self.path).array("w"), array))

    def test_arrays_of_any_shape_are_written(self):
        for array in (np.float32(3), np.zeros((0, 3), np.float32), np.zeros((2, 1, 2), np.float64), np.ones(2, ">f4")):
            write(self.path, small(array))
            again = read(self.path).array("w")
            self.assertEqual(again.shape, array.shape)
            self.assertTrue(np.array_equal(again, array))

    def test_digests(self):
        # Of XXH3 with 64 bits, seed 0, for nothing: XXH3's own test vectors.
        self.assertEqual(digest.hexadecimal(b""), "2d06800538d394c2")
        self.assertEqual(digest.hexadecimal(b"ab", b"", b"c"), digest.hexadecimal(b"abc"))

    def test_arrays_in_memory_need_numpy_alone(self):
        """Neither libxxhash, which files need, nor what belongs to the other systems."""
        program = f"""
import sys
sys.path[:0] = [{str(PYTHON)!r}, {str(common.HERE)!r}]
for name in ("xxhash", "torch", "keras", "h5py", "tensorflow"):
    sys.modules[name] = None
import ctypes
def none(name):
    raise OSError(name)
ctypes.CDLL = none
sys.argv.append("")
import test_files
made = test_files.small()
try:
    test_files.write("/nowhere/file", made)
except ImportError as problem:
    print(problem)
"""
        done = subprocess.run([sys.executable, "-B", "-c", program], capture_output=True, text=True, check=True)
        self.assertIn("apt-get install libxxhash0", done.stdout)
        self.assertIn("pip install xxhash", done.stdout)


class Options(unittest.TestCase):
    def test_text(self):
        for text in ("(a=0x1p+0)", "[]", "[1,-2,3]", "inf", "-inf", "nan", "none", "x(rate=0x1.8p-3)", "(a=(b=[0x0p+0],c=true),d=f(e=-0x1p-1022))",
                     "0x0.0000000000001p-1022", "-0x0p+0"):
            self.assertEqual(option_text.text(option_text.parse(text)), text)

    def test_bad_text(self):
        for text in ("", "(", ")", "(a)", "(a=)", "(a=1", "(a=1,)", "(a=1 )", "(a=1,a=2)", "[1", "[1,,2]", "1,2", "a b", "0x", "0x1.0p+0", "0X1P+0", "1.5", "0x2p+0",
                     "01", "-0", "+1", "(" * 100_000, "A", "a(", "()x", "(0x1p+0=1)", "[,]", "(==1)", "=", "0x1p+9999", "x(a=1)y"):
            with self.subTest(text=text[:20]), self.assertRaises(option_text.BadText):
                option_text.parse(text)


if __name__ == "__main__":
    unittest.main()
