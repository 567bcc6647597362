#!/usr/bin/python3
"""Golden values for linear models that are known but for numbers on grids: y = D(c, x) w + noise of precision tau.

Coordinate ascent with q(w) in blocks, q(tau), and q(c) on even cells, written out densely: at every node the design matrix is
made as it stands, and expectations are sums over nodes. Converged bounds, means, covariances, probabilities.
Usage: make_nodes.py > nodes.json
"""
import csv
import json
import os

import numpy as np
from scipy.special import digamma, gammaln
from scipy.stats import gamma, uniform

NILE = os.path.join(os.path.dirname(__file__), "..", "..", "configs", "data", "nile.csv")


def cells(low, high, count):
    edges = np.linspace(low, high, count + 1)
    return 0.5 * (edges[1:] + edges[:-1]), (high - low) / count


class Model:
    """rows: (y, weight's grids, design over the nodes of these grids). priors: (mean, precision) of w; (shape, rate) of tau."""

    def __init__(self, y, reads, designs, blocks, precision, shape, rate, grids):
        self.y, self.reads, self.designs, self.blocks = np.array(y), reads, designs, blocks
        self.p0, self.a0, self.b0 = np.array(precision, float), shape, rate
        self.prior = [np.asarray(log_density) + np.log(width) for log_density, width in grids]
        self.q = [np.exp(p - p.max()) / np.exp(p - p.max()).sum() for p in self.prior]
        d = len(precision)
        self.mean, self.covariance = np.zeros(d), np.diag(1 / self.p0)
        self.tau = shape / rate

    def expect(self, n):
        """E[D], E[D D'] of a row."""
        design, axes = self.designs[n], self.reads[n]
        weights = self.q[axes[0]] if len(axes) == 1 else np.einsum("i,j->ij", self.q[axes[0]], self.q[axes[1]])
        flat, w = design.reshape(-1, design.shape[-1]), weights.reshape(-1)
        return w @ flat, (flat * w[:, None]).T @ flat

    def sums(self):
        each = [self.expect(n) for n in range(len(self.y))]
        return sum(e[1] for e in each), sum(y * e[0] for y, e in zip(self.y, each))

    def squares(self):
        a, r = self.sums()
        second = self.covariance + np.outer(self.mean, self.mean)
        return self.y @ self.y - 2 * r @ self.mean + np.sum(a * second)

    def sweep(self):
        a, r = self.sums()
        for block in self.blocks:
            rest = [i for i in range(len(self.mean)) if i not in block]
            precision = np.diag(self.p0[block]) + self.tau * a[np.ix_(block, block)]
            covariance = np.linalg.inv(precision)
            self.covariance[np.ix_(block, block)] = covariance
            self.mean[block] = covariance @ (self.tau * (r[block] - a[np.ix_(block, rest)] @ self.mean[rest]))
        self.a, self.b = self.a0 + 0.5 * len(self.y), self.b0 + 0.5 * self.squares()
        self.tau = self.a / self.b
        second = self.covariance + np.outer(self.mean, self.mean)
        for k in range(len(self.q)):
            told = self.prior[k].copy()
            for n, axes in enumerate(self.reads):
                if k not in axes:
                    continue
                d = self.designs[n]
                square = -2 * self.y[n] * (d @ self.mean) + np.einsum("...i,ij,...j->...", d, second, d)
                if len(axes) == 2:
                    square = square @ self.q[axes[1]] if axes[0] == k else self.q[axes[0]] @ square
                told -= 0.5 * self.tau * square
            told -= told.max()
            self.q[k] = np.exp(told) / np.exp(told).sum()

    def bound(self):
        log_tau = digamma(self.a) - np.log(self.b)
        total = 0.5 * len(self.y) * (log_tau - np.log(2 * np.pi)) - 0.5 * self.tau * self.squares()
        second = np.diag(self.covariance) + self.mean**2
        total += np.sum(0.5 * np.log(self.p0 / (2 * np.pi)) - 0.5 * self.p0 * second)
        for block in self.blocks:
            total += 0.5 * np.linalg.slogdet(2 * np.pi * np.e * self.covariance[np.ix_(block, block)])[1]
        total += self.a0 * np.log(self.b0) - gammaln(self.a0) + (self.a0 - 1) * log_tau - self.b0 * self.tau
        total += self.a - np.log(self.b) + gammaln(self.a) + (1 - self.a) * digamma(self.a)
        for q, prior in zip(self.q, self.prior):
            some = q > 0
            total += np.sum(q[some] * (prior[some] - np.log(q[some])))
        return total

    def solve(self):
        for _ in range(20000):
            before = np.concatenate([self.mean / np.sqrt(np.diag(self.covariance)), *self.q])
            self.sweep()
            now = self.bound()
            if np.abs(np.concatenate([self.mean / np.sqrt(np.diag(self.covariance)), *self.q]) - before).max() < 1e-12:
                break
        return {"bound": now, "mean": self.mean.tolist(), "covariance": self.covariance.tolist(), "tau": self.tau,
                "probabilities": [q.tolist() for q in self.q]}


