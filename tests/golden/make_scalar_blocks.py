#!/usr/bin/python3
"""Golden values for joint blocks of several normals: evidences and posteriors of linear models with known noise, by the
joint normal density of all numbers (dense matrices, scipy), not by messages.

line: b has a as its mean, y = a + b x.
groups: a[g], b[g] in three groups, b[g] with the mean 0.5 a[g]; every group is a model of its own.
vector: a number and a vector of two, one of whose elements the number is the mean of.
Usage: make_scalar_blocks.py > scalar_blocks.json
"""
import json

import numpy as np
from scipy.stats import multivariate_normal

X = [-1.2, -0.7, 0.1, 0.4, 0.9, 1.3, 2.2, -0.3, 1.8]
Y = [0.3, -0.4, 1.1, 1.9, 2.2, 2.7, 4.9, 0.6, 3.1]
G = [1, 1, 2, 2, 3, 3, 3, 1, 2]


def posterior(mean, covariance, design, y, variance):
    """log p(y), and mean and covariance of the coefficients given y."""
    y, design = np.array(y), np.array(design)
    total = design @ covariance @ design.T + variance * np.eye(len(y))
    gain = covariance @ design.T @ np.linalg.inv(total)
    return {"evidence": multivariate_normal.logpdf(y, design @ mean, total),
            "mean": (mean + gain @ (y - design @ mean)).tolist(),
            "covariance": (covariance - gain @ design @ covariance).tolist()}


def of_prior(steps, variances, offsets):
    """Mean and covariance of u = offsets + steps u + noise, steps strictly lower triangular."""
    inverse = np.linalg.inv(np.eye(len(variances)) - np.array(steps))
    return inverse @ np.array(offsets), inverse @ np.diag(variances) @ inverse.T


def line():
    mean, covariance = of_prior([[0, 0], [1, 0]], [4, 0.25], [0.7, 0])
    return {"x": X, "y": Y, **posterior(mean, covariance, [[1, x] for x in X], Y, 0.09)}


def groups():
    out = []
    for g in (1, 2, 3):
        mean, covariance = of_prior([[0, 0], [0.5, 0]], [9, 1], [0, 0])
        rows = [i for i in range(len(Y)) if G[i] == g]
        out.append(posterior(mean, covariance, [[1, X[i]] for i in rows], [Y[i] for i in rows], 0.16))
    return {"x": X, "y": Y, "g": G, "groups": out, "evidence": sum(o["evidence"] for o in out)}


def vector():
    mean, covariance = of_prior([[0, 0, 0], [0, 0, 0], [1, 0, 0]], [1, 2.25, 0.36], [-0.2, 0.4, 0])
    return {"x": X, "y": Y, **posterior(mean, covariance, [[1, x, x * x] for x in X], Y, 0.25)}


print(json.dumps({"line": line(), "groups": groups(), "vector": vector()}, indent=1))
