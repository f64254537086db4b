#!/usr/bin/python3
"""Makes a page of the results of adagrad_bench: index.html, complete in one file, and its pictures as PNG files beside it.

speed.png is the picture for a README.
"""

import argparse
import sys
from pathlib import Path

from reporting import findings, page
from reporting.results import Refused, read


def draw(results, folder):
    """Draws the pictures that these results allow; {name: path}."""
    from reporting import pictures, pictures_rows  # here, so that --help and refusals need no matplotlib

    small = findings.small_steps(results)
    wanted = {"speed": pictures.time_by_size(results, "f32"), "speed_f64": pictures.time_by_size(results, "f64")}
    for kind in ("f32", "f64"):
        wanted[f"speedup_{kind}"] = pictures.speed_up(results, kind)
        wanted[f"threads_{kind}"] = pictures.thread_scaling(results, kind)
    wanted["models"] = pictures.models(results)
    wanted["options"] = pictures.options(results)
    wanted["rows"] = pictures_rows.over_limit(results)
    wanted["small"] = pictures.small_step(small, [page.describe(row) for row in small])
    drawn = {}
    for name, picture in wanted.items():
        path = folder / f"{name}.png"
        path.unlink(missing_ok=True)  # one of an earlier run would stay beside a page that does not know it
        if picture:
            pictures.save(*picture, results.context, path)
            drawn[name] = path
    return drawn


def main():
    parser = argparse.ArgumentParser(prog="bench/report.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", nargs="+", type=Path,
                        help="JSON files of adagrad_bench (--benchmark_out=FILE --benchmark_out_format=json), or a folder that bench/run.py filled")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where the page and the pictures go; made if it is not there")
    arguments = parser.parse_args()
    try:
        results = read(arguments.results)
        arguments.out.mkdir(parents=True, exist_ok=True)
        index = arguments.out / "index.html"
        index.write_text(page.render(results, draw(results, arguments.out)), encoding="utf-8")
    except Refused as problem:
        sys.exit(f"bench/report.py: {problem}")
    except ImportError as problem:
        sys.exit(f"bench/report.py: {problem}: run scripts/bootstrap bench, and this with /usr/bin/python3")
    except OSError as problem:
        sys.exit(f"bench/report.py: cannot write the page ({problem}): give another folder with --out")
    print(f"{len(results.rows)} rows" + (f", {len(results.missing)} missing" if results.missing else "") + f": {index}")


if __name__ == "__main__":
    main()
