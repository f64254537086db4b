"""The page: one HTML file with everything in it."""

import base64
import shlex
from html import escape
from pathlib import Path
from string import Template

from . import embedding_page, findings
from .cells import NOT_THERE, number_cell, ratio_cell, table, text_cell, time_cell
from .results import NOISY

SUBJECTS = {"traffic": "limit (memory traffic alone)", "reference": "scalar reference", "autovectorized": "autovectorized", "update": "update",
            "optimizer": "optimizer", "updates": "loop of update calls", "update_rows": "update of rows", "traffic_rows": "limit of rows",
            "reference_rows": "scalar reference", "update_bags": "update of bags", "expanded_bags": "bags expanded, then updated",
            "traffic_bags": "limit of bags"}
TYPES = {"f32": "float", "f64": "double"}


def describe(row, with_isa=True):
    """What a row measures, in words."""
    text = SUBJECTS.get(row.subject, row.subject)
    if row.table or row.subject in ("update", "optimizer", "updates"):
        text += f", {row.variant}"
    return f"{text}, {row.isa}" if with_isa and not row.subject.startswith("reference") else text


def bullets(sentences):
    return "<ul>" + "".join(f"<li>{escape(sentence)}</li>\n" for sentence in sentences) + "</ul>"


def picture(path, text):
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    return f'<div class="wide"><img alt="{escape(text)}" src="data:image/png;base64,{data}"></div>'


def facts(results):
    """Machine, compiler, flags, commit, command. Neither the host's name nor the path of the program: they can name somebody."""
    context = results.context

    def known(key):
        return str(context.get(key) or NOT_THERE)

    def size(count):
        return f"{count / 2**20:.3g} MiB" if count >= 2**20 else f"{count / 2**10:.3g} KiB"

    caches = ", ".join(f"L{cache['level']}{'d' if cache['type'] == 'Data' else ''} {size(cache['size'])}"
                       for cache in context.get("caches", []) if cache["type"] != "Instruction")
    if results.command:
        command = f"{shlex.join(results.command)}, once for each type, number of elements or table, and number of threads"
    else:
        command = f"{Path(known('executable')).name} (its arguments are not in the results)"
    entries = [("processor", f"{known('cpu')}, {known('num_cpus')} processors"), ("caches", caches or NOT_THERE),
               ("instruction set in use", known("instruction_set")), ("threads by default", known("threads")),
               ("compiler", f"{known('compiler')}, {known('build_type')}, flags: {context.get('cxx_flags') or 'none'}"),
               ("flags of the kernels", known("kernel_flags")), ("flags of autovectorized", known("autovectorized_flags")),
               ("huge pages", known("huge_pages")), ("arrays", known("array_layout")), ("embedding tables", known("table_layout")),
               ("adagrad", f"{known('library_version')}, commit {known('commit')}"), ("command", command)]
    rows = "\n".join(f'<tr><th scope="row" class="text">{escape(name)}</th>{text_cell(value)}</tr>' for name, value in entries)
    return f'<table class="facts">\n{rows}\n</table>'


def size_table(results, kind):
    isas = results.isas(subject="update", variant="exact", type=kind, threads=1)
    sizes = results.values("elements", subject="update", variant="exact", type=kind, threads=1)
    lines = []
    for size in sizes:
        limit = results.limit(kind, size, 1)
        compared = [results.find("update", "exact", kind, isa, size, 1) for isa in isas]
        compared += [results.find("update", "fast", kind, isas[0], size, 1), results.find("autovectorized", "exact", kind, isas[0], size, 1),
                     results.reference(kind, size)]
        cells = [f"<td>{size:,}</td>", time_cell(limit)]
        for row in compared:
            cells += [time_cell(row), ratio_cell(row, limit)]
        lines.append(cells)
    names = [f"exact, {isa}" for isa in isas] + [f"fast, {isas[0]}", f"autovectorized, {isas[0]}", "reference"] if isas else []
    return table(["elements", "limit", *(word for name in names for word in (name, "× limit"))], lines, texts=0)


