"""Cells and tables of the page, as HTML."""

from html import escape

from .results import three_digits

NOT_THERE = "–"


def time_cell(row, ns=None):
    """The number as a reader wants it, and exactly for programs."""
    if row is None:
        return f"<td>{NOT_THERE}</td>"
    value = row.ns if ns is None else ns
    mark = '<span class="noisy">~</span>' if row.noisy else ""
    return f'<td><data value="{value!r}">{three_digits(value)}</data>{mark}</td>'


def number_cell(ratio):
    return f"<td>{NOT_THERE}</td>" if ratio is None else f"<td>{ratio:.2f}</td>"


def ratio_cell(row, other):
    return number_cell(row.ns / other.ns if row and other else None)


def text_cell(text):
    return f'<td class="text">{escape(str(text))}</td>'


def table(heads, rows, texts=1):
    """`rows`: lists of cells, already HTML. The first `texts` columns hold text."""
    head = "".join(f'<th scope="col"{" class=text" if i < texts else ""}>{escape(name)}</th>' for i, name in enumerate(heads))
    body = "\n".join("<tr>" + "".join(cells) + "</tr>" for cells in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>'
