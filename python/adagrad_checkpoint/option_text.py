"""Options as text: (field=value,...), numbers hexadecimal; src/checkpoint/option_text.hpp has the grammar.

Parsed into dicts, lists, int, float, bool and names (str, `none` among them); a schedule becomes its number or (name, dict).
"""

import re
from typing import Union

Value = Union[dict, list, tuple, int, float, bool, str]

TOKEN = re.compile(r"-?(?:0x[01](?:\.[0-9a-f]+)?p[+-][0-9]+|inf|nan)|-?[0-9]+|[a-z_][a-z0-9_]*|[(),=\[\]]")
WORD = re.compile("[a-z_]")


class BadText(ValueError):
    pass


def number(value: float) -> str:
    """As C++ writes it: without zeros at the end."""
    text = float(value).hex()
    return re.sub(r"\.?0*p", "p", text) if "." in text else text


def text(value: Value) -> str:
    if isinstance(value, dict):
        return "(" + ",".join(f"{name}={text(each)}" for name, each in value.items()) + ")"
    if isinstance(value, tuple):
        return value[0] + text(value[1])
    if isinstance(value, list):
        return "[" + ",".join(map(text, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return number(value) if isinstance(value, float) else str(value)


def readable(value: Value) -> str:
    """The same with decimal numbers, for messages."""
    if isinstance(value, dict):
        return "(" + ", ".join(f"{name}={readable(each)}" for name, each in value.items()) + ")"
    if isinstance(value, tuple):
        return value[0] + readable(value[1])
    if isinstance(value, list):
        return "[" + ", ".join(map(readable, value)) + "]"
    return repr(value) if isinstance(value, float) else text(value)


def parse(source: str) -> Value:
    """The value whose text this is, to the last character; BadText for all else."""
    tokens = TOKEN.findall(source)
    try:
        value, _ = _value(tokens, 0)
        if text(value) == source:
            return value
    except (IndexError, OverflowError, RecursionError, ValueError):
        pass
    raise BadText(f"no options as text: {source[:60]!r}")


def _value(tokens: list[str], at: int) -> tuple[Value, int]:
    token = tokens[at]
    if token == "(":
        return _fields(tokens, at)
    if token == "[":
        return _items(tokens, at)
    if at + 1 < len(tokens) and tokens[at + 1] == "(":
        fields, end = _fields(tokens, at + 1)
        return (token, fields), end
    if re.match(r"-?(0x|inf$|nan$)", token):
        return float.fromhex(token), at + 1
    if re.match(r"-?[0-9]", token):
        return int(token), at + 1
    if not WORD.match(token):
        raise BadText(token)
    return {"true": True, "false": False}.get(token, token), at + 1


# What stands between fields and items is not looked at: parse() compares the text of all with what was read.
def _fields(tokens: list[str], at: int) -> tuple[dict, int]:
    fields, at = {}, at + 1
    while tokens[at] != ")":
        if fields:
            at += 1
        name = tokens[at]
        if not WORD.match(name):
            raise BadText(name)
        fields[name], at = _value(tokens, at + 2)
    return fields, at + 1


def _items(tokens: list[str], at: int) -> tuple[list, int]:
    items, at = [], at + 1
    while tokens[at] != "]":
        if items:
            at += 1
        item, at = _value(tokens, at)
        items.append(item)
    return items, at + 1
