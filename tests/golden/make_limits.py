#!/usr/bin/python3
"""Golden values for truncated and censored statements: exact evidence by quadrature and survival functions, and coordinate
ascents written out with scipy's truncated normal.

What a truncated density lacks is written as the draws that were discarded before one fell within the limits: a number of
draws with probability (1 - c) c^n, c the part of exp(E[log p]) that lies outside. Usage: make_limits.py > limits.json
"""
import json

import mpmath
import numpy as np
from scipy.integrate import quad
from scipy.special import digamma, gammaln
from scipy.stats import norm, truncnorm

SWEEPS = 30


def truncated_moments(mean, deviation, low, high):
    t = truncnorm((low - mean) / deviation, (high - mean) / deviation, loc=mean, scale=deviation)
    return t.mean(), t.var() + t.mean() ** 2


def log_mass(mean, deviation, low, high):
    a, b = (low - mean) / deviation, (high - mean) / deviation
    return np.log(norm.sf(a) - norm.sf(b)) if a > 0 else np.log(norm.cdf(b) - norm.cdf(a))


def gamma_bound(a0, b0, a, b):
    """E[log p(tau)] + H of gamma factors."""
    mean, log_mean = a / b, digamma(a) - np.log(b)
    return a0 * np.log(b0) - gammaln(a0) + (a0 - 1) * log_mean - b0 * mean + a - np.log(b) + gammaln(a) + (1 - a) * digamma(a)


def normal_bound(m0, p0, mean, variance):
    return 0.5 * np.log(p0 / (2 * np.pi)) - 0.5 * p0 * (variance + (mean - m0) ** 2) + 0.5 * np.log(2 * np.pi * np.e * variance)


def censored_known():
    y = [1.3, None, 0.2, None, 2.4]
    low, high = [0, 2.5, 0, 1.0, 0], [9, 30, 9, 1.5, 9]
    mean, deviation = 1.0, 0.8
    evidence, means = 0.0, []
    for value, a, b in zip(y, low, high):
        if value is not None:
            evidence += norm.logpdf(value, mean, deviation)
        else:
            evidence += log_mass(mean, deviation, a, b)
            means.append(truncated_moments(mean, deviation, a, b)[0])
    return {"y": y, "low": low, "high": high, "evidence": evidence, "means": means}


def censored():
    y = np.array([1.3, np.nan, 0.2, np.nan, 2.4, 0.9, np.nan, 1.1])
    low = np.array([0, 2.0, 0, 1.0, 0, 0, 2.5, 0])
    m0, p0, a0, b0 = 0.5, 0.1, 2.0, 1.0
    mean, variance, a, b = m0, 1 / p0, a0, b0
    bounds = []
    for _ in range(SWEEPS):
        # the censored values, then mu, then tau
        tau, log_tau = a / b, digamma(a) - np.log(b)
        first, second, extra = y.copy(), y ** 2, 0.0
        kept = []
        for i in np.flatnonzero(np.isnan(y)):
            first[i], second[i] = truncated_moments(mean, tau ** -0.5, low[i], np.inf)
            kept.append((i, mean, tau, log_mass(mean, tau ** -0.5, low[i], np.inf)))
        variance = 1 / (p0 + len(y) * tau)
        new_mean = variance * (p0 * m0 + tau * first.sum())
        square = (second - 2 * first * new_mean + new_mean ** 2 + variance).sum()
        a, b = a0 + 0.5 * len(y), b0 + 0.5 * square
        log_tau = digamma(a) - np.log(b)
        bound = 0.5 * len(y) * (log_tau - np.log(2 * np.pi)) - 0.5 * a / b * square
        for i, m, t, mass in kept:  # entropy of a truncated normal
            bound += 0.5 * np.log(2 * np.pi / t) + mass + 0.5 * t * (second[i] - 2 * m * first[i] + m * m)
        mean = new_mean
        bound += normal_bound(m0, p0, mean, variance) + gamma_bound(a0, b0, a, b)
        bounds.append(bound)
    return {"y": [None if np.isnan(v) else v for v in y], "low": low.tolist(), "bounds": bounds,
            "mu": mean, "first": first[np.isnan(y)].tolist()}


