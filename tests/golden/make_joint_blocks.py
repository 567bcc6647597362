#!/usr/bin/python3
"""Golden values for joint blocks of a vector and its precision (normal-Wishart).

evidence: rows of a multivariate normal whose mean and precision are both unknown; by the predictive densities of each row
given those before it (multivariate t), not by the formula of the posterior.
mixture: coordinate ascent with q(mu, Lambda) for each component, as in Bishop (2006), 10.2, with a bound written out here.
Usage: make_joint_blocks.py > joint_blocks.json
"""
import csv
import json
import os

import numpy as np
from scipy.special import digamma, gammaln, multigammaln
from scipy.stats import multivariate_t

FAITHFUL = os.path.join(os.path.dirname(__file__), "..", "..", "configs", "data", "faithful.csv")


def rows(count):
    with open(FAITHFUL) as file:
        table = list(csv.reader(file))[1 : count + 1]
    y = np.array([[float(c) for c in r[-2:]] for r in table])
    return np.round((y - y.mean(axis=0)) / y.std(axis=0), 3)


def evidence():
    y = rows(12)
    d = y.shape[1]
    mean, kappa, v = np.array([0.3, -0.2]), 0.5, 4.0
    inverse_scale = np.array([[1.5, 0.4], [0.4, 0.8]])
    start = mean.tolist(), kappa, v, inverse_scale.tolist()
    total = 0.0
    for row in y:
        free = v - d + 1
        total += multivariate_t.logpdf(row, mean, inverse_scale * (kappa + 1) / (kappa * free), df=free)
        gap = row - mean
        inverse_scale = inverse_scale + kappa / (kappa + 1) * np.outer(gap, gap)
        mean, kappa, v = (kappa * mean + row) / (kappa + 1), kappa + 1, v + 1
    return {"y": y.tolist(), "mean": start[0], "kappa": start[1], "degrees_of_freedom": start[2], "inverse_scale": start[3],
            "evidence": total, "posterior_mean": mean.tolist(), "posterior_precision": (v * np.linalg.inv(inverse_scale)).tolist()}


def log_wishart_normalizer(v, inverse_scale):
    d = len(inverse_scale)
    return 0.5 * v * d * np.log(2) - 0.5 * v * np.linalg.slogdet(inverse_scale)[1] + multigammaln(0.5 * v, d)


def mixture(sweeps=25):
    y = rows(60)
    n, d, k = len(y), y.shape[1], 2
    a0, beta0, v0, s0 = 0.7, 0.2, 3.0, np.eye(d)
    r = np.round(0.5 + 0.4 * np.sin(1.0 + 3.0 * np.arange(n)), 6)
    r = np.stack([r, 1 - r], axis=1)
    start = r.tolist()
    bounds = []
    for _ in range(sweeps):
        count = r.sum(axis=0)
        a = a0 + count
        log_w = digamma(a) - digamma(a.sum())
        bound = gammaln(k * a0) - k * gammaln(a0) + ((a0 - 1) * log_w).sum()
        bound -= gammaln(a.sum()) - gammaln(a).sum() + ((a - 1) * log_w).sum()
        logits = np.tile(log_w, (n, 1))
        means = []
        for j in range(k):
            beta, v = beta0 + count[j], v0 + count[j]
            mean = r[:, j] @ y / beta  # the prior's mean is 0
            inverse_scale = s0 + (r[:, j, None] * y).T @ y - beta * np.outer(mean, mean)
            precision = v * np.linalg.inv(inverse_scale)
            log_det = digamma(0.5 * (v - np.arange(d))).sum() + d * np.log(2) - np.linalg.slogdet(inverse_scale)[1]
            gap = y - mean
            square = d / beta + np.einsum("ni,ij,nj->n", gap, precision, gap)
            logits[:, j] += 0.5 * log_det - 0.5 * d * np.log(2 * np.pi) - 0.5 * square
            # KL between the two normal-Wisharts
            normals = 0.5 * d * (beta0 / beta - 1 - np.log(beta0 / beta)) + 0.5 * beta0 * mean @ precision @ mean
            wisharts = 0.5 * (v - v0) * log_det - 0.5 * np.trace((inverse_scale - s0) @ precision)
            wisharts += log_wishart_normalizer(v0, s0) - log_wishart_normalizer(v, inverse_scale)
            bound -= normals + wisharts
            means.append(mean.tolist())
        top = logits.max(axis=1, keepdims=True)
        sums = np.exp(logits - top)
        bound += (top[:, 0] + np.log(sums.sum(axis=1))).sum()  # the best responsibilities
        r = sums / sums.sum(axis=1, keepdims=True)
        bounds.append(bound)
    return {"y": y.tolist(), "start": start, "bounds": bounds, "means": means}


print(json.dumps({"evidence": evidence(), "mixture": mixture()}, indent=1))