X = [-1.2, -1.0, -0.7, -0.5, -0.3, -0.1, 0.1, 0.3, 0.5, 0.7, 0.9, 1.05]
Y = [1.12, 1.10, 0.99, 0.92, 0.86, 0.8, 0.65, 0.46, 0.2, 0.0, -0.3, -0.42]


def change():
    nodes, width = cells(-1.3, 1.1, 400)
    designs = [np.stack([np.ones(400), (x <= nodes) * (x - nodes), (x > nodes) * (x - nodes)], axis=1) for x in X]
    grid = (uniform(-1.3, 2.4).logpdf(nodes), width)
    model = Model(Y, [[0]] * 12, designs, [[0, 1, 2]], [1e-6] * 3, 0.001, 0.001, [grid])
    return {"x": X, "y": Y, **model.solve()}


def decay():
    x = [0.2, 0.5, 0.7, 0.9, 1.3, 1.7, 2.1, 2.3, 2.5, 3.7, 4.9, 6.05]
    y = [3.12, 2.70, 2.39, 2.12, 1.86, 1.6, 1.35, 1.36, 1.2, 1.1, 0.93, 1.02]
    nodes, width = cells(0.1, 3, 200)
    designs = [np.stack([np.ones(200), np.exp(-nodes * each)], axis=1) for each in x]
    model = Model(y, [[0]] * 12, designs, [[0], [1]], [1e-2] * 2, 0.5, 0.1, [(gamma(2).logpdf(nodes), width)])
    return {"x": x, "y": y, **model.solve()}


def groups():
    """A level of each group, and a step at a place of each group, of one height."""
    g = [0, 1, 2] * 4
    nodes, width = cells(-1.3, 1.1, 48)
    designs = [np.stack([np.full(48, float(g[n] == k)) for k in range(3)] + [1.0 * (X[n] > nodes)], axis=1) for n in range(12)]
    grid = (uniform(-1.3, 2.4).logpdf(nodes), width)
    model = Model(Y, [[k] for k in g], designs, [[0], [1], [2], [3]], [0.1] * 3 + [0.2], 1, 0.1, [grid] * 3)
    return {"x": X, "y": Y, "g": [k + 1 for k in g], **model.solve()}


def two():
    """A step and a decay, each at a number on a grid."""
    steps, width = cells(-1.3, 1.1, 40)
    rates, other = cells(0.05, 4, 50)
    designs = [np.stack(np.broadcast_arrays(1.0 * (x > steps)[:, None], np.exp(-rates * (x + 1.2))[None, :]), axis=2) for x in X]
    model = Model(Y, [[0, 1]] * 12, designs, [[0, 1]], [0.1, 0.1], 1, 0.1,
                  [(uniform(-1.3, 2.4).logpdf(steps), width), (gamma(2).logpdf(rates), other)])
    return {"x": X, "y": Y, **model.solve()}


def nile():
    with open(NILE) as file:
        rows = [(float(r["year"]), float(r["flow"])) for r in csv.DictReader(file)]
    nodes, width = cells(1871, 1970, 99)
    designs = [np.stack([year <= nodes, year > nodes], axis=1).astype(float) for year, _ in rows]
    model = Model([y for _, y in rows], [[0]] * len(rows), designs, [[0, 1]], [1e-6] * 2, 0.001, 0.001,
                  [(uniform(1871, 99).logpdf(nodes), width)])
    out = model.solve()
    out["years"] = [int(np.floor(c)) for c in nodes]
    return out


print(json.dumps({"change": change(), "decay": decay(), "groups": groups(), "two": two(), "nile": nile()}))