def truncated():
    y = np.array([1.3, 0.4, 0.2, 1.9, 2.4, 0.9, 0.6, 1.1])
    low, high = 0.1, 3.0
    m0, p0, a0, b0 = 0.5, 0.1, 2.0, 1.0
    mean, variance, a, b = m0, 1.0, a0, b0
    start = {"x": mean, "x2": variance + mean ** 2}
    bounds = []
    n = len(y)
    for _ in range(SWEEPS):
        # what was discarded, then mu, then tau
        tau, log_tau = a / b, digamma(a) - np.log(b)
        # exp(E[log normal]) is a normal times a constant below 1
        log_constant = 0.5 * (log_tau - np.log(tau)) - 0.5 * tau * variance
        below, above = log_mass(mean, tau ** -0.5, -np.inf, low), log_mass(mean, tau ** -0.5, high, np.inf)
        c = np.exp(log_constant) * (np.exp(below) + np.exp(above))
        moments = [truncated_moments(mean, tau ** -0.5, -np.inf, low), truncated_moments(mean, tau ** -0.5, high, np.inf)]
        parts = np.exp(log_constant + np.array([below, above])) / (1 - c)
        count = parts.sum()
        first = parts[0] * moments[0][0] + parts[1] * moments[1][0]
        second = parts[0] * moments[0][1] + parts[1] * moments[1][1]
        # H of what was discarded, one value's
        natural = (0.5 * log_tau - 0.5 * np.log(2 * np.pi) - 0.5 * tau * (mean ** 2 + variance), tau * mean, -0.5 * tau)
        entropy = -np.log1p(-c) - natural[0] * count - natural[1] * first - natural[2] * second
        total = n * (1 + count)
        sum_first, sum_second = y.sum() + n * first, (y ** 2).sum() + n * second
        variance = 1 / (p0 + total * tau)
        mean = variance * (p0 * m0 + tau * sum_first)
        square = sum_second - 2 * mean * sum_first + total * (mean ** 2 + variance)
        a, b = a0 + 0.5 * total, b0 + 0.5 * square
        log_tau = digamma(a) - np.log(b)
        bound = 0.5 * total * (log_tau - np.log(2 * np.pi)) - 0.5 * a / b * square + n * entropy
        bound += normal_bound(m0, p0, mean, variance) + gamma_bound(a0, b0, a, b)
        bounds.append(bound)
    return {"y": y.tolist(), "low": low, "high": high, "start": start, "bounds": bounds, "mu": mean}


def truncated_prior():
    """The evidence of a model with one truncated parameter: its posterior is a truncated normal, so that the bound is exact."""
    y = np.array([0.3, -0.4, 0.2])
    low, high = 0.0, 2.0
    prior = lambda s: norm.pdf(s, 0.2, 1.0) / (norm.cdf(high, 0.2, 1) - norm.cdf(low, 0.2, 1))
    f = lambda s: prior(s) * np.prod(norm.pdf(y, s, 0.5))
    evidence = quad(f, low, high, epsabs=0, epsrel=1e-13)[0]
    mean = quad(lambda s: s * f(s), low, high, epsabs=0, epsrel=1e-13)[0] / evidence
    return {"y": y.tolist(), "low": low, "high": high, "evidence": np.log(evidence), "mean": mean}


