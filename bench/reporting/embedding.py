"""Rows of adagrad_bench about embedding tables: what each is compared with, and what follows in sentences."""

SLOWER = 1.03  # a ratio that is no longer the noise of two medians
FAR = 1.15  # a ratio to a memory limit that should be told
LIMITS = {"update_rows": "traffic_rows", "reference_rows": "traffic_rows", "traffic_rows": "traffic_rows",
          "update_bags": "traffic_bags", "expanded_bags": "traffic_bags", "traffic_bags": "traffic_bags"}
INTERLEAVED = "elementwise-interleaved"


def accumulators(row):
    """Which limit a variant has: elementwise, rowwise, or that of its own layout."""
    return row.variant if row.variant == INTERLEAVED else row.variant.partition("-")[0]


def find(results, subject, variant, like, isa=None, threads=None):
    """The row of the same type and table, or None. `isa` None: the fastest instruction set's; `threads` None: as many."""
    found = [row for row in results.rows.values()
             if (row.subject, row.variant, row.type, row.table, row.threads) == (subject, variant, like.type, like.table, threads or like.threads)
             and isa in (None, row.isa)]
    return min(found, key=lambda row: row.ns, default=None)


def limit(results, row):
    """The traffic row of the fastest instruction set, over the same rows with as many threads."""
    subject = LIMITS.get(row.subject)
    return subject and find(results, subject, accumulators(row), row)


def reference(results, row):
    """It has one thread always. None for the limits, which it does more than."""
    if row.subject.startswith("traffic"):
        return None
    rule = row.variant.partition("-")[2] if row.subject.endswith("_rows") else "sequential"
    # Where no row repeats, all rules and layouts do the same: one stands for all.
    for each in (rule, "unique") if row.table.asked == "uniform" else (rule,):
        if found := find(results, "reference_rows", f"{row.variant.partition('-')[0]}-{each}", row, threads=1):
            return found
    return None


def compared(results):
    """Updates of rows, the unflattering ones too, by table and threads; those of bags follow."""
    subjects = ("update_rows", "update_bags", "expanded_bags")
    rows = [row for row in results.rows.values() if row.table and row.subject in subjects]
    isas = results.isas(subject="update_rows")
    return sorted(rows, key=lambda row: (row.table, row.threads, subjects.index(row.subject) > 0, accumulators(row) == INTERLEAVED,
                                         isas.index(row.isa) if row.isa in isas else len(isas)))


def ns_per_row(row):
    return row.ns * row.table.width


def of_threads(n):
    return "one thread" if n == 1 else f"{n} threads"


def pairs(results, subject, other):
    """(ratio, row): how many times as long each row takes as what `other` finds for it."""
    for row in compared(results):
        beside = other(row) if row.subject == subject else None
        if beside:
            yield row.ns / beside.ns, row


def told(ratio, row):
    return f"{ratio:.2f} times ({row.variant}, {row.table}, {row.isa}, {of_threads(row.threads)})"


def good(results):
    isa = results.isa(subject="update_rows")
    beside = [pair for pair in pairs(results, "update_rows", lambda row: limit(results, row)) if pair[1].isa == isa]
    if beside:
        low, high = min(beside, key=lambda pair: pair[0]), max(beside, key=lambda pair: pair[0])
        yield f"Updates of embedding rows take {told(*low)} to {told(*high)} what their memory traffic alone takes."
    bags = list(pairs(results, "update_bags", lambda row: find(results, "expanded_bags", row.variant, row, row.isa)))
    if bags:
        yield "From the gradients of bags, " + ", ".join(f"{row.variant} takes {ratio:.2f} times" for ratio, row in bags) + \
            " as long as expanding them to one for each index first."
    layouts = list(pairs(results, "update_rows",
                         lambda row: find(results, "update_rows", "elementwise-unique", row, row.isa) if row.variant == INTERLEAVED else None))
    if layouts:
        yield "With accumulators beside the weights of their row, an update takes " + \
            ", ".join(f"{ratio:.2f} times ({row.table})" for ratio, row in layouts) + " as long as with both in arrays of their own."


def bad(results):
    comparisons = (
        ("update_rows", FAR, f"Updates of embedding rows take more than {FAR} times their memory traffic", lambda row: limit(results, row)),
        ("update_rows", SLOWER, "Updates of embedding rows are slower than the scalar reference", lambda row: reference(results, row)),
        ("update_bags", SLOWER, "Bags are slower than expanding them first", lambda row: find(results, "expanded_bags", row.variant, row, row.isa)),
        ("update_rows", SLOWER, "Updates of embedding rows are slower with more threads than with one",
         lambda row: find(results, "update_rows", row.variant, row, row.isa, 1) if row.threads > 1 else None),
    )
    for subject, bound, text, other in comparisons:
        ratios = list(pairs(results, subject, other))
        slow = [pair for pair in ratios if pair[0] > bound]
        if slow:
            yield f"{text} in {len(slow)} of {len(ratios)} comparisons; the worst: {told(*max(slow, key=lambda pair: pair[0]))}."
