"""The picture of embedding rows."""

from . import embedding
from .pictures import bars, count, head, plt

COLORS = {"elementwise-unique": "#0072B2", "elementwise-sequential": "#56B4E9", "elementwise-sum": "#009E73",
          "rowwise-unique": "#D55E00", "rowwise-sequential": "#E69F00", "rowwise-sum": "#CC79A7", "elementwise-interleaved": "#7A5C3A"}
TEXTS = {"uniform": "different rows, uniform", "zipf": "repeated rows, Zipf"}


def over_limit(results):
    """How many times as long as its memory traffic each update takes, on the instruction set in use and one thread: a panel for each way of asking."""
    isa = results.isa(subject="update_rows")
    rows = [row for row in results.select(subject="update_rows", isa=isa, threads=1) if embedding.limit(results, row)]
    if not rows:
        return None
    panels_of = sorted({row.table.asked for row in rows})
    figure, panels = plt.subplots(len(panels_of), 1, figsize=(14, 1.3 + 3.4 * len(panels_of)), squeeze=False)
    names = [name for name in COLORS if any(row.variant == name for row in rows)]
    for axes, asked in zip(panels.flat, panels_of):
        shown = [row for row in rows if row.table.asked == asked]
        tables = sorted({row.table for row in shown})
        ratios = {(row.table, row.variant): results.over_limit(row) for row in shown}
        values = {name: [ratios.get((table, name)) for table in tables] for name in names}
        bars(axes, [f"{count(table.rows)} x {table.width}" for table in tables], names, values, {name: name for name in names}, "{:.2f}".format, 8.5, COLORS)
        axes.axhline(1, color="black", linewidth=1.2, label="memory traffic alone")
        axes.set_title(TEXTS.get(asked, asked), fontsize=14)
        axes.set_ylabel("times its memory traffic")
    panels[-1, 0].set_xlabel("table: rows x width")
    # The first panel may lack a kind that another has: each has a handle in every panel, if an empty one.
    return figure, head(figure, f"An update of 100,000 embedding rows, float, {isa}, one thread (lower is better)", panels.flat[0], 4)
