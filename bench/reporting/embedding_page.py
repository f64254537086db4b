"""The page's section about embedding rows."""

from . import cells, embedding

EXPLAINED = """<p>A call has 100,000 indices, in different rows of the table (uniform) or with frequent rows again and again (zipf, exponent 1.05); each call has
other ones than the call before. <b>limit</b> is w -= g; G += g over the same rows in the same order and layout (row-wise accumulators: one G for a row),
with the software prefetch that was fastest. <b>GB/s</b> counts what must be moved: indices and gradients read, weights and accumulators of every
different row read and written. <b>reference</b> is a check rather than a rival: it keeps a map of the rows and asks for every option at every element.
Where no row repeats, that of the rule unique stands for all. Bags (20 indices on average) are compared with expanding them into a buffer, then updating.</p>"""


def table(results):
    lines = []
    for row in embedding.compared(results):
        limit, reference = embedding.limit(results, row), embedding.reference(results, row)
        expanded = row.subject == "update_bags" and embedding.find(results, "expanded_bags", row.variant, row, row.isa)
        what = {"update_rows": row.variant, "update_bags": f"bags, {row.variant}", "expanded_bags": f"bags expanded first, {row.variant}"}[row.subject]
        lines.append([cells.text_cell(str(row.table)), f"<td>{row.threads}</td>", cells.text_cell(what), cells.text_cell(row.isa),
                      cells.time_cell(row, embedding.ns_per_row(row)), cells.time_cell(limit, limit and embedding.ns_per_row(limit)),
                      cells.ratio_cell(row, limit), cells.time_cell(reference, reference and embedding.ns_per_row(reference)),
                      cells.ratio_cell(reference, row), cells.number_cell(row.rate and row.rate / 1e9), cells.ratio_cell(row, expanded)])
    heads = ["table", "threads", "update", "instruction set", "ns per index", "limit, ns", "× limit", "reference (one thread), ns", "× as fast as reference",
             "GB/s", "× expanded first"]
    return cells.table(heads, lines)


def section(results):
    """HTML, or nothing without such rows."""
    lines = embedding.compared(results)
    return f"{EXPLAINED}\n{table(results)}" if lines else ""
