"""How every gate ends: with what is wrong, why it matters and what to do about it; or with one line that says what was looked at."""

import sys


def finish(problems, why, remedy, looked_at):
    """Ends the program, with status 1 if there are problems. `looked_at` must not be empty: a gate that saw nothing has proved nothing."""
    if not looked_at:
        problems, remedy = ["nothing to look at was found"], "check the arguments that cmake/Gates.cmake gives to this script"
    if not problems:
        print(f"ok: {looked_at}")
        sys.exit(0)
    for problem in problems[:40]:
        print(f"wrong: {problem}")
    if len(problems) > 40:
        print(f"       and {len(problems) - 40} more")
    print(f"why it matters: {why}")
    print(f"what to do: {remedy}")
    sys.exit(1)