def thread_table(results, kind):
    isa = results.isa(subject="update", variant="exact", type=kind)
    rows = [row for row in results.select(subject="update", variant="exact", type=kind, isa=isa) if row.threads > 1]
    lines = []
    for row in rows:
        single, limit = results.find("update", "exact", kind, isa, row.elements, 1), results.limit(kind, row.elements, row.threads)
        traffic, traffic_single = (results.find("traffic", "plain", kind, isa, row.elements, threads) for threads in (row.threads, 1))
        lines.append([f"<td>{row.elements:,}</td>", f"<td>{row.threads}</td>", time_cell(row), ratio_cell(single, row),
                      ratio_cell(traffic_single, traffic), ratio_cell(row, limit)])
    heads = ["elements", "threads", f"exact, {isa}, ns", "× as fast as one thread", "traffic: × as fast as one thread", "× limit"]
    return table(heads, lines, texts=0)


def list_table(results):
    lines = [[text_cell(step.list), f"<td>{step.elements:,}</td>", f"<td>{step.threads}</td>", text_cell(step.isa),
              time_cell(step.optimizer, step.optimizer and step.optimizer.ns_per_step / 1000), time_cell(step.optimizer),
              ratio_cell(step.optimizer, step.flat), ratio_cell(step.optimizer, step.updates), ratio_cell(step.optimizer, step.limit)]
             for step in results.lists()]
    heads = ["list", "elements", "threads", "instruction set", "µs per step", "ns per element", "× flat array", "× loop of update", "× limit"]
    return table(heads, lines)


def option_table(results):
    """A line for each option, a pair of columns for each size and number of threads."""
    compared = results.options()
    names = list(dict.fromkeys(row.variant for rows in compared.values() for row in rows))
    lines = []
    for name in names:
        cells = [text_cell(name)]
        for rows in compared.values():
            row = next((row for row in rows if row.variant == name), None)
            cells += [time_cell(row), number_cell(row and results.over_plain(row)), number_cell(row and results.over_limit(row))]
        lines.append(cells)
    heads = [word for elements, threads in compared for word in (f"{elements:,} elements, {threads} thread{'s' if threads > 1 else ''}, ns", "× plain", "× limit")]
    return table(["option", *heads], lines)


def small_table(rows):
    lines = [[text_cell(describe(row)), f"<td>{row.threads}</td>", time_cell(row, row.ns_per_step)] for row in rows]
    return table([f"a step of {rows[0].elements} elements", "threads", "ns per step"], lines)


def all_rows(results):
    for kind in results.values("type"):
        for size in dict.fromkeys(row.size for row in results.select(type=kind)):
            lines = []
            for row in results.select(type=kind, size=size):
                spread = NOT_THERE if row.spread is None else f"{row.spread:.1%}"
                spread = f'<span class="noisy">{spread} ~</span>' if row.noisy else spread
                first = f'<td class="text" title="{escape(row.name)}">{escape(describe(row, with_isa=False))}</td>'
                lines.append([first, text_cell(row.isa), f"<td>{row.threads}</td>", time_cell(row), f"<td>{spread}</td>",
                              number_cell(results.over_limit(row)), number_cell(results.over_reference(row)),
                              f"<td>{row.repetitions}</td>", text_cell(row.label)])
            heads = ["row", "instruction set", "threads", "ns per element", "spread", "× limit", "× as fast", "repetitions", "form"]
            yield f"<details open><summary>{TYPES[kind]}, {size}</summary>{table(heads, lines, texts=2)}</details>"


