#!/usr/bin/env python3
"""The values that the tests of configs/ compare with, from implementations that share nothing with Kullback.

Needs Debian's python3-mpmath, python3-numpy and python3-scipy. Writes configs.json beside this file.
"""
import csv
import json
import os

import mpmath as mp
import numpy as np
from scipy import integrate, optimize, special

HERE = os.path.dirname(os.path.abspath(__file__))
mp.mp.dps = 50


def kl_normal(m1, s1, m2, s2):
    m1, s1, m2, s2 = map(mp.mpf, (m1, s1, m2, s2))
    return mp.log(s2 / s1) + (s1**2 + (m1 - m2) ** 2) / (2 * s2**2) - mp.mpf(1) / 2


def exercise_1b():
    cases = {"general": (1, 2, "-0.5", 3), "equal means": (1, 2, 1, 3), "equal variances": (1, 2, "-0.5", 2)}
    return {name: mp.nstr(kl_normal(*numbers), 50) for name, numbers in cases.items()}


def log_mixture(x):
    return np.logaddexp(-0.5 * (x - 4) ** 2, -0.5 * (x + 4) ** 2) - np.log(2) - 0.5 * np.log(2 * np.pi)


def bimodal():
    """Reverse KL of normal(m, s) by the trapezoidal rule on 40,001 points, minimized by BFGS from each start of the config."""
    z = np.linspace(-12, 12, 40001)
    w = np.exp(-0.5 * z**2)
    w /= w.sum()

    def kl(parameters):
        m, log_s = parameters
        s = np.exp(log_s)
        entropy = 0.5 * np.log(2 * np.pi * np.e) + log_s
        return -entropy - w @ log_mixture(m + s * z)

    out = []
    for m, s in ((-5, 1), (3, 2), (0, 4)):
        best = optimize.minimize(kl, [m, np.log(s)], method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-14, "maxiter": 4000})
        out.append({"mean": best.x[0], "stddev": float(np.exp(best.x[1])), "reverse_kl": best.fun})
    return out


def banana():
    """Free-form mean field on the config's grid, plain numpy, 5,000 sweeps. The density on the box is a polynomial of degree 4 in x and 2 in y
    inside the exponential, so that three Gauss-Legendre nodes a cell and coordinate average its logarithm exactly."""
    x_edges = np.linspace(-5, 5, 201)
    y_edges = np.linspace(-3, 14, 341)
    dx, dy = x_edges[1] - x_edges[0], y_edges[1] - y_edges[0]
    x = 0.5 * (x_edges[1:] + x_edges[:-1])
    y = 0.5 * (y_edges[1:] + y_edges[:-1])
    nodes, weights = np.polynomial.legendre.leggauss(3)
    log_p = lambda u, v: -u**2 / 2 - 2 * (v - u**2 / 2) ** 2
    table = sum(wu * wv / 4 * log_p(x[:, None] + dx / 2 * u, y[None, :] + dy / 2 * v)
                for u, wu in zip(nodes, weights) for v, wv in zip(nodes, weights))
    z, _ = integrate.dblquad(lambda v, u: np.exp(log_p(u, v)), -5, 5, -3, 14, epsabs=1e-12, epsrel=1e-11)
    table = table - np.log(z)
    a = np.full(len(x), 1 / len(x))
    b = np.full(len(y), 1 / len(y))
    for _ in range(5000):
        u = table @ b
        a = np.exp(u - u.max())
        a /= a.sum()
        v = a @ table
        b = np.exp(v - v.max())
        b /= b.sum()
    safe = lambda w, d: np.where(w > 0, w * np.log(np.where(w > 0, w, 1) / d), 0).sum()
    bound = a @ table @ b - safe(a, dx) - safe(b, dy)
    # Forward KL of the product of marginals: 8 Gauss-Legendre nodes a cell and coordinate.
    nodes, weights = np.polynomial.legendre.leggauss(8)
    u, v = ((e[1:] + e[:-1])[:, None] / 2 + h / 2 * nodes for e, h in ((x_edges, dx), (y_edges, dy)))
    log_uv = log_p(u.reshape(-1, 1), v.reshape(1, -1))
    mass = np.exp(log_uv) * np.tile(weights, len(x))[:, None] * np.tile(weights, len(y)) * dx * dy / 4
    total = mass.sum()
    marginal_x, marginal_y = (mass.sum(axis).reshape(-1, 8).sum(1) / total for axis in (1, 0))
    forward = (mass * log_uv).sum() / total - np.log(total) - safe(marginal_x, dx) - safe(marginal_y, dy)
    return {"forward_kl": forward, "bound": bound, "mean_x": a @ x, "mean_y": b @ y, "var_x": a @ x**2 - (a @ x) ** 2 + dx**2 / 12,
            "var_y": b @ y**2 - (b @ y) ** 2 + dy**2 / 12}


