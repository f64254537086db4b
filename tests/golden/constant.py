"""The command line that the golden scripts share: prints the SHA-256 of a final state, or checks it."""

import argparse
import hashlib
import sys


def main(name, final_state):
    """Runs the program of the script `name`. `final_state()` returns its arrays, in the order in which they are hashed."""
    parser = argparse.ArgumentParser(description=f"The constant of the script {name}, computed with numpy.")
    parser.add_argument("--check", metavar="HEX", help="exit 1 unless the SHA-256 is HEX")
    arguments = parser.parse_args()
    digest = hashlib.sha256(b"".join(a.astype(a.dtype.newbyteorder("<")).tobytes() for a in final_state())).hexdigest()
    print(digest)
    if arguments.check is not None and arguments.check.lower() != digest:
        sys.exit(f"{name}: numpy gives {digest}, expected {arguments.check}: the library and the specification differ")
