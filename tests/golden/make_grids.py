#!/usr/bin/python3
"""Golden values of models with factors on grids: evidence and moments of one unknown by scipy's adaptive quadrature of the
product of scipy.stats densities; mean-field optima of several unknowns by coordinate ascent on trapezoidal
meshes.

Usage: make_grids.py > grids.json
"""
import csv
import json
import os

import numpy as np
from scipy import stats
from scipy.integrate import quad
from scipy.optimize import minimize, minimize_scalar
from scipy.special import digamma, gammaln

Y = [1.3, 0.4, 2.2]
VARIANCE = 0.8
LOSS = [float(row["stack.loss"]) for row in csv.DictReader(open(os.path.join(
    os.path.dirname(__file__), "..", "..", "configs", "data", "stackloss.csv")))]


def normal_likelihood(x):
    return stats.norm.logpdf(Y, x, np.sqrt(VARIANCE)).sum()


def scale_likelihood(x):
    return stats.norm.logpdf(Y, 0, x).sum()


def summary(log_density, low, high, kinks=()):
    """log of the integral, mean and stddev, split where the density has its mode and its kinks."""
    top = minimize_scalar(lambda x: -log_density(x), bounds=(max(low, -50), min(high, 200)), method="bounded", options={"xatol": 1e-10}).x
    peak = log_density(top)
    points = [low] + sorted(set([top + d for d in (-30, -10, -5, -2, -1, 0, 1, 2, 5, 10, 30)] + list(kinks))) + [high]
    points = [p for p in points if low <= p <= high]
    def integral(f):
        return sum(quad(lambda x: f(x) * np.exp(log_density(x) - peak), a, b, epsabs=1e-14, epsrel=1e-12, limit=500)[0]
                   for a, b in zip(points, points[1:]))
    z = integral(lambda x: 1)
    mean = integral(lambda x: x) / z
    return {"evidence": peak + np.log(z), "mean": mean, "stddev": np.sqrt(integral(lambda x: (x - mean) ** 2) / z)}


PRIORS = {
    "cauchy(location = 0.5, scale = 2)": (stats.cauchy(0.5, 2), -np.inf, np.inf, ()),
    "laplace(location = 0.7, scale = 1.5)": (stats.laplace(0.7, 1.5), -np.inf, np.inf, (0.7,)),
    "logistic(location = -1, scale = 0.6)": (stats.logistic(-1, 0.6), -np.inf, np.inf, ()),
    "student_t(degrees_of_freedom = 3, location = 0, scale = 0.5)": (stats.t(3, 0, 0.5), -np.inf, np.inf, ()),
    "uniform(low = -1, high = 1.5)": (stats.uniform(-1, 2.5), -1, 1.5, ()),
    "half_normal(scale = 0.5)": (stats.halfnorm(0, 0.5), 0, np.inf, ()),
    "half_cauchy(scale = 1)": (stats.halfcauchy(0, 1), 0, np.inf, ()),
    "gumbel(location = 0, scale = 2)": (stats.gumbel_r(0, 2), -np.inf, np.inf, ()),
    "normal(0, stddev = 3)": (stats.norm(0, 3), -np.inf, np.inf, ()),
}
SCALES = {
    "half_cauchy(scale = 5)": (stats.halfcauchy(0, 5), 0, np.inf, ()),
    "half_normal(scale = 2)": (stats.halfnorm(0, 2), 0, np.inf, ()),
    "uniform(low = 0.25, high = 20)": (stats.uniform(0.25, 19.75), 0.25, 20, ()),
    "gamma(shape = 2, rate = 1)": (stats.gamma(2), 0, np.inf, ()),
    "log_normal(log_mean = 0, log_stddev = 1)": (stats.lognorm(1), 0, np.inf, ()),
}


def of(priors, likelihood):
    return {text: summary(lambda x: prior.logpdf(x) + likelihood(x), low, high, kinks)
            for text, (prior, low, high, kinks) in priors.items()}


def robust():
    """The location of the stack loss under Student-t errors of known scale."""
    return summary(lambda x: stats.norm.logpdf(x, 20, 20) + stats.t.logpdf(LOSS, 4, x, 5).sum(), -np.inf, np.inf)


