#!/usr/bin/python3
"""Golden values for vectors of which single entries are missing.

known: mean and precision known; the evidence is that of the observed entries, the posterior their conditional normal.
mixture: coordinate ascent written out, the missing entries of a row one normal that is independent of its component in q.
Usage: make_incomplete.py > incomplete.json
"""
import csv
import json
import os

import numpy as np
from scipy.special import digamma, gammaln, multigammaln
from scipy.stats import multivariate_normal

DATA = os.path.join(os.path.dirname(__file__), "..", "..", "configs", "data", "airquality.csv")


def rows(count):
    with open(DATA) as file:
        table = list(csv.DictReader(file))[:count]
    y = np.array([[float(r[c]) if r[c] not in ("", "NA") else np.nan for c in ("Ozone", "Solar.R", "Wind", "Temp")] for r in table])
    return np.round((y - np.nanmean(y, axis=0)) / np.nanstd(y, axis=0), 3)


def shown(y):
    """NaN has no place in JSON."""
    return [[None if np.isnan(v) else v for v in row] for row in y.tolist()]


def condition(y, precision, information):
    """Moments of a row whose missing entries are normal given the rest, and that normal's entropy."""
    m, o = np.isnan(y), ~np.isnan(y)
    mean, second = y.copy(), np.zeros((len(y), len(y)))
    entropy = 0.0
    if m.any():
        p = precision[np.ix_(m, m)]
        mean[m] = np.linalg.solve(p, information[m] - precision[np.ix_(m, o)] @ y[o])
        second[np.ix_(m, m)] = np.linalg.inv(p)
        entropy = 0.5 * (m.sum() * (1 + np.log(2 * np.pi)) - np.linalg.slogdet(p)[1])
    return mean, second + np.outer(mean, mean), second, entropy


def known():
    y = rows(12)
    mean = np.array([0.2, -0.1, 0.3, 0.0])
    precision = np.array([[1.5, 0.2, 0.3, -0.6], [0.2, 1.1, 0.0, -0.2], [0.3, 0.0, 1.2, 0.4], [-0.6, -0.2, 0.4, 2.0]])
    covariance = np.linalg.inv(precision)
    evidence, means, deviations = 0.0, [], []
    for row in y:
        o = ~np.isnan(row)
        if o.any():
            evidence += multivariate_normal.logpdf(row[o], mean[o], covariance[np.ix_(o, o)])
        if o.any() and not o.all():
            # By the covariance, not by the precision.
            gain = covariance[np.ix_(~o, o)] @ np.linalg.inv(covariance[np.ix_(o, o)])
            whole, spread = row.copy(), np.zeros(len(row))
            whole[~o] = mean[~o] + gain @ (row[o] - mean[o])
            spread[~o] = np.sqrt(np.diag(covariance[np.ix_(~o, ~o)] - gain @ covariance[np.ix_(o, ~o)]))
            means.append(whole.tolist())
            deviations.append(spread.tolist())
    return {"y": shown(y), "mean": mean.tolist(), "precision": precision.tolist(), "evidence": evidence,
            "means": means, "deviations": deviations}


def log_wishart_normalizer(v, inverse_scale):
    d = len(inverse_scale)
    return 0.5 * v * d * np.log(2) - 0.5 * v * np.linalg.slogdet(inverse_scale)[1] + multigammaln(0.5 * v, d)


def mixture(sweeps=40):
    y = rows(40)
    n, d, k = len(y), y.shape[1], 2
    a0, p0, v0, s0 = 0.5, 0.1, 5.0, 1.0
    r = np.round(0.5 + 0.4 * np.sin(1.0 + 3.0 * np.arange(n)), 6)
    r = np.stack([r, 1 - r], axis=1)
    mu = np.array([[0.5, 0.0, -0.5, 0.5], [-0.5, 0.0, 0.5, -0.5]])
    start = {"cell": r.tolist(), "mu": mu.tolist()}
    mu_cov = np.array([np.eye(d)] * k)
    start["mumu"] = [(np.eye(d) + np.outer(m, m)).tolist() for m in mu]
    lam = np.array([v0 / s0 * np.eye(d)] * k)
    use = ~np.isnan(y).all(axis=1)  # a row without any number says nothing
    bounds = []
    for _ in range(sweeps):
        first, second, entropy_y = np.zeros((n, d)), np.zeros((n, d, d)), 0.0
        spread = np.zeros((n, d, d))
        for i in np.flatnonzero(use):
            precision = np.einsum("k,kij->ij", r[i], lam)
            information = np.einsum("k,kij,kj->i", r[i], lam, mu)
            first[i], second[i], spread[i], h = condition(y[i], precision, information)
            entropy_y += h
        a = a0 + r.sum(axis=0)
        log_w = digamma(a) - digamma(a.sum())
        weight = r * use[:, None]
        count = weight.sum(axis=0)
        for j in range(k):
            precision = p0 * np.eye(d) + count[j] * lam[j]
            mu[j] = np.linalg.solve(precision, lam[j] @ (weight[:, j] @ first))
            mu_cov[j] = np.linalg.inv(precision)
        v = v0 + count
        inverse_scale = np.zeros((k, d, d))
        error = np.zeros((n, k, d, d))
        for j in range(k):
            gap = first - mu[j]
            error[:, j] = spread + gap[:, :, None] * gap[:, None, :] + mu_cov[j]
            inverse_scale[j] = s0 * np.eye(d) + np.einsum("n,nij->ij", weight[:, j], error[:, j])
            lam[j] = v[j] * np.linalg.inv(inverse_scale[j])
        log_det = np.array([digamma(0.5 * (v[j] - np.arange(d))).sum() + d * np.log(2) - np.linalg.slogdet(inverse_scale[j])[1]
                            for j in range(k)])
        likelihood = 0.5 * log_det - 0.5 * np.einsum("kij,nkij->nk", lam, error) - 0.5 * d * np.log(2 * np.pi)
        logits = log_w + likelihood * use[:, None]
        r = np.exp(logits - logits.max(axis=1, keepdims=True))
        r /= r.sum(axis=1, keepdims=True)
        bound = (r * use[:, None] * likelihood).sum() + entropy_y
        bound += (r * log_w).sum() - (r * np.log(np.maximum(r, 1e-300))).sum()
        bound += gammaln(k * a0) - k * gammaln(a0) + ((a0 - 1) * log_w).sum()
        bound -= gammaln(a.sum()) - gammaln(a).sum() + ((a - 1) * log_w).sum()
        for j in range(k):
            bound += 0.5 * d * np.log(p0) - 0.5 * p0 * (mu[j] @ mu[j] + np.trace(mu_cov[j]))
            bound += 0.5 * d + 0.5 * np.linalg.slogdet(mu_cov[j])[1]
            prior = 0.5 * (v0 - d - 1) * log_det[j] - 0.5 * s0 * np.trace(lam[j]) - log_wishart_normalizer(v0, s0 * np.eye(d))
            posterior = 0.5 * (v[j] - d - 1) * log_det[j] - 0.5 * np.trace(inverse_scale[j] @ lam[j]) - log_wishart_normalizer(v[j], inverse_scale[j])
            bound += prior - posterior
        bounds.append(bound)
    partly = use & np.isnan(y).any(axis=1)
    return {"y": shown(y), "start": start, "bounds": bounds, "mu": mu.tolist(), "first": first[partly].tolist()}


print(json.dumps({"known": known(), "mixture": mixture()}, indent=1))