def positive_counts():
    """Poisson counts above zero: what was discarded is zero, with probability exp(-rate)."""
    y = np.array([1, 3, 2, 1, 1, 4])
    a0, b0 = 2.0, 1.0
    a, b = a0, b0
    n = len(y)
    bounds = []
    for _ in range(SWEEPS):
        c = np.exp(-a / b)
        count = c / (1 - c)
        entropy = -np.log1p(-c) + (a / b) * count
        a, b = a0 + y.sum(), b0 + n * (1 + count)
        bound = y.sum() * (digamma(a) - np.log(b)) - n * (1 + count) * a / b - gammaln(y + 1).sum() + n * entropy
        bounds.append(bound + gamma_bound(a0, b0, a, b))
    return {"y": y.tolist(), "bounds": bounds, "rate": a / b}


def waiting_times():
    """Exponential times known to exceed a limit."""
    y = [0.3, None, 1.2, None, 0.7]
    low = [0.1, 2.0, 0.1, 0.5, 0.1]
    a0, b0 = 1.5, 0.5
    a, b = a0, b0
    bounds = []
    for _ in range(SWEEPS):
        rate = a / b
        times = [v if v is not None else l + 1 / rate for v, l in zip(y, low)]
        entropy = sum(1 - np.log(rate) for v in y if v is None)
        a, b = a0 + len(y), b0 + sum(times)
        bounds.append(len(y) * (digamma(a) - np.log(b)) - a / b * sum(times) + entropy + gamma_bound(a0, b0, a, b))
    return {"y": y, "low": low, "bounds": bounds, "rate": a / b}


def moments():
    """log of the integral of exp(<eta, s>) within limits, and the means of s, with 40 digits."""
    mpmath.mp.dps = 40
    label = {"x": lambda x: x, "x2": lambda x: x * x, "log_x": mpmath.log, "log_1mx": lambda x: mpmath.log(1 - x),
             "log_factorial": lambda x: mpmath.loggamma(x + 1)}
    inf = mpmath.inf
    cases = [("normal", ["x", "x2"], [3.0, -0.5], -1, 2, [-1, 0, 2]),
             ("normal", ["x2", "x"], [-0.5, 0.0], 30, None, [30, 30.02, 30.05, 30.1, 30.2, 30.4, 30.8, 31.6, 33]),
             ("normal", ["x2", "x"], [-50000.0, 3e7], 300.001, 300.02, [300.001, 300.003, 300.01, 300.02]),
             ("gamma", ["log_x", "x"], [-0.7, -2.0], 2, None, [2, 3, 6, 20, 60]),
             ("gamma", ["log_x", "x"], [-0.99, -0.01], None, 5, [0]),
             ("gamma", ["log_x", "x"], [49.0, -10.0], 1, 3.5, [1, 2, 3, 3.5]),
             ("beta", ["log_x", "log_1mx"], [1.5, -0.5], 0.2, 0.99, [0.2, 0.5, 0.9, 0.99]),
             ("poisson", ["x", "log_factorial"], [1.2, -1.0], 3, 8, None),
             ("poisson", ["x", "log_factorial"], [1.2, -1.0], 2, None, None)]
    out = []
    for family, labels, eta, low, high, splits in cases:
        f = lambda x: mpmath.exp(sum(mpmath.mpf(e) * label[l](x) for e, l in zip(eta, labels)))
        if splits is None:
            total = lambda g: mpmath.fsum(g(mpmath.mpf(k)) for k in range(low, (high or 120) + 1))
        elif splits == [0]:  # x = e^t takes the singularity at 0 away
            total = lambda g: mpmath.quad(lambda t: g(mpmath.exp(t)) * mpmath.exp(t), [-12000, -6000, -2000, -800, -300, -100, -30, -10, -3, 0, mpmath.log(high)])
        else:
            total = lambda g: mpmath.quad(g, splits)
        mass = total(f)
        means = [total(lambda x, l=l: label[l](x) * f(x)) / mass for l in labels]
        out.append({"family": family, "labels": labels, "eta": eta, "low": low, "high": high,
                    "log_mass": float(mpmath.log(mass)), "means": [float(m) for m in means]})
    return out


print(json.dumps({f.__name__: f() for f in (censored_known, censored, truncated, truncated_prior, positive_counts, waiting_times, moments)}, indent=1))
