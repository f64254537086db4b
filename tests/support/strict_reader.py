#!/usr/bin/python3
"""A second reader of checkpoint headers, written apart from the first one: Python's json does the parsing, the rules of the format come on top.

usage: strict_reader.py FILE...    prints accept or refuse, and why, for each
"""

import json
import re
import struct
import sys
import unicodedata

LONGEST_HEADER = 64 * 2**20
LONGEST_NAME = 4096
SIZES = {"F32": 4, "F64": 8, "U64": 8}


class Refused(Exception):
    pass


def need(holds, why):
    if not holds:
        raise Refused(why)


def whole_number(digits):
    need(re.fullmatch(r"0|[1-9][0-9]{0,19}", digits), "a number that is not plain")
    need(int(digits) < 2**64, "a number beyond 64 bits")
    return int(digits)


def no_number(spelled):
    raise Refused(f"the number {spelled[:20]}")


def without_duplicates(pairs):
    need(len({key for key, _ in pairs}) == len(pairs), "a key comes twice")
    return dict(pairs)


def parse(text):
    """The value of strict JSON, with nothing but spaces behind it."""
    decoder = json.JSONDecoder(object_pairs_hook=without_duplicates, parse_int=whole_number, parse_float=no_number, parse_constant=no_number)
    try:
        value, end = decoder.raw_decode(text)
    except (ValueError, RecursionError) as error:
        raise Refused(f"no JSON: {error}") from error
    need(not text[end:].strip(" "), "something stands behind the JSON")
    return value


def is_number(value):
    return isinstance(value, int) and not isinstance(value, bool)


def text_bytes(value):
    need(isinstance(value, str), "a value that is no string")
    try:
        return value.encode()
    except UnicodeEncodeError as error:  # half of a surrogate pair, from an escape
        raise Refused("half of a surrogate pair") from error


def read_tensor(name, fields):
    need(0 < len(text_bytes(name)) <= LONGEST_NAME, "a name too short or too long")
    need(all(unicodedata.category(character) != "Cc" for character in name), "a control character in a name")
    need(isinstance(fields, dict) and set(fields) == {"dtype", "shape", "data_offsets"}, "not the three keys of a tensor")
    dtype, shape, offsets = fields["dtype"], fields["shape"], fields["data_offsets"]
    need(isinstance(dtype, str) and dtype in SIZES, "an unknown dtype")
    need(isinstance(shape, list) and all(map(is_number, shape)), "a shape that is no list of numbers")
    need(isinstance(offsets, list) and len(offsets) == 2 and all(map(is_number, offsets)), "data_offsets are no two numbers")
    size = SIZES[dtype]
    for length in shape:
        size *= length or 1
        need(size < 2**64, "a shape too large")
    need(offsets[1] - offsets[0] == (0 if 0 in shape else size), "not as many bytes as the shape makes")
    return name, dtype, shape, *offsets


def read(content):
    """(where data starts, metadata, tensors in order) of a file; raises Refused."""
    need(len(content) >= 8, "no length")
    length, = struct.unpack("<Q", content[:8])
    need(2 <= length <= min(LONGEST_HEADER, len(content) - 8), "a length that cannot be")
    try:
        text = content[8:8 + length].decode()
    except UnicodeDecodeError as error:
        raise Refused(f"no UTF-8: {error}") from error
    need(text.startswith("{"), "no object")
    fields = parse(text)
    metadata = fields.pop("__metadata__", {})
    need(isinstance(metadata, dict), "metadata is no object")
    metadata = {text_bytes(key): text_bytes(value) for key, value in metadata.items()}
    tensors = sorted((read_tensor(name, value) for name, value in fields.items()), key=lambda tensor: tensor[3:])
    need([tensor[3] for tensor in tensors] + [len(content) - 8 - length] == [0] + [tensor[4] for tensor in tensors], "an overlap, a hole or trailing bytes")
    return 8 + length, metadata, tensors


if __name__ == "__main__":
    for file in sys.argv[1:]:
        try:
            with open(file, "rb") as opened:
                read(opened.read())
            print("accept", file)
        except Refused as refused:
            print("refuse", file, refused)
