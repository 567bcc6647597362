#!/usr/bin/python3
"""Golden values of models with factors on grids: evidence and moments of one unknown by scipy's adaptive quadrature of the
product of scipy.stats densities; the mean-field optimum of two unknowns by coordinate ascent on trapezoidal meshes.

Usage: make_grids.py > grids.json
"""
import csv
import json
import os

import numpy as np
from scipy import stats
from scipy.integrate import quad
from scipy.optimize import minimize_scalar

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


if __name__ == "__main__":
    print(json.dumps({"y": Y, "variance": VARIANCE, "locations": of(PRIORS, normal_likelihood), "scales": of(SCALES, scale_likelihood),
                      "robust": robust(), "robust-with-scale": robust_with_scale()}, indent=1))
