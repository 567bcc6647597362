"""Projections found by scipy: minimizers of divergences over the parameters of a family. Writes projections.json.

Each divergence is written out here as an integral of densities and minimized with Nelder-Mead and then BFGS; nothing comes from the program.
"""
import json
import pathlib
import re

import numpy as np
from scipy import optimize, stats

# Composite Gauss-Legendre in an unconstrained coordinate t: 60 panels of 24 nodes.
NODES, WEIGHTS = np.polynomial.legendre.leggauss(24)


def grid(low, high, panels=60):
    edges = np.linspace(low, high, panels + 1)
    half = np.diff(edges) / 2
    t = (edges[:-1] + half)[:, None] + half[:, None] * NODES
    return t.ravel(), (half[:, None] * WEIGHTS).ravel()


def line(low, high):
    """Points of the support and their weights."""
    if np.isinf(low):
        t, w = grid(-30, 30, 600)
        return 1 + np.sinh(t), w * np.cosh(t)
    if np.isinf(high):
        t, w = grid(-30, 8, 200)
        return np.exp(t), w * np.exp(t)
    t, w = grid(-35, 35, 100)
    x = 1 / (1 + np.exp(-t))
    return x, w * x * (1 / (1 + np.exp(t)))


def plog(a, r):
    return np.where(a > 0, a * r, 0.0)


def relative_entropy(p, q, x, w):
    a, b = p.logpdf(x), q.logpdf(x)
    return np.sum(w * plog(np.exp(a), np.where(np.isfinite(a), a - b, 0.0)))


def jensen_shannon(p, q, x, w):
    a, b = p.pdf(x), q.pdf(x)
    m = np.maximum((a + b) / 2, 1e-320)
    half = lambda c: np.where(c > 0, c * np.log(np.maximum(c, 1e-320) / m), 0.0)
    return 0.5 * np.sum(w * (half(a) + half(b)))


def squared_hellinger(p, q, x, w):
    return 0.5 * np.sum(w * (np.sqrt(p.pdf(x)) - np.sqrt(q.pdf(x))) ** 2)


def energy(p, q, x, w):
    return 2 * np.sum(w * (p.cdf(x) - q.cdf(x)) ** 2)


def squared_wasserstein_2(p, q, *_):
    t, w = grid(-35, 0, 80)  # u = 1/(1 + exp(-t)), from either end
    u = 1 / (1 + np.exp(-t))
    w = w * u * (1 - u)
    return np.sum(w * ((p.ppf(u) - q.ppf(u)) ** 2 + (p.isf(u) - q.isf(u)) ** 2))


def triangular(p, q, x, w):
    a, b = p.pdf(x), q.pdf(x)
    return np.sum(w * (a - b) ** 2 / np.maximum(a + b, 1e-320))


DIVERGENCES = {
    "forward_kl": lambda p, q, *a: relative_entropy(p, q, *a),
    "reverse_kl": lambda p, q, *a: relative_entropy(q, p, *a),
    "jensen_shannon": jensen_shannon,
    "hellinger": squared_hellinger,
    "energy": energy,
    "wasserstein_2": squared_wasserstein_2,
    "f(t * log(t))": relative_entropy,
    "f((t - 1)^2 / (t + 1))": triangular,
}

# family: names of its parameters, scipy's member from unconstrained numbers, the parameters from those numbers, and where to start
FAMILIES = {
    "laplace": (["location", "scale"], lambda u: stats.laplace(u[0], np.exp(u[1])), lambda u: [u[0], np.exp(u[1])], [0.5, 0.3]),
    "cauchy": (["location", "scale"], lambda u: stats.cauchy(u[0], np.exp(u[1])), lambda u: [u[0], np.exp(u[1])], [0.5, 0.3]),
    "logistic": (["location", "scale"], lambda u: stats.logistic(u[0], np.exp(u[1])), lambda u: [u[0], np.exp(u[1])], [0.5, 0.3]),
    "gumbel": (["location", "scale"], lambda u: stats.gumbel_r(u[0], np.exp(u[1])), lambda u: [u[0], np.exp(u[1])], [0.5, 0.3]),
    "weibull": (["shape", "scale"], lambda u: stats.weibull_min(np.exp(u[0]), scale=np.exp(u[1])), lambda u: list(np.exp(u)), [0.3, 0.3]),
    "gamma": (["shape", "rate"], lambda u: stats.gamma(np.exp(u[0]), scale=np.exp(-u[1])), lambda u: list(np.exp(u)), [0.3, 0.3]),
}


