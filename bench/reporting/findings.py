"""What the numbers say, in sentences: computed, the unflattering ones too."""

from . import embedding
from .results import NOISY

NAMES = {"f32": "floats", "f64": "doubles"}
CACHED, FROM_MEMORY = 100_000, 10_000_000  # at most, at least: elements of small and of large arrays
SLOWER = 1.03  # a ratio that is no longer the noise of two medians


def times(ratio):
    return f"{ratio:.2f} times"


def of_threads(n):
    return "one thread" if n == 1 else f"{n} threads"


def against_limits(results, kind):
    """Exact in the caches and from memory, beside the limit, the reference and the compiler's own loop."""
    isa = results.isa(subject="update", variant="exact", type=kind, threads=1)
    sizes = results.values("elements", subject="update", variant="exact", type=kind, isa=isa, threads=1)
    cached = max((size for size in sizes if size <= CACHED), default=None)
    memory = min((size for size in sizes if size >= FROM_MEMORY), default=None)
    for size, where, limit in ((memory, "Large arrays", "what the same memory traffic alone takes"),
                               (cached, "Small arrays", "what the same memory traffic alone takes")):
        exact = size and results.find("update", "exact", kind, isa, size, 1)
        if not exact:
            continue
        parts = []
        if (ratio := results.over_limit(exact)) is not None:
            parts.append(f"takes {times(ratio)} {limit}")
        if (ratio := results.over_reference(exact)) is not None:
            parts.append(f"{ratio:.1f} times as fast as the scalar reference")
        if other := results.find("autovectorized", "exact", kind, isa, size, 1):
            parts.append(f"{other.ns / exact.ns:.2f} times as fast as what the compiler vectorises by itself")
        if parts:
            yield f"{where} ({size:,} {NAMES[kind]}, one thread, {isa}): exact " + ", ".join(parts) + "."


def of_more_threads(results, kind):
    isa = results.isa(subject="update", variant="exact", type=kind)
    rows = [row for row in results.select(subject="update", variant="exact", type=kind, isa=isa) if row.threads > 1 and row.elements >= FROM_MEMORY]
    if not rows:
        return
    row = min(rows, key=lambda row: (row.elements, -row.threads))
    single, ratio = results.find("update", "exact", kind, isa, row.elements, 1), results.over_limit(row)
    parts = [f"takes {times(ratio)} the memory limit of {of_threads(row.threads)}"] if ratio is not None else []
    parts += [f"{times(single.ns / row.ns)} as fast as with one"] if single else []
    if parts:
        yield f"With {of_threads(row.threads)} ({row.elements:,} {NAMES[kind]}, {isa}): exact " + ", ".join(parts) + "."


def of_lists(results):
    isa = results.isa(subject="optimizer")
    for attribute, text in (("flat", "as one flat array of the same total"), ("updates", "as a loop of update calls over the same tensors")):
        known = [(step.optimizer.ns / getattr(step, attribute).ns, step) for step in results.lists()
                 if step.isa == isa and step.optimizer and getattr(step, attribute)]
        if known:
            low, high = min(known, key=lambda pair: pair[0]), max(known, key=lambda pair: pair[0])
            yield f"An optimizer's step over many tensors takes {low[0]:.2f} ({low[1].list}, {of_threads(low[1].threads)}) to {high[0]:.2f} " \
                  f"({high[1].list}, {of_threads(high[1].threads)}) times as long {text}."


def of_options(results):
    """Several element-wise options at once, beside a sweep for each of them."""
    for elements, threads in results.options():
        rows = {row.variant: row for row in results.select(subject="options", elements=elements, threads=threads)}
        one, apart = rows.get("combined"), rows.get("combined-in-sweeps")
        if one and apart and results.over_plain(one):
            yield f"Scaling, clipping by value, weight decay, a non-negative constraint and zeroing of gradients in one step take " \
                  f"{results.over_plain(one):.2f} times as long as the plain step, and are {apart.ns / one.ns:.2f} times as fast as a sweep for each " \
                  f"({elements:,} floats, {of_threads(threads)})."


def small_steps(results):
    """The rows of a step of 100 elements, the quickest first."""
    return sorted(results.select(elements=100), key=lambda row: row.ns_per_step)


def of_small_steps(results):
    rows = [row for row in small_steps(results) if row.subject in ("optimizer", "update")]
    if rows:
        yield f"A step of 100 {NAMES[rows[0].type]} takes {rows[0].ns_per_step:.0f} ns ({rows[0].subject})."


def slower_ones(pairs, what):
    """`pairs`: (ratio, row) of all that were compared."""
    pairs = list(pairs)
    slow = [pair for pair in pairs if pair[0] > SLOWER]
    if slow:
        ratio, row = max(slow, key=lambda pair: pair[0])
        yield f"{what} in {len(slow)} of {len(pairs)} comparisons; the worst: {times(ratio)} as long ({row.elements:,} {NAMES[row.type]}, " \
              f"{row.isa}, {of_threads(row.threads)}{', ' + row.variant if row.subject == 'optimizer' else ''})."


def good(results):
    """The main findings."""
    for kind in ("f32", "f64"):
        yield from against_limits(results, kind)
        yield from of_more_threads(results, kind)
    yield from of_lists(results)
    yield from of_options(results)
    yield from embedding.good(results)
    yield from of_small_steps(results)


def bad(results):
    """What looks bad."""
    def pairs(rows, other):
        for row in rows:
            compared = other(row)
            if compared:
                yield row.ns / compared.ns, row

    exact = results.select(subject="update", variant="exact")
    yield from slower_ones(pairs(exact, lambda row: results.find("autovectorized", "exact", row.type, row.isa, row.elements, row.threads)),
                           "Exact is slower than the reference autovectorized by the compiler for the same instruction set")
    yield from slower_ones(pairs(results.select(subject="update", variant="fast"),
                                 lambda row: results.find("update", "exact", row.type, row.isa, row.elements, row.threads)),
                           "Fast is slower than exact")
    yield from slower_ones(pairs((row for row in exact if row.threads > 1),
                                 lambda row: results.find("update", "exact", row.type, row.isa, row.elements, 1)),
                           "More threads are slower than one (as forced here; left to itself, the library keeps small arrays on one)")
    yield from slower_ones(((step.optimizer.ns / step.updates.ns, step.optimizer) for step in results.lists() if step.optimizer and step.updates),
                           "An optimizer's step is slower than the loop of update calls")
    yield from embedding.bad(results)
    noisy = sum(row.noisy for row in results.rows.values())
    if noisy:
        yield f"The repetitions of {noisy} of {len(results.rows)} rows spread by more than {NOISY:.0%}, marked ~: something else ran meanwhile. " \
              "For better numbers, let nothing else run and measure again."
