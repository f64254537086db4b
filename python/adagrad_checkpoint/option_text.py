"""Options as text: (field=value,...), numbers hexadecimal. Parsed into dicts, lists, numbers, True, False, None and names (str); a schedule becomes (name, dict)."""

import re

TOKEN = re.compile(r"-?(?:0x[0-9a-f.]+p[+-][0-9]+|inf|nan)|-?[0-9]+|[a-z_][a-z0-9_]*|[(),=\[\]]")
WORDS = {"true": True, "false": False, "none": "none"}


def number(value):
    """As C++ writes it: no zeros at the end."""
    text = float(value).hex()
    return re.sub(r"\.?0*p", "p", text) if "." in text else text


def parse(text):
    tokens = TOKEN.findall(text)
    if "".join(tokens) != text:
        raise ValueError(f"no option text: {text[:60]!r}")
    value, end = _value(tokens, 0)
    if end != len(tokens):
        raise ValueError(f"more than one value: {text[:60]!r}")
    return value


def _value(tokens, at):
    token = tokens[at]
    if token == "(":
        return _fields(tokens, at)
    if token == "[":
        values, at = [], at + 1
        while tokens[at] != "]":
            if values:
                at += 1  # the comma
            value, at = _value(tokens, at)
            values.append(value)
        return values, at + 1
    if at + 1 < len(tokens) and tokens[at + 1] == "(":
        fields, end = _fields(tokens, at + 1)
        return (token, fields), end
    if re.match(r"-?(0x|inf|nan)", token):
        return float.fromhex(token), at + 1
    if re.match(r"-?[0-9]", token):
        return int(token), at + 1
    return WORDS.get(token, token), at + 1


def _fields(tokens, at):
    fields, at = {}, at + 1
    while tokens[at] != ")":
        if fields:
            at += 1
        name = tokens[at]
        value, at = _value(tokens, at + 2)
        fields[name] = value
    return fields, at + 1


def text(value):
    if isinstance(value, dict):
        return "(" + ",".join(f"{name}={text(each)}" for name, each in value.items()) + ")"
    if isinstance(value, tuple):
        return value[0] + text(value[1])
    if isinstance(value, list):
        return "[" + ",".join(map(text, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return number(value) if isinstance(value, float) else str(value)