def robust_with_scale():
    """Location and scale unknown: q(location) q(log scale) by alternating exact updates."""
    location = np.linspace(-10, 50, 1501)
    log_scale = np.linspace(-3, 6, 1801)
    scale = np.exp(log_scale)
    dl, ds = location[1] - location[0], log_scale[1] - log_scale[0]
    table = sum(stats.t.logpdf(y, 4, location[:, None], scale[None, :]) for y in LOSS)
    prior_l = stats.norm.logpdf(location, 20, 20)
    prior_s = stats.halfcauchy.logpdf(scale, 0, 10) + log_scale
    q_s = np.exp(-0.5 * ((log_scale - 1.5) / 0.3) ** 2)
    q_s /= q_s.sum() * ds
    for _ in range(200):
        log_l = prior_l + table @ q_s * ds
        a_l = log_l.max() + np.log(np.exp(log_l - log_l.max()).sum() * dl)
        q_l = np.exp(log_l - a_l)
        log_s = prior_s + q_l @ table * dl
        a_s = log_s.max() + np.log(np.exp(log_s - log_s.max()).sum() * ds)
        q_s = np.exp(log_s - a_s)
    # The bound: E[log p] + H(q_l) + H(q_s), of which a_s has all but what the location's factor has of its own.
    inside = q_l > 0
    bound = a_s + (q_l[inside] * (prior_l[inside] - np.log(q_l[inside]))).sum() * dl
    mean = (q_l * location).sum() * dl
    mean_s = (q_s * scale).sum() * ds
    return {"bound": bound, "mean": mean, "stddev": np.sqrt((q_l * (location - mean) ** 2).sum() * dl),
            "scale": mean_s, "scale_stddev": np.sqrt((q_s * (scale - mean_s) ** 2).sum() * ds)}


def mixture():
    """Two Cauchy components of unknown locations: q(weights) Dirichlet, q(location) on a mesh, q(z) by row, by coordinate ascent."""
    y = np.array([-2.1, -1.9, -2.4, 3.0, 3.3, 2.8, 9.0, -1.5])
    mesh = np.linspace(-40, 40, 80001)
    h = mesh[1] - mesh[0]
    table = stats.cauchy.logpdf(y[:, None], mesh[None, :], 1)  # rows by nodes
    prior = stats.norm.logpdf(mesh, 0, 5)
    r = np.where(y[:, None] < 0, [0.9, 0.1], [0.1, 0.9])
    for _ in range(500):
        alpha = 1 + r.sum(0)
        log_w = digamma(alpha) - digamma(alpha.sum())
        logs = prior[:, None] + table.T @ r
        log_z = logs.max(0) + np.log(np.exp(logs - logs.max(0)).sum(0) * h)
        q = np.exp(logs - log_z)
        expected = table @ q * h
        logits = log_w + expected
        r = np.exp(logits - logits.max(1, keepdims=True))
        r /= r.sum(1, keepdims=True)
    dirichlet = gammaln(alpha).sum() - gammaln(alpha.sum())  # its entropy and E[log p] together, with (alpha - 1) below
    bound = ((r * (expected + log_w)).sum() - np.where(r > 0, r * np.log(np.maximum(r, 1e-300)), 0).sum()
             + gammaln(2.0) + dirichlet - ((alpha - 1) * log_w).sum()
             + (q * np.where(q > 0, prior[:, None] - np.log(np.maximum(q, 1e-300)), 0)).sum() * h)
    mean = (q * mesh[:, None]).sum(0) * h
    return {"y": y.tolist(), "bound": bound, "weights": (alpha / alpha.sum()).tolist(), "mean": mean.tolist(),
            "stddev": np.sqrt((q * (mesh[:, None] - mean) ** 2).sum(0) * h).tolist()}


def weighted():
    """Latent values of rows that count several times: a sum of evidences, each one an integral."""
    rows = [(1.0, 3), (2.0, 1), (-1.0, 2)]
    found = [summary(lambda x: stats.t.logpdf(x, 3) + stats.norm.logpdf(y, x, 0.5), -np.inf, np.inf) for y, _ in rows]
    return {"rows": rows, "bound": sum(w * f["evidence"] for (_, w), f in zip(rows, found)),
            "mean": [f["mean"] for f in found]}


def censored():
    """A Cauchy location; of two values it is known that they are above 3."""
    y = [1.2, 0.3, 2.5, 0.7]
    return summary(lambda x: stats.norm.logpdf(x, 0, 5) + stats.cauchy.logpdf(y, x, 1).sum() + 2 * stats.cauchy.logsf(3, x, 1),
                   -np.inf, np.inf)


