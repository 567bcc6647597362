"""Mean field by quadrature: the optimum of a model of a few unknown numbers by coordinate ascent on trapezoidal meshes.

A model is a list of functions of its unknown numbers, by the names of their arguments, each log densities of any form;
meshes are even in an unconstrained coordinate. It knows of no conjugate pair. With one unknown the bound is the evidence.
"""
import inspect
import string

import numpy as np
from scipy.special import expit, logsumexp

class Mesh:
    """Nodes of a number: evenly spaced in u, where x = map(u)."""

    def __init__(self, kind, count, low=None, high=None):
        self.kind = kind
        if kind == "count":
            self.x, self.log_width = np.arange(float(count)), np.zeros(count)
            return
        limit = {"real": 12, "positive": 60, "unit": 60}[kind]
        self.u = np.linspace(-limit if low is None else low, limit if high is None else high, count)
        self.x = {"real": np.sinh, "positive": np.exp, "unit": expit}[kind](self.u)
        slope = {"real": lambda u: np.log(np.cosh(u)), "positive": lambda u: u,
                 "unit": lambda u: -np.logaddexp(0, u) - np.logaddexp(0, -u)}[kind](self.u)
        self.log_width = slope + np.log(self.u[1] - self.u[0])

    def narrowed(self, q, count):
        """A mesh where q is."""
        inside = np.flatnonzero(q > 1e-22 * q.max())
        low, high = max(inside[0] - 2, 0), min(inside[-1] + 2, len(q) - 1)
        return Mesh(self.kind, count, self.u[low], self.u[high])


def ascend(unknown, factors, meshes, start, sweeps=6000):
    names = list(unknown)
    tables = []
    with np.errstate(all="ignore"):
        for f in factors:
            axes = list(inspect.signature(f).parameters)
            shape = [len(meshes[a].x) for a in axes]
            grids = np.meshgrid(*[meshes[a].x for a in axes], indexing="ij")
            values = np.broadcast_to(np.asarray(f(*grids), dtype=float), shape)
            tables.append((axes, np.maximum(np.nan_to_num(values, nan=-1e9, neginf=-1e9), -1e9)))
    letter = dict(zip(names, string.ascii_letters))
    def expected(axes, table, q, without=None):
        others = [a for a in axes if a != without]
        spec = ",".join(["".join(letter[a] for a in axes)] + [letter[a] for a in others])
        return np.einsum(spec + "->" + (letter[without] if without else ""), table, *[q[a] for a in others], optimize=True)
    q = dict(start)
    bound = -np.inf
    for sweep in range(sweeps):
        entropy = 0
        for name in names:
            log_q = meshes[name].log_width + sum(expected(a, t, q, name) for a, t in tables if name in a)
            q[name] = np.exp(log_q - logsumexp(log_q))
        for name in names:
            some = q[name] > 0
            entropy -= (q[name][some] * (np.log(q[name][some]) - meshes[name].log_width[some])).sum()
        last, bound = bound, sum(float(expected(a, t, q)) for a, t in tables) + entropy
        if abs(bound - last) < 1e-14 * (1 + abs(bound)) and sweep > 20:
            break
    else:
        raise RuntimeError("not converged")
    return bound, q


def solve(unknown, factors, start=None):
    """unknown: name -> kind, or a number of levels."""
    arity = max(len(inspect.signature(f).parameters) for f in factors)
    broad, fine = {1: (20001, 2001), 2: (1001, 401), 3: (201, 161)}[arity]
    start = start or {}
    def mesh_of(kind, count):
        return Mesh("count", kind) if isinstance(kind, int) else Mesh(kind, count)
    meshes = {n: mesh_of(k, broad) for n, k in unknown.items()}
    def first(meshes):
        out = {}
        for n, mesh in meshes.items():
            if n in start and len(np.atleast_1d(start[n])) > 1:
                q = np.array(start[n], dtype=float)
            else:
                at = start.get(n, 0.5 if mesh.kind == "unit" else 1)
                q = np.zeros(len(mesh.x))
                q[np.argmin(abs(mesh.x - at))] = 1
            out[n] = q
        return out
    bound, q = ascend(unknown, factors, meshes, first(meshes))
    for _ in range(2):
        narrow = {n: (m if m.kind == "count" else m.narrowed(q[n], fine)) for n, m in meshes.items()}
        begin = {}
        for n, m in narrow.items():
            begin[n] = q[n] if m.kind == "count" else np.interp(m.u, meshes[n].u, q[n])
            begin[n] = begin[n] / begin[n].sum()
        meshes = narrow
        bound, q = ascend(unknown, factors, meshes, begin)
    mean = {n: float(q[n] @ m.x) for n, m in meshes.items()}
    stddev = {n: float(np.sqrt(q[n] @ (m.x - mean[n]) ** 2)) for n, m in meshes.items()}
    return bound, mean, stddev
