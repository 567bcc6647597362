#!/usr/bin/env python3
"""Models: this project against scikit-learn, BayesPy, gensim and a loop written for one model, as ratios on the same data in one run.

  model_ratios.py [--build FOLDER] [--large] [PART ...]     parts: mixture others topics regression scaling; all without one

CPU seconds on one thread unless a line says otherwise. A peer that is not installed is left out, and said so. --large: a mixture of 10^6
rows for the peers too, and sizes up to 10^7 (minutes, 5 GB)."""
import argparse
import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import importlib
import pathlib
import sys
import tempfile

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here / "models"))

import common

PARTS = ("mixture", "others", "topics", "regression", "scaling")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=here.parent.parent / "build")
    parser.add_argument("--large", action="store_true")
    parser.add_argument("parts", nargs="*", metavar="PART")
    options = parser.parse_args()
    for part in options.parts:
        if part not in PARTS:
            parser.error(f"no part {part}: {', '.join(PARTS)}")
    with tempfile.TemporaryDirectory() as folder:
        bench = common.Bench(options.build, pathlib.Path(folder), options.large)
        print("peers: " + ", ".join(bench.peers()))
        print(f"{'':<86}{'this':>11}{'other':>11}{'ratio':>9}{'goal':>8}")
        for part in options.parts or PARTS:
            importlib.import_module(f"{part}_part").run(bench)
    return 1 if bench.missed else 0


if __name__ == "__main__":
    sys.exit(main())