def truncated():
    """Location and upper limit of a truncated normal unknown: q(location) q(excess of the limit) by alternating exact updates."""
    y = np.array([1.2, 0.3, 2.5, 0.7])
    location = np.linspace(-45, 45, 6001)
    log_excess = np.linspace(-30, 5, 3501)
    excess = np.exp(log_excess)
    dl, de = location[1] - location[0], log_excess[1] - log_excess[0]
    table = (stats.norm.logpdf(y[:, None, None], location[None, :, None], 1).sum(0)
             - len(y) * stats.norm.logcdf(2.5 + excess[None, :], location[:, None], 1))
    prior_l, prior_e = stats.norm.logpdf(location, 0, 5), stats.expon.logpdf(excess) + log_excess
    q_e = np.exp(prior_e)
    for _ in range(300):
        log_l = prior_l + table @ q_e * de
        a_l = log_l.max() + np.log(np.exp(log_l - log_l.max()).sum() * dl)
        q_l = np.exp(log_l - a_l)
        log_e = prior_e + q_l @ table * dl
        a_e = log_e.max() + np.log(np.exp(log_e - log_e.max()).sum() * de)
        q_e = np.exp(log_e - a_e)
    inside = q_l > 0
    return {"bound": a_e + (q_l[inside] * (prior_l[inside] - np.log(q_l[inside]))).sum() * dl,
            "mean": (q_l * location).sum() * dl, "excess": (q_e * excess).sum() * de}


def ends_in_a_jump():
    """Unknown limits that the data say something of: their densities jump at the largest value."""
    def of(log_density):
        z, first = (quad(lambda t: t**k * np.exp(log_density(t)), 8, np.inf, epsabs=0, epsrel=1e-12, limit=500)[0] for k in (0, 1))
        return {"evidence": np.log(z), "mean": first / z}
    y = [5.2, 1, 3, 8]
    return {"truncated": of(lambda t: stats.expon.logpdf(t, scale=10) + stats.expon.logpdf(y, scale=1 / 0.3).sum()
                            - 4 * stats.expon.logcdf(t, scale=1 / 0.3)),
            "uniform": of(lambda t: stats.gamma.logpdf(t, 2, scale=10) - 4 * np.log(t))}


def positive():
    """A location that is truncated at 0, under Student-t errors."""
    y = [1.2, 0.3, 2.5, 0.7]
    return summary(lambda x: stats.norm.logpdf(x, 0, 5) + np.log(2) + stats.t.logpdf(y, 4, x, 1).sum(), 0, np.inf)


def two_modes():
    """The location of Cauchy rows in two clusters, seven hundred scales apart."""
    y = np.array([7.27, 7.3, 7.34, 7.29, 7.31, 7.315, 7.255, 7.355, 40.97, 41.02, 41.0, 41.05, 40.98, 41.035, 40.96, 41.005])
    scale = 0.05
    log_density = lambda x: stats.norm.logpdf(x, 0, 30) + stats.cauchy.logpdf(y, x, scale).sum()
    points = sorted([m + d for m in (7.3, 41) for d in (-100, -10, -2, -0.5, -0.1, -0.02, 0.02, 0.1, 0.5, 2, 10, 100)])
    peak = max(log_density(7.3), log_density(41))
    def integral(f):
        return sum(quad(lambda x: f(x) * np.exp(log_density(x) - peak), a, b, epsabs=1e-14, epsrel=1e-12, limit=500)[0]
                   for a, b in zip(points, points[1:]))
    z = integral(lambda x: 1)
    return {"y": y.tolist(), "scale": scale, "evidence": peak + np.log(z), "mean": integral(lambda x: x) / z}


