"""The pictures of the report, drawn with matplotlib on white, so that they can be read on light and dark pages."""

import math

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from .results import three_digits

# Okabe and Ito's colours, which colour-blind readers can tell apart; each line has a marker of its own besides.
SETS = [("#0072B2", "o"), ("#D55E00", "s"), ("#009E73", "^"), ("#E69F00", "D"), ("#CC79A7", "v"), ("#56B4E9", "p"), ("#F0E442", "X"), ("#555555", "*")]
KINDS = {"exact": "#0072B2", "fast": "#56B4E9", "autovectorized": "#7A5C3A", "limit": "#999999", "reference": "#000000",
         "optimizer": "#0072B2", "flat": "#56B4E9", "updates": "#E69F00"}
TYPES = {"f32": "float", "f64": "double"}
COLORS = {**KINDS, "update": KINDS["exact"], "traffic": KINDS["limit"]}  # of subjects

plt.rcParams.update({"font.size": 14, "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.color": "#e4e4e4",
                     "axes.axisbelow": True, "axes.titlesize": 17, "axes.titlelocation": "left", "legend.frameon": False,
                     "figure.facecolor": "white", "figure.dpi": 100, "lines.markersize": 8, "lines.linewidth": 2.2})


def plain(value, _=None):
    return f"{value:,.10g}"


def count(value, _=None):
    """1,000 as 1 k, 10,000,000 as 10 M."""
    for unit, name in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if value >= unit:
            return f"{value / unit:.3g}{name}"
    return f"{value:g}"