class Kumaraswamy:
    def __init__(self, a, b):
        self.a, self.b = a, b

    def logpdf(self, x):
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log(self.a * self.b) + (self.a - 1) * np.log(x) + (self.b - 1) * np.log1p(-x ** self.a)

    def pdf(self, x):
        return np.exp(self.logpdf(x))


FAMILIES["kumaraswamy"] = (["a", "b"], lambda u: Kumaraswamy(*np.exp(u)), lambda u: list(np.exp(u)), [0.5, 0.5])

INF = np.inf
TARGETS = {
    "normal(mean = 1, stddev = 2)": (stats.norm(1, 2), -INF, INF),
    "gumbel(location = 0.5, scale = 1.5)": (stats.gumbel_r(0.5, 1.5), -INF, INF),
    "gamma(shape = 3, rate = 2)": (stats.gamma(3, scale=0.5), 0, INF),
    "log_normal(log_mean = 0.2, log_stddev = 0.5)": (stats.lognorm(0.5, scale=np.exp(0.2)), 0, INF),
    "beta(alpha = 3, beta = 2)": (stats.beta(3, 2), 0, 1),
}

CASES = [
    ("normal(mean = 1, stddev = 2)", "cauchy", "forward_kl"),
    ("normal(mean = 1, stddev = 2)", "cauchy", "jensen_shannon"),
    ("normal(mean = 1, stddev = 2)", "cauchy", "hellinger"),
    ("normal(mean = 1, stddev = 2)", "cauchy", "energy"),
    ("normal(mean = 1, stddev = 2)", "laplace", "wasserstein_2"),
    ("gumbel(location = 0.5, scale = 1.5)", "logistic", "forward_kl"),
    ("gumbel(location = 0.5, scale = 1.5)", "logistic", "jensen_shannon"),
    ("gamma(shape = 3, rate = 2)", "weibull", "forward_kl"),
    ("gamma(shape = 3, rate = 2)", "weibull", "reverse_kl"),
    ("gamma(shape = 3, rate = 2)", "weibull", "energy"),
    ("gamma(shape = 3, rate = 2)", "weibull", "jensen_shannon"),
    ("log_normal(log_mean = 0.2, log_stddev = 0.5)", "gamma", "reverse_kl"),
    ("log_normal(log_mean = 0.2, log_stddev = 0.5)", "gamma", "jensen_shannon"),
    ("beta(alpha = 3, beta = 2)", "kumaraswamy", "forward_kl"),
    ("beta(alpha = 3, beta = 2)", "kumaraswamy", "reverse_kl"),
    ("normal(mean = 1, stddev = 2)", "cauchy", "f(t * log(t))"),
    ("normal(mean = 1, stddev = 2)", "cauchy", "f((t - 1)^2 / (t + 1))"),
    ("gamma(shape = 3, rate = 2)", "weibull", "f((t - 1)^2 / (t + 1))"),
    ("log_normal(log_mean = 0.2, log_stddev = 0.5)", "gamma", "f(t * log(t))"),
]


def solve(target, family, divergence):
    p, low, high = TARGETS[target]
    x, w = line(low, high)
    names, member, parameters, start = FAMILIES[family]

    def objective(u):
        value = DIVERGENCES[divergence](p, member(u), x, w)
        return value if np.isfinite(value) else 1e10
    rough = optimize.minimize(objective, start, method="Nelder-Mead", options=dict(xatol=1e-8, fatol=1e-15, maxiter=500))
    fine = optimize.minimize(objective, rough.x, method="BFGS", options=dict(gtol=1e-9, eps=1e-5))
    best = fine if fine.fun <= rough.fun else rough
    name, arguments = re.fullmatch(r"(\w+)\((.*)\)", target).groups()
    arguments = {key: float(value) for key, value in (item.split(" = ") for item in arguments.split(", "))}
    return dict(target=dict(family=name, arguments=arguments), family=family, divergence=divergence, value=best.fun,
                parameters=dict(zip(names, map(float, parameters(best.x)))))


if __name__ == "__main__":
    rows = [solve(*case) for case in CASES]
    path = pathlib.Path(__file__).with_name("projections.json")
    path.write_text(json.dumps(rows, indent=1) + "\n")