def old_faithful():
    path = os.path.join(HERE, "..", "..", "configs", "data", "faithful.csv")
    data = np.array([[float(r["eruptions"]), float(r["waiting"])] for r in csv.DictReader(open(path))])
    n, d = data.shape
    h = n ** (-1 / (d + 4))
    kernel = h**2 * np.cov(data.T)
    mean = data.mean(0)
    covariance = np.cov(data.T, bias=True) + kernel
    inverse = np.linalg.inv(kernel)
    constant = -np.log(n) - 0.5 * np.log(np.linalg.det(2 * np.pi * kernel))

    def log_p(points):
        difference = points[:, None, :] - data[None, :, :]
        exponent = -0.5 * np.einsum("pni,ij,pnj->pn", difference, inverse, difference)
        return np.logaddexp.reduce(exponent, axis=1) + constant

    # Two grids: the cells' log probabilities by 8 x 8 Gauss-Legendre nodes each, then ascent on log factors.
    edges = [np.linspace(-1.5, 8, 96), np.linspace(10, 130, 121)]
    node, weight = np.polynomial.legendre.leggauss(8)
    axes = [e[:-1, None] + (np.diff(e)[:, None]) * (node + 1) / 2 for e in edges]
    log_node = np.log(np.outer(weight, weight) / 4)
    log_cells = np.empty((95, 120))
    for i in range(95):
        at = np.stack(np.broadcast_arrays(axes[0][i][:, None, None], axes[1][None, :, :]), -1)
        values = log_p(at.reshape(-1, 2)).reshape(8, 120, 8) + log_node[:, None, :]
        log_cells[i] = special.logsumexp(values, axis=(0, 2))
    log_cells -= special.logsumexp(log_cells)
    cells = np.exp(log_cells)
    log_a, log_b = np.log(cells.sum(1)), np.log(cells.sum(0))
    kl = lambda log_p, log_q: float(np.sum(np.exp(log_p) * (log_p - log_q)))
    grids = {"forward": {"kl_p_q": kl(log_cells, log_a[:, None] + log_b), "kl_q_p": kl(log_a[:, None] + log_b, log_cells)}}
    for _ in range(300):
        log_a = log_cells @ np.exp(log_b)
        log_a -= special.logsumexp(log_a)
        log_b = np.exp(log_a) @ log_cells
        log_b -= special.logsumexp(log_b)
    grids["reverse"] = {"kl_q_p": kl(log_a[:, None] + log_b, log_cells), "kl_p_q": kl(log_cells, log_a[:, None] + log_b)}

    z = np.linspace(-7, 7, 71)
    w = np.exp(-0.5 * z**2)
    w /= w.sum()
    zz = np.stack(np.meshgrid(z, z, indexing="ij"), -1).reshape(-1, 2)
    ww = np.outer(w, w).ravel()

    def reverse(mean_q, factor):
        entropy = np.log(2 * np.pi * np.e) + np.log(np.abs(np.linalg.det(factor)))
        return -entropy - ww @ log_p(mean_q + zz @ factor.T)

    two = optimize.minimize(lambda t: reverse(t[:2], np.diag(np.exp(t[2:]))), [*mean, *(0.5 * np.log(np.diag(covariance)))],
                            method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-12, "maxiter": 3000})
    start = np.linalg.cholesky(covariance)
    one = optimize.minimize(lambda t: reverse(t[:2], np.array([[np.exp(t[2]), 0], [t[3], np.exp(t[4])]])),
                            [*mean, np.log(start[0, 0]), start[1, 0], np.log(start[1, 1])],
                            method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-12, "maxiter": 6000})
    return {"kernel": kernel.tolist(), "mean": mean.tolist(), "covariance": covariance.tolist(), "two_grids": grids,
            "two_normals_reverse": {"kl": two.fun, "mean": two.x[:2].tolist(), "stddev": np.exp(two.x[2:]).tolist()},
            "one_normal_reverse": {"kl": one.fun, "mean": one.x[:2].tolist()}}


if __name__ == "__main__":
    values = {"exercise_1b": exercise_1b(), "bimodal": bimodal(), "banana": banana(), "old_faithful": old_faithful()}
    with open(os.path.join(HERE, "configs.json"), "w") as file:
        json.dump(values, file, indent=1)
        file.write("\n")