def log_axis(axis, low, high):
    """Ticks at 1, 2, 5 where the range is short enough to leave room for them, written as plain numbers."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high / low < 1e3 else (1,)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(plain))


def size_axis(axes, sizes):
    axes.set_xscale("log")
    axes.set_xticks(sizes)
    axes.xaxis.set_major_formatter(FuncFormatter(count))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.margins(x=0.04)


def head(figure, title, handles_of=None, columns=3):
    """The title of a picture of several panels, their common legend below it, and room for both."""
    height = figure.get_figheight()
    figure.text(0.01, 1 - 0.1 / height, title, ha="left", va="top", fontsize=17)
    handles, labels = handles_of.get_legend_handles_labels()
    lines = math.ceil(len(handles) / columns)
    figure.legend(handles, labels, loc="upper left", bbox_to_anchor=(0, 1 - 0.38 / height), ncol=columns, fontsize=13)
    return 0.55 + 0.3 * lines


def save(figure, header, context, path):
    """Writes the picture. `header`: inches to leave free above the panels."""
    # cpu and compiler come from outside and may hold matplotlib's $ of formulas.
    text = f"{context.get('cpu', 'unknown processor')}, {context.get('num_cpus', '?')} processors; {context.get('compiler', '?')}, " \
           f"{context.get('build_type', '?')}; adagrad {context.get('library_version', '?')}, commit {str(context.get('commit', '?'))[:10]}; " \
           "medians of repetitions"
    height = figure.get_figheight()
    figure.text(0.99, 0.06 / height, text.replace("$", r"\$"), ha="right", va="bottom", fontsize=10.5, color="#555555")
    figure.tight_layout(rect=(0.005, 0.25 / height, 1, 1 - header / height))
    figure.savefig(path, metadata={"Software": None})
    plt.close(figure)


def series(results, subject, variant, kind, isa, threads=1):
    """(sizes, ns per element) of the rows of one line."""
    rows = sorted((row.elements, row.ns) for row in results.select(subject=subject, variant=variant, type=kind, isa=isa, threads=threads))
    return [row[0] for row in rows], [row[1] for row in rows]


def limit_line(axes, results, kind, sizes):
    limits = [(size, results.limit(kind, size, 1).ns) for size in sizes if results.limit(kind, size, 1)]
    if limits:
        x, y = zip(*limits)
        axes.fill_between(x, y, 1e-6, color="#e9e9e9", zorder=0)
        axes.plot(x, y, color="#777777", linewidth=2, linestyle=(0, (1, 1)), marker=".", label="limit: memory traffic alone", zorder=2)


def time_by_size(results, kind):
    """Time for one element against the size: exact on each instruction set, and what it is compared with."""
    sizes = sorted({row.elements for row in results.select(type=kind, threads=1) if row.subject in ("update", "reference")})
    isas = results.isas(subject="update", variant="exact", type=kind, threads=1)
    if not sizes or not isas:
        return None
    figure, axes = plt.subplots(figsize=(12, 7))
    axes.plot(*series(results, "reference", "exact", kind, "scalar"), color="black", marker="x", markeredgewidth=2.5, label="scalar reference")
    axes.plot(*series(results, "autovectorized", "exact", kind, isas[0]), color=KINDS["autovectorized"], marker="P", linestyle="-.",
              label=f"autovectorized, {isas[0]}", zorder=4.5)
    # The slowest first and broadest, so that no line hides another where they meet.
    for place, isa in reversed(list(enumerate(isas))):
        color, marker = SETS[place % len(SETS)]
        axes.plot(*series(results, "update", "exact", kind, isa), color=color, marker=marker, linewidth=2 + 0.9 * place, markersize=7 + 1.6 * place,
                  label=f"exact, {isa}", zorder=3 + (len(isas) - place) / 10)
    axes.plot(*series(results, "update", "fast", kind, isas[0]), color=SETS[0][0], marker="o", markerfacecolor="white", linestyle="--",
              label=f"fast, {isas[0]}", zorder=5)
    limit_line(axes, results, kind, sizes)
    times = [row.ns for row in results.select(type=kind, threads=1) if row.elements in sizes and row.subject in ("update", "reference", "traffic")]
    axes.set_yscale("log")
    axes.set_ylim(min(times) / 1.25, max(times) * 1.2)
    log_axis(axes.yaxis, *axes.get_ylim())
    size_axis(axes, sizes)
    axes.set_xlabel(f"elements of each of the three arrays (1 k = 1,000; {TYPES[kind]})")
    axes.set_ylabel("nanoseconds for one element (lower is better)")
    axes.set_title(f"One Adagrad step, {TYPES[kind]}, one thread")
    handles, labels = axes.get_legend_handles_labels()
    # In the order in which the lines lie where they are furthest apart: in the caches.
    order = sorted((i for i, handle in enumerate(handles) if len(handle.get_ydata())), key=lambda i: -handles[i].get_ydata()[0])
    axes.legend([handles[i] for i in order], [labels[i] for i in order], loc="center left", bbox_to_anchor=(1.0, 0.5), handlelength=2.6, labelspacing=0.9)
    return figure, 0


def bars(axes, groups, names, values, texts, write, size, colors=KINDS):
    """Bars side by side in each group, with their numbers above (`write` makes the text); a missing one leaves a gap."""
    width = 0.84 / len(names)
    for place, name in enumerate(names):
        x = [i + (place - (len(names) - 1) / 2) * width for i in range(len(groups))]
        known = [(at, value) for at, value in zip(x, values[name]) if value is not None]
        axes.bar([at for at, _ in known], [value for _, value in known], width * 0.94, color=colors[name], edgecolor="white", label=texts[name])
        for at, value in known:
            axes.annotate(write(value), (at, value), (0, 2), textcoords="offset points", ha="center", va="bottom", fontsize=size)
    axes.margins(y=0.12)
    axes.set_xticks(range(len(groups)), groups)
    axes.grid(axis="x", visible=False)


def speed_up(results, kind):
    """How many times as fast as the reference: a panel for each instruction set."""
    isas = results.isas(subject="update", type=kind, threads=1)
    sizes = [size for size in results.values("elements", subject="update", type=kind, threads=1) if results.reference(kind, size)]
    if not isas or not sizes:
        return None
    names = ("exact", "fast", "autovectorized")
    columns = min(2, len(isas))
    rows = math.ceil(len(isas) / columns)
    figure, panels = plt.subplots(rows, columns, figsize=(12, 1.1 + 3.1 * rows), sharey=True, squeeze=False)

    def ratio(name, isa, size):
        subject, variant = ("autovectorized", "exact") if name == "autovectorized" else ("update", name)
        row = results.find(subject, variant, kind, isa, size, 1)
        return row and results.over_reference(row)

    for axes, isa in zip(panels.flat, isas):
        values = {name: [ratio(name, isa, size) for size in sizes] for name in names}
        texts = {"exact": "exact", "fast": "fast", "autovectorized": "autovectorized by the compiler"}
        bars(axes, [count(size) for size in sizes], names, values, texts, "{:.1f}".format, 9.5)
        axes.axhline(1, color="black", linewidth=1.2, label="scalar reference")
        axes.set_title(isa)
        axes.set_xlabel("elements")
    for axes in list(panels.flat)[len(isas):]:
        axes.set_visible(False)
    for axes in panels[:, 0]:
        axes.set_ylabel("times as fast")
    return figure, head(figure, f"Speed-up over the scalar reference, {TYPES[kind]}, one thread (higher is better)", panels.flat[0], 4)


def thread_scaling(results, kind):
    """How many times as fast as one thread: a panel for each size, with the ideal line."""
    isa = results.isa(subject="update", variant="exact", type=kind)
    where = {"subject": "update", "variant": "exact", "type": kind, "isa": isa}
    sizes = [size for size in results.values("elements", **where)
             if results.find("update", "exact", kind, isa, size, 1) and results.values("threads", elements=size, **where) != [1]]
    if not sizes:
        return None
    figure, panels = plt.subplots(1, len(sizes), figsize=(12, 5.2), sharey=True, squeeze=False)
    lines = (("traffic", "plain", "memory traffic alone", "#777777", "s", ":"), ("update", "exact", "exact", KINDS["exact"], "o", "-"))
    for axes, size in zip(panels.flat, sizes):
        most = max(results.values("threads", elements=size, **where))
        axes.plot([1, most], [1, most], color="black", linewidth=1.2, linestyle="--", label="ideal")
        for subject, variant, text, color, marker, style in lines:
            rows = {row.threads: row.ns for row in results.select(subject=subject, variant=variant, type=kind, isa=isa, elements=size)}
            if 1 in rows:
                threads = sorted(rows)
                axes.plot(threads, [rows[1] / rows[n] for n in threads], color=color, marker=marker, linestyle=style, label=text)
                if threads[-1] > 1 and subject == "update":
                    axes.annotate(f"{rows[1] / rows[threads[-1]]:.2f}", (threads[-1], rows[1] / rows[threads[-1]]), (8, 0),
                                  textcoords="offset points", ha="left", va="center", color=color, fontsize=13)
        axes.set_xlim(1 - 0.15 * (most - 1), most + 0.45 * (most - 1))
        ticks = [most]
        for n in reversed(results.values("threads", elements=size, **where)):
            if ticks[-1] - n >= most / 5:  # else their texts would touch
                ticks.append(n)
        axes.set_xticks(ticks)
        axes.set_title(f"{count(size)} elements", fontsize=14)
        axes.set_xlabel("threads")
    panels[0, 0].set_ylabel("times as fast as one thread")
    panels[0, 0].set_ylim(bottom=0)  # of all panels, and only now, or the later ones would not widen it
    return figure, head(figure, f"Thread scaling, {TYPES[kind]}, {isa} (higher is better)", panels.flat[0])


def models(results):
    """A step over many tensors beside its limits, on the instruction set in use: a panel for each number of threads."""
    isa = results.isa(subject="optimizer")
    comparison = [step for step in results.lists() if step.isa == isa]
    if not comparison:
        return None
    threads = sorted({entry.threads for entry in comparison})
    figure, panels = plt.subplots(len(threads), 1, figsize=(12, 1.3 + 3.3 * len(threads)), squeeze=False)
    names = ("limit", "flat", "optimizer", "updates")
    texts = {"limit": "memory traffic alone", "flat": "optimizer, one flat array of the same total", "optimizer": "optimizer, the list of tensors",
             "updates": "a loop of update calls over the tensors"}
    for axes, n in zip(panels.flat, threads):
        entries = [entry for entry in comparison if entry.threads == n]
        values = {name: [getattr(entry, name) and getattr(entry, name).ns for entry in entries] for name in names}
        bars(axes, [f"{entry.list}\n{count(entry.elements)} elements" for entry in entries], names, values, texts, three_digits, 10)
        axes.set_ylabel("ns for one element")
        axes.set_title(f"{n} thread{'s' if n > 1 else ''}", fontsize=14)
    return figure, head(figure, f"A step over the tensors of a model, float, {isa} (lower is better)", panels.flat[0], 2)


def options(results):
    """How many times as long as the plain step a step with an option takes: a panel for each size and number of threads."""
    compared = {key: rows for key, rows in results.options().items() if results.over_plain(rows[0])}
    if not compared:
        return None
    order = [row.variant for row in next(iter(compared.values()))]
    order += [name for name in dict.fromkeys(row.variant for rows in compared.values() for row in rows) if name not in order]
    figure, panels = plt.subplots(1, len(compared), figsize=(14, 2.2 + 0.34 * len(order)), sharey=True, squeeze=False)
    for axes, ((elements, threads), rows) in zip(panels.flat, compared.items()):
        ratios = {row.variant: results.over_plain(row) for row in rows}
        widths = [ratios.get(name, 0) for name in order]
        axes.barh(order, widths, color=["#777777" if name == "plain" else "#0072B2" for name in order])
        for place, width in enumerate(widths):
            if width:
                axes.annotate(f"{width:.2f}", (width, place), (4, 0), textcoords="offset points", va="center", fontsize=11)
        axes.axvline(1, color="#777777", linewidth=1)
        axes.margins(x=0.14)
        axes.grid(axis="y", visible=False)
        axes.set_xlabel("times the plain step")
        axes.set_title(f"{count(elements)} elements, {threads} thread{'s' if threads > 1 else ''}", fontsize=14)
    panels[0, 0].invert_yaxis()
    return figure, head(figure, "A step with an option beside the plain step, float (lower is better)", panels.flat[0])


def small_step(rows, names):
    """Nanoseconds of a whole step of few elements: a bar for each row, the shortest first."""
    if not rows:
        return None
    figure, axes = plt.subplots(figsize=(12, 1.9 + 0.5 * len(rows)))
    axes.barh(names, [row.ns_per_step for row in rows], color=[COLORS.get(row.subject, "#999999") for row in rows])
    for place, row in enumerate(rows):
        axes.annotate(three_digits(row.ns_per_step), (row.ns_per_step, place), (4, 0), textcoords="offset points", va="center", fontsize=12)
    axes.invert_yaxis()
    axes.margins(x=0.08)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("nanoseconds for one whole step (lower is better)")
    axes.set_title(f"A step of {rows[0].elements} elements, {TYPES[rows[0].type]}")
    return figure, 0
