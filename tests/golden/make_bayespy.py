#!/usr/bin/env python3
"""Golden numbers of BayesPy (Debian python3-bayespy 0.5.22): the bound after every sweep and the final moments of models that Kullback
runs from the same start in the same order. Writes bayespy.json beside this file; see tests/unit/messages/bayespy_test.cpp."""

import json
import os

import numpy as np
from bayespy.inference import VB
from bayespy.nodes import (Bernoulli, Beta, Categorical, Dirichlet, Gamma, Gaussian, GaussianARD, Mixture, Poisson,
                           SumMultiply, Wishart)

rng = np.random.RandomState(5)
cases = {}


def flat(x):
    return np.asarray(x, dtype=float).ravel().tolist()


def run(name, nodes, sweeps, data, starts, finals):
    """nodes: in the order of a sweep, observed ones included."""
    q = VB(*nodes, tol=0, autosave_filename=None)
    q.update(*[n for n in nodes if not n.observed is True and n not in data_nodes(data)], repeat=sweeps, tol=0, verbose=False)
    cases[name] = {
        "bounds": flat(q.L[:sweeps]),
        "data": {k: flat(v) for k, (v, _) in data.items()},
        "starts": starts,
        "finals": {k: {label: flat(u) for label, u in zip(labels, node.u)} for k, (node, labels) in finals.items()},
    }


def data_nodes(data):
    return [node for _, node in data.values()]


# Mean and precision of a normal.
y = rng.normal(3, 2, size=12)
mu = GaussianARD(0.5, 0.01)
tau = Gamma(0.1, 0.2)
Y = GaussianARD(mu, tau, plates=(12,))
Y.observe(y)
run("mean_and_precision", [mu, tau, Y], 8, {"y": (y, Y)}, {}, {"mu": (mu, ["x", "x2"]), "tau": (tau, ["x", "log_x"])})

# Linear regression with relevance of each weight.
x = rng.normal(size=(30, 4))
y = x @ np.array([1.0, -2, 0, 0.5]) + rng.normal(0, 0.3, size=30)
alpha = Gamma(0.1, 0.1, plates=(4,))
w = GaussianARD(0, alpha, shape=(4,))
tau = Gamma(0.1, 0.1)
Y = GaussianARD(SumMultiply("i,i", w, x), tau, plates=(30,))
Y.observe(y)
run("regression", [w, alpha, tau, Y], 10, {"y": (y, Y), "x": (x, None)}, {},
    {"w": (w, ["x", "x*x'"]), "alpha": (alpha, ["x", "log_x"]), "tau": (tau, ["x", "log_x"])})

# Principal components, with missing cells.
n, m, k = 15, 5, 2
y = rng.normal(size=(n, k)) @ rng.normal(size=(k, m)) + rng.normal(0, 0.2, size=(n, m))
missing = rng.uniform(size=(n, m)) < 0.15
for name, mask in (("pca", np.ones((n, m), dtype=bool)), ("pca_missing", ~missing)):
    start = rng.normal(size=(n, k))
    alpha = Gamma(0.1, 0.1, plates=(k,))
    W = GaussianARD(0, alpha, shape=(k,), plates=(1, m))
    X = GaussianARD(0, 1, shape=(k,), plates=(n, 1))
    tau = Gamma(0.1, 0.1)
    Y = GaussianARD(SumMultiply("d,d->", X, W), tau, plates=(n, m))
    Y.observe(y, mask=mask)
    X.initialize_from_parameters(start.reshape(n, 1, k), 4.0)
    squares = start[:, :, None] * start[:, None, :] + np.eye(k) / 4
    run(name, [W, alpha, X, tau, Y], 12, {"y": (np.where(mask, y, np.nan), Y)},
        {"X": {"x": flat(start), "x*x'": flat(squares)}},
        {"W": (W, ["x", "x*x'"]), "X": (X, ["x", "x*x'"]), "alpha": (alpha, ["x", "log_x"]), "tau": (tau, ["x", "log_x"])})

# Mixture of normals with full precisions.
n, d, k = 40, 2, 3
y = np.concatenate([rng.normal(size=(20, d)), rng.normal(size=(20, d)) * 0.4 + [3, 1]])
start = rng.dirichlet(np.ones(k), size=n)
weights = Dirichlet(0.5 * np.ones(k))
z = Categorical(weights, plates=(n,))
mu = Gaussian(np.zeros(d), 0.1 * np.eye(d), plates=(k,))
Lambda = Wishart(d + 1, np.eye(d), plates=(k,))
Y = Mixture(z, Gaussian, mu, Lambda)
z.initialize_from_parameters(start)
Y.observe(y)
run("mixture", [weights, mu, Lambda, z, Y], 15, {"y": (y, Y)}, {"z": {"cell": flat(start)}},
    {"weights": (weights, ["log_x"]), "mu": (mu, ["x", "x*x'"]), "Lambda": (Lambda, ["x", "log_det"]), "z": (z, ["cell"])})

# Mixture of Bernoulli variables.
n, d, k = 30, 6, 3
p = rng.uniform(size=(k, d))
y = (rng.uniform(size=(n, d)) < p[rng.randint(k, size=n)]).astype(int)
start = rng.dirichlet(np.ones(k), size=n)
weights = Dirichlet(np.ones(k))
z = Categorical(weights, plates=(n, 1))
P = Beta([0.5, 0.7], plates=(d, k))
Y = Mixture(z, Bernoulli, P)
z.initialize_from_parameters(start[:, None, :])
Y.observe(y)
run("bernoulli_mixture", [weights, P, z, Y], 15, {"y": (y, Y)}, {"z": {"cell": flat(start)}},
    {"weights": (weights, ["log_x"]), "z": (z, ["cell"])})

# Poisson rates by group, a gamma prior with an unknown scale.
group = np.arange(20) % 4
y = rng.poisson(2 + group)
b = Gamma(1, 1)
rate = Gamma(2, b, plates=(4,))
Y = Poisson(rate, plates=(5, 4))
Y.observe(y.reshape(5, 4))
run("poisson", [rate, b, Y], 10, {"y": (y, Y)}, {}, {"rate": (rate, ["x", "log_x"]), "b": (b, ["x", "log_x"])})

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "bayespy.json"), "w") as file:
    json.dump(cases, file, indent=0)
