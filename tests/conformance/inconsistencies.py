#!/usr/bin/env python3
"""Where a system disagrees with itself: runs each of them on small cases and prints a table.

    inconsistencies.py [--cache DIR]   after generate (or generate --install-only) has made the virtual environments in DIR

Each part is a program of its own, run in its system's virtual environment, because torch and XLA read their settings when they start.
"""

import argparse
import os
import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
TORCH = [{"ATEN_CPU_CAPABILITY": a, "MKL_CBWR": m} for a, m in
         (("avx2", "AVX2"), ("default", "AVX2"), ("avx512", "AVX2"), ("avx2", "AVX512"), ("avx2", "COMPATIBLE"))]
PARTS = [
    ("torch", "torch", TORCH),
    ("tensorflow", "tensorflow", [{}]),
    ("keras3", "keras3", [{"KERAS_BACKEND": b} for b in ("numpy", "tensorflow", "torch")]),
    ("optax", "optax", [{"XLA_FLAGS": f"--xla_cpu_max_isa={isa}"} for isa in ("SSE4_2", "AVX", "AVX2", "AVX512")]),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", default=HERE.parents[1] / "build" / "conformance", type=pathlib.Path, metavar="DIR")
    cache = parser.parse_args().cache
    print("| system | settings | what | smallest case found | results |")
    print("|---|---|---|---|---|")
    for part, environment, settings in PARTS:
        found = {}  # row -> the settings that gave it
        for setting in settings:
            given = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0",
                     "JAX_PLATFORMS": "cpu", "JAX_ENABLE_X64": "1", "PYTHONDONTWRITEBYTECODE": "1", **setting}
            program = [cache / environment / "bin" / "python", HERE / f"inconsistencies_{part}.py"]
            result = subprocess.run(program, env=given, check=True, capture_output=True, text=True)
            for line in result.stdout.splitlines():
                found.setdefault(line, []).append(" ".join(f"{k}={v}" for k, v in setting.items()))
        for line, names in sorted(found.items()):
            print(f"| {part} | {'all' if len(names) == len(settings) else '; '.join(names)} | {line} |")


if __name__ == "__main__":
    main()