def notes(results):
    rows = results.rows.values()
    sentences = []
    if results.missing:
        sentences.append(f"This page is of part of a run: {len(results.missing)} of {len(results.missing) + len(rows)} rows are missing; "
                         "they are listed at the end. scripts/bench measures all.")
    lacking = (("memory limit (traffic)", [row for row in rows if results.over_limit(row) is None]),
               ("scalar reference", [row for row in rows if row.subject in ("update", "autovectorized", "update_rows") and results.over_reference(row) is None]))
    for what, alone in lacking:
        if alone:
            sentences.append(f"{len(alone)} rows have no {what} of their type and size to compare with: in its place the tables have {NOT_THERE}.")
    if 4 * sum(row.noisy for row in rows) > len(rows):
        sentences.append(f"More than a quarter of the rows spread by more than {NOISY:.0%}: something else kept the machine busy, and "
                         "these numbers are not worth quoting.")
    singles = sum(row.spread is None for row in rows)
    if singles:
        sentences.append(f"{singles} rows were measured once, so nobody knows how far they spread: use --repetitions 9.")
    without = sum(not row.has_aggregates and row.spread is not None for row in rows)
    if without:
        sentences.append(f"{without} rows came without aggregates: their medians and spreads are of the single repetitions in the results.")
    if not str(results.context.get("build_type", "Release")).startswith("Rel"):
        sentences.append(f"The build type is {results.context['build_type']}: nothing here is a speed to quote. scripts/bench builds Release.")
    return f'<div class="note" role="note">{bullets(sentences)}</div>' if sentences else ""


def missing(results):
    lines = [[text_cell(name), text_cell(why)] for name, why in results.missing.items()]
    return f"<h2>Missing rows</h2>{table(['row', 'why'], lines, texts=2)}" if lines else ""


def section(title, parts):
    """`parts`: HTML; without any, says so."""
    return f"<h2>{escape(title)}</h2>\n" + ("\n".join(parts) or "<p class=soft>This run has no rows for it.</p>")


def render(results, pictures):
    """The HTML. `pictures`: {name: path of the PNG}, without those that have nothing to show."""
    def shown(name, text, content):
        return [f"<h3>{escape(text)}</h3>", picture(pictures[name], f"{text}; the numbers are in the tables."), content] if name in pictures else []

    both = ("f32", "f64")
    small, tables = findings.small_steps(results), embedding_page.section(results)
    sections = [
        section("Time for one element", [part for kind in both for part in shown(
            "speed" if kind == "f32" else f"speed_{kind}", f"{TYPES[kind]}, one thread: ns for one element against the number of elements",
            size_table(results, kind))]),
        section("Speed-up over the scalar reference", [part for kind in both for part in shown(
            f"speedup_{kind}", f"{TYPES[kind]}, one thread: times as fast as the reference", "")]),
        section("Threads", [part for kind in both for part in shown(
            f"threads_{kind}", f"{TYPES[kind]}: times as fast as one thread", thread_table(results, kind))]),
        section("The tensors of a model", shown(
            "models", "float: an optimizer's step beside one flat array, a loop of update calls and the memory limit", list_table(results))),
        section("What options cost", shown(
            "options", "float: a step with an option beside the plain step", option_table(results) if results.options() else "")),
        section("Embedding rows", shown("rows", "float, one thread: time over that of the memory traffic alone", tables) or [tables] * bool(tables)),
        section("A step of 100 elements", shown("small", "what a call costs when there is next to nothing to do", small and small_table(small))),
    ]
    good, bad = list(findings.good(results)), list(findings.bad(results))
    found = "<p>These rows alone allow no finding: they have nothing beside them to be compared with.</p>"
    if good:
        found = f'<p class="lead">{escape(good[0])}</p>{bullets(good[1:])}'
    found += f"<h3>What looks bad</h3>{bullets(bad)}" if bad else ""
    template = Template(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))
    return template.substitute(cpu=escape(str(results.context.get("cpu", "an unknown processor"))), notes=notes(results), findings=found,
                               facts=facts(results), noisy=f"{NOISY:.0%}", sections="\n".join(sections), rows=len(results.rows),
                               tables="\n".join(all_rows(results)), missing=missing(results))
