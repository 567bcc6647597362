#!/usr/bin/python3
"""Golden values of models with flat priors.

Least squares by numpy.linalg.lstsq. `one` numbers (rate, precision, variance, standard deviation, each with the rest known): mean,
standard deviation and log of the integral of the likelihood, by quadrature of the likelihood itself. `pair`: a mean and a standard
deviation, mean field by the iteration written out here, its bound by quadrature; a mean and a precision in one factor by quadrature in
two dimensions. `between_ends`: the location of a Cauchy between given ends, by quadrature.
Usage: make_flat.py > flat.json
"""
import json

import numpy as np
from scipy.integrate import dblquad, quad
from scipy.special import gammaln
from scipy.stats import cauchy, norm, poisson

rng = np.random.default_rng(5)
tight = {"epsabs": 0, "epsrel": 1e-12, "limit": 500}


def least_squares():
    n, stddev = 12, 0.7
    X = np.round(np.column_stack([np.ones(n), rng.normal(size=(n, 2))]), 3)
    y = np.round(X @ [2.0, -1.0, 0.5] + stddev * rng.normal(size=n), 3)
    mean = np.linalg.lstsq(X, y, rcond=None)[0]
    covariance = stddev**2 * np.linalg.inv(X.T @ X)
    # The integral over the coefficients is that of a normal density with its peak at the least squares.
    integral = norm.logpdf(y, X @ mean, stddev).sum() + 0.5 * np.linalg.slogdet(2 * np.pi * covariance)[1]
    new = np.array([[1, 0.5, -2.0], [1, 3.0, 1.0]])
    variance = stddev**2 + np.einsum("ni,ij,nj->n", new, covariance, new)
    return {"X": X.tolist(), "y": y.tolist(), "stddev": stddev, "mean": mean.tolist(), "covariance": covariance.tolist(),
            "bound": integral, "new": new.tolist(), "prediction": {"mean": (new @ mean).tolist(), "variance": variance.tolist()}}


def one(name, statement, log_likelihood, guess):
    peak = max(log_likelihood(x) for x in guess * np.linspace(0.2, 3, 2000))
    density = lambda x: np.exp(log_likelihood(x) - peak)
    moment = lambda f: sum(quad(lambda x: f(x) * density(x), guess * a, guess * b, **tight)[0]
                           for a, b in ((1e-9, 0.5), (0.5, 1), (1, 2), (2, 10), (10, 1e3), (1e3, 1e6), (1e6, 1e10)))
    total = moment(lambda x: 1)
    mean = moment(lambda x: x) / total
    return {"name": name, "statement": statement, "mean": mean, "stddev": np.sqrt(moment(lambda x: (x - mean) ** 2) / total),
            "bound": np.log(total) + peak}


def numbers():
    counts = [1, 4, 2, 0, 3, 5, 2]
    y = [0.3, -1.2, 2.1, 0.8, -0.4, 1.7, -2.2, 0.6, 1.1]
    normal = lambda s: norm.logpdf(y, 0.25, s).sum()
    return {"counts": counts, "y": y, "cases": [
        one("rate", "counts[m]: poisson(x)", lambda x: poisson.logpmf(counts, x).sum(), 2.5),
        one("precision", "y[n]: normal(0.25, precision = x)", lambda x: normal(x**-0.5), 0.6),
        one("variance", "y[n]: normal(0.25, variance = x)", lambda x: normal(x**0.5), 2.0),
        one("standard deviation", "y[n]: normal(0.25, stddev = x)", normal, 1.4),
        one("scaled standard deviation", "y[n]: normal(0.25, stddev = 2 * x)", lambda x: normal(2 * x), 0.7),
        one("standard deviation by its precision", "y[n]: normal(0.25, precision = 1 / x^2)", normal, 1.4)]}


def between_ends(y, low, high):
    likelihood = lambda x: np.exp(cauchy.logpdf(y, x, 1).sum())
    panels = np.linspace(low, high, 61)
    moment = lambda f: sum(quad(lambda x: f(x) * likelihood(x), a, b, **tight)[0] for a, b in zip(panels, panels[1:]))
    total = moment(lambda x: 1)
    mean = moment(lambda x: x) / total
    return {"low": low, "high": high, "mean": mean, "stddev": np.sqrt(moment(lambda x: (x - mean) ** 2) / total),
            "bound": np.log(total / (high - low))}


def pair(y):
    y, n = np.array(y), len(y)
    center, square = y.mean(), ((y - y.mean()) ** 2).sum()
    variance = 1.0
    shape = (n - 1) / 2
    for _ in range(200):
        scale = (square + n * variance) / 2
        variance = scale / shape / n
    log_q = lambda s: np.log(2) + shape * np.log(scale) - gammaln(shape) - (2 * shape + 1) * np.log(s) - scale / s**2
    over = lambda f: sum(quad(lambda s: f(s) * np.exp(log_q(s)), a, b, **tight)[0] for a, b in ((0.05, 1), (1, 2), (2, 5), (5, 50), (50, 5e3)))
    mean = over(lambda s: s)
    expected = over(lambda s: -n * np.log(s) - n / 2 * np.log(2 * np.pi) - (square + n * variance) / (2 * s**2) - log_q(s))
    field = {"mu": [center, np.sqrt(variance)], "sigma": [mean, np.sqrt(over(lambda s: (s - mean) ** 2))],
             "bound": expected + 0.5 * np.log(2 * np.pi * np.e * variance)}
    density = lambda m, t: t ** (n / 2) * np.exp(-t * (square + n * (m - center) ** 2) / 2 - n / 2 * np.log(2 * np.pi))
    both = lambda f: sum(dblquad(lambda m, t: f(m, t) * density(m, t), a, b, lambda t: center - 40 / np.sqrt(n * t),
                                 lambda t: center + 40 / np.sqrt(n * t), epsabs=0, epsrel=1e-11)[0] for a, b in ((1e-6, 0.3), (0.3, 1), (1, 3), (3, 20)))
    total = both(lambda m, t: 1)
    tau = both(lambda m, t: t) / total
    return {"field": field, "joint": {"bound": np.log(total), "tau": [tau, np.sqrt(both(lambda m, t: (t - tau) ** 2) / total)],
                                      "mu": [center, np.sqrt(both(lambda m, t: (m - center) ** 2) / total)]}}


found = numbers()
print(json.dumps({"least_squares": least_squares(), "one": found, "pair": pair(found["y"]),
                  "between_ends": between_ends(found["y"], -3, 4)}, indent=1))