def many_rows():
    """Location and scale of many Cauchy rows, by alternating exact updates on meshes about the largest likelihood."""
    rows = 20000
    y = 3 + 2 * np.tan(1.4 * (2 * np.arange(rows) / rows - 1))
    def fall(at):
        return -stats.cauchy.logpdf(y, at[0], np.exp(at[1])).sum()
    top = minimize(fall, [3, np.log(2)], method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-6}).x
    width = 12 * np.sqrt(2.0 / rows)
    location, log_scale = top[0] + width * np.exp(top[1]) * np.linspace(-1, 1, 161), top[1] + width * np.linspace(-1, 1, 161)
    dl, ds = location[1] - location[0], log_scale[1] - log_scale[0]
    table = np.array([[stats.cauchy.logpdf(y, l, np.exp(s)).sum() for s in log_scale] for l in location])
    prior_l, prior_s = stats.norm.logpdf(location, 0, 100), stats.halfcauchy.logpdf(np.exp(log_scale), 0, 5) + log_scale
    q_s = np.exp(-0.5 * ((log_scale - top[1]) / width * 12) ** 2)
    q_s /= q_s.sum() * ds
    for _ in range(50):
        log_l = prior_l + table @ q_s * ds
        a_l = log_l.max() + np.log(np.exp(log_l - log_l.max()).sum() * dl)
        q_l = np.exp(log_l - a_l)
        log_s = prior_s + q_l @ table * dl
        a_s = log_s.max() + np.log(np.exp(log_s - log_s.max()).sum() * ds)
        q_s = np.exp(log_s - a_s)
    inside = q_l > 0
    mean = (q_l * location).sum() * dl
    mean_s = (q_s * np.exp(log_scale)).sum() * ds
    return {"rows": rows, "bound": a_s + (q_l[inside] * (prior_l[inside] - np.log(q_l[inside]))).sum() * dl,
            "mean": mean, "stddev": np.sqrt((q_l * (location - mean) ** 2).sum() * dl),
            "scale": mean_s, "scale_stddev": np.sqrt((q_s * (np.exp(log_scale) - mean_s) ** 2).sum() * ds)}


def many_kinks():
    """Location and scale of many Laplace rows: the log density has a kink in the location at every row, and is read at
    each location from sums over the rows on either side of it."""
    rows = 12000
    y = 1 - 1.5 * np.sign(u := 2 * (np.arange(rows) + 0.5) / rows - 1) * np.log1p(-np.abs(u))
    below = np.concatenate([[0], np.cumsum(y)])
    scale = np.abs(y - np.median(y)).mean()
    location, dl = np.linspace(*(np.median(y) + scale / np.sqrt(rows) * np.array([-11, 11])), 40001, retstep=True)
    log_scale, ds = np.linspace(*(np.log(scale) + np.array([-11, 11]) / np.sqrt(rows)), 401, retstep=True)
    count = np.searchsorted(y, location)
    distances = location * (2 * count - rows) + below[-1] - 2 * below[count]
    prior_l, prior_s = stats.norm.logpdf(location, 0, 5), stats.halfcauchy.logpdf(np.exp(log_scale), 0, 5) + log_scale
    q_l = np.exp(-0.5 * ((location - np.median(y)) / scale) ** 2 * rows)
    q_l /= q_l.sum() * dl
    normalizers = -rows * (np.log(2) + log_scale)
    for _ in range(50):
        log_s = prior_s + normalizers - (q_l @ distances * dl) * np.exp(-log_scale)
        a_s = log_s.max() + np.log(np.exp(log_s - log_s.max()).sum() * ds)
        q_s = np.exp(log_s - a_s)
        log_l = prior_l + (q_s @ normalizers - distances * (q_s @ np.exp(-log_scale))) * ds
        a_l = log_l.max() + np.log(np.exp(log_l - log_l.max()).sum() * dl)
        q_l = np.exp(log_l - a_l)
    inside = q_s > 0
    mean, mean_s = (q_l * location).sum() * dl, (q_s * np.exp(log_scale)).sum() * ds
    return {"rows": rows, "bound": a_l + (q_s[inside] * (prior_s[inside] - np.log(q_s[inside]))).sum() * ds,
            "mean": mean, "stddev": np.sqrt((q_l * (location - mean) ** 2).sum() * dl),
            "scale": mean_s, "scale_stddev": np.sqrt((q_s * (np.exp(log_scale) - mean_s) ** 2).sum() * ds)}


if __name__ == "__main__":
    print(json.dumps({"y": Y, "variance": VARIANCE, "locations": of(PRIORS, normal_likelihood), "scales": of(SCALES, scale_likelihood),
                      "robust": robust(), "robust-with-scale": robust_with_scale(), "mixture": mixture(), "weighted": weighted(),
                      "censored": censored(), "truncated": truncated(), "positive": positive(),
                      "ends_in_a_jump": ends_in_a_jump(),
                      "many_rows": many_rows(), "many_kinks": many_kinks(),
                      "two_modes": two_modes()}, indent=1))
