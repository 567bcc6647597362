#!/usr/bin/env python3
"""A small experiment from the command line to its end, in milliseconds (goal: the first sweep within 50).   startup_ratios.py [BUILD_FOLDER]"""
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

here = pathlib.Path(__file__).resolve().parent
root = here.parent.parent
build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else root / "build")

times = []
with tempfile.TemporaryDirectory() as folder:
    for run in range(21):
        begin = time.perf_counter()
        subprocess.run([build / "bin" / "kullback", "run", "-q", root / "configs" / "two-directions.yaml", "--out", f"{folder}/{run}"], check=True)
        times.append(1000 * (time.perf_counter() - begin))
times = sorted(times[1:])  # the first run warms the file cache
print(f"whole run of two-directions.yaml: median {statistics.median(times):.1f} ms, least {times[0]:.1f}, most {times[-1]:.1f}; goal 50")
