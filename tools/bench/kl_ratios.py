#!/usr/bin/env python3
"""Closed-form KL: this project against torch and against a loop written by hand, as ratios.   kl_ratios.py [BUILD_FOLDER]"""
import json
import pathlib
import random
import resource
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


def quadrature_seconds(folder):
    """A pair without a closed form: the difference of a file of many pairs and one of few."""
    random.seed(1)
    parameter = lambda low, high: f"{random.uniform(low, high):.4f}"
    few, many = 100, 2100
    lines = [json.dumps({"p": f"logistic(location = {parameter(-1, 1)}, scale = {parameter(0.5, 2)})",
                         "q": f"student_t(location = {parameter(-1, 1)}, scale = {parameter(1, 2)}, degrees_of_freedom = {parameter(3, 9)})",
                         "divergence": "kl"}) for _ in range(many)]
    seconds = {}
    for count in (few, many):
        path = pathlib.Path(folder) / "pairs"
        path.write_text("\n".join(lines[:count]) + "\n")
        best = float("inf")
        for _ in range(5):
            begin = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([str(build / "bin" / "kullback"), "divergence", "--threads", "1", "--json", "--pairs", str(path)], check=True, capture_output=True)
            end = resource.getrusage(resource.RUSAGE_CHILDREN)
            best = min(best, end.ru_utime + end.ru_stime - begin.ru_utime - begin.ru_stime)
        seconds[count] = best
    return (seconds[many] - seconds[few]) / (many - few)


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
    rows.append(("1e6 pairs of gammas as a batch, by the clock: two threads against one", t["batch_1"] / t["batch_2"], 1.8))
    rows.append(("a quadrature KL, logistic against student_t: 100 us / this", 1e-4 / quadrature_seconds(folder), 1))
    print(f"{'CPU seconds, one thread':<68}{'ratio':>8}{'goal':>7}")
    for name, ratio, goal in rows:
        print(f"{name:<68}{ratio:8.2f}{goal:7.1f}  {'met' if ratio >= goal else 'MISSED'}")
    for name, seconds in t.items():
        print(f"  {name:<20}{1e3 * seconds:10.2f} ms")
    for name in ("normal", "joint", "gamma", "beta", "poisson", "dirichlet"):
        print(f"  largest relative difference from torch, {name}: {worst_difference(folder, name):.1e}")
