#!/usr/bin/env python3
"""Closed-form KL: this project against torch and against a loop written by hand, as ratios.   kl_ratios.py [BUILD_FOLDER]"""
import pathlib
import struct
import subprocess
import sys
import tempfile

here = pathlib.Path(__file__).resolve().parent
build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else here.parent.parent / "build")


def figures(*command):
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\n")
    return {name: float(seconds) for name, seconds in (line.split() for line in lines if line)}


def worst_difference(folder, name):
    read = lambda end: (pathlib.Path(folder) / f"{name}_{end}").read_bytes()
    ours, theirs = ([v for v, in struct.iter_unpack("d", read(end))] for end in ("kl", "torch"))
    return max(abs(a - b) / (1e-3 + abs(b)) for a, b in zip(ours, theirs))


with tempfile.TemporaryDirectory() as folder:
    t = figures("/usr/bin/python3", str(here / "kl_torch.py"), folder)
    t |= figures(str(build / "bench" / "kl_bench"), folder)
    rows = [
        ("1e6 pairs of normals: torch / this", t["torch_normal"] / t["normal"], 5),
        ("1e6 pairs of normals: torch as it comes, arguments checked / this", t["torch_normal_checked"] / t["normal"], 5),
        ("1e6 pairs of normals: loop by hand / this", t["by_hand"] / t["normal"], 0.5),
        ("1e6 pairs of normals: loop by hand, vectorized log / this", t["by_hand_vectorized"] / t["normal"], 0.5),
        ("1e5 pairs of 10-dimensional normals: torch / this", t["torch_joint"] / t["joint"], 8),
        ("1e5 pairs of 10-dimensional normals: torch, checked / this", t["torch_joint_checked"] / t["joint"], 8),
    ]
    for name, what, goal in (("gamma", "1e6 pairs of gammas", 2.5), ("beta", "1e6 pairs of betas", 2.5), ("poisson", "1e6 pairs of Poissons", 5),
                             ("dirichlet", "1e5 pairs of 20-dimensional Dirichlets", 2.5)):
        rows.append((f"{what}: torch / this", t[f"torch_{name}"] / t[name], goal))
        rows.append((f"{what}: torch, checked / this", t[f"torch_{name}_checked"] / t[name], goal))
    print(f"{'CPU seconds, one thread':<68}{'ratio':>8}{'goal':>7}")
    for name, ratio, goal in rows:
        print(f"{name:<68}{ratio:8.2f}{goal:7.1f}  {'met' if ratio >= goal else 'MISSED'}")
    for name, seconds in t.items():
        print(f"  {name:<20}{1e3 * seconds:10.2f} ms")
    for name in ("normal", "joint", "gamma", "beta", "poisson", "dirichlet"):
        print(f"  largest relative difference from torch, {name}: {worst_difference(folder, name):.1e}")
