"""Projections found by scipy: minimizers of divergences over the parameters of a family. Writes projections.json.

Each divergence is written out here as an integral of densities and minimized with Nelder-Mead and then BFGS; nothing comes from the program.
"""
import json
import pathlib

import numpy as np
from scipy import integrate, optimize, stats

QUAD = dict(limit=400, epsabs=1e-13, epsrel=1e-12)


def integral(f, low, high, points):
    cuts = [low] + sorted(x for x in points if low < x < high) + [high]
    return sum(integrate.quad(f, a, b, **QUAD)[0] for a, b in zip(cuts, cuts[1:]))


def relative_entropy(p, q, low, high, points):
    def f(x):
        a, b = p.logpdf(x), q.logpdf(x)
        return np.exp(a) * (a - b) if a > -700 else 0.0
    return integral(f, low, high, points)


def jensen_shannon(p, q, low, high, points):
    def f(x):
        a, b = p.pdf(x), q.pdf(x)
        m = (a + b) / 2
        return 0.5 * ((a * np.log(a / m) if a > 0 else 0) + (b * np.log(b / m) if b > 0 else 0))
    return integral(f, low, high, points)


def squared_hellinger(p, q, low, high, points):
    return 0.5 * integral(lambda x: (np.sqrt(p.pdf(x)) - np.sqrt(q.pdf(x))) ** 2, low, high, points)


def energy(p, q, low, high, points):
    return 2 * integral(lambda x: (p.cdf(x) - q.cdf(x)) ** 2, low, high, points)


def squared_wasserstein_2(p, q, low, high, points):
    def f(t):  # u = 1/(1 + exp(-t))
        u = 1 / (1 + np.exp(-t))
        gap = (p.ppf(u) - q.ppf(u)) if t < 0 else (p.isf(1 / (1 + np.exp(t))) - q.isf(1 / (1 + np.exp(t))))
        return gap ** 2 * np.exp(-abs(t)) / (1 + np.exp(-abs(t))) ** 2
    return integral(f, -60, 60, [-20, -5, 0, 5, 20])


DIVERGENCES = {
    "forward_kl": lambda p, q, *a: relative_entropy(p, q, *a),
    "reverse_kl": lambda p, q, *a: relative_entropy(q, p, *a),
    "jensen_shannon": jensen_shannon,
    "hellinger": squared_hellinger,
    "energy": energy,
    "wasserstein_2": squared_wasserstein_2,
}

# family: names of its parameters, scipy's member from unconstrained numbers, the parameters from those numbers, and where to start
FAMILIES = {
    "laplace": (["location", "scale"], lambda u: stats.laplace(u[0], np.exp(u[1])), lambda u: [u[0], np.exp(u[1])], [0.5, 0.3]),
    "cauchy": (["location", "scale"], lambda u: stats.cauchy(u[0], np.exp(u[1])), lambda u: [u[0], np.exp(u[1])], [0.5, 0.3]),
    "logistic": (["location", "scale"], lambda u: stats.logistic(u[0], np.exp(u[1])), lambda u: [u[0], np.exp(u[1])], [0.5, 0.3]),
    "gumbel": (["location", "scale"], lambda u: stats.gumbel_r(u[0], np.exp(u[1])), lambda u: [u[0], np.exp(u[1])], [0.5, 0.3]),
    "weibull": (["shape", "scale"], lambda u: stats.weibull_min(np.exp(u[0]), scale=np.exp(u[1])), lambda u: list(np.exp(u)), [0.3, 0.3]),
    "gamma": (["shape", "rate"], lambda u: stats.gamma(np.exp(u[0]), scale=np.exp(-u[1])), lambda u: list(np.exp(u)), [0.3, 0.3]),
    "kumaraswamy": (["a", "b"], None, lambda u: list(np.exp(u)), [0.5, 0.5]),
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
    "normal(mean = 1, stddev = 2)": (stats.norm(1, 2), -INF, INF, [-9, -3, 1, 5, 11]),
    "gumbel(location = 0.5, scale = 1.5)": (stats.gumbel_r(0.5, 1.5), -INF, INF, [-4, 0, 0.5, 3, 12]),
    "gamma(shape = 3, rate = 2)": (stats.gamma(3, scale=0.5), 0, INF, [0.2, 1, 3, 8]),
    "log_normal(log_mean = 0.2, log_stddev = 0.5)": (stats.lognorm(0.5, scale=np.exp(0.2)), 0, INF, [0.2, 1, 3, 8]),
    "beta(alpha = 3, beta = 2)": (stats.beta(3, 2), 0, 1, [0.5]),
}

CASES = [
    ("normal(mean = 1, stddev = 2)", "cauchy", "forward_kl"),
    ("normal(mean = 1, stddev = 2)", "cauchy", "jensen_shannon"),
    ("normal(mean = 1, stddev = 2)", "cauchy", "hellinger"),
    ("normal(mean = 1, stddev = 2)", "cauchy", "energy"),
    ("normal(mean = 1, stddev = 2)", "laplace", "reverse_kl"),
    ("normal(mean = 1, stddev = 2)", "laplace", "wasserstein_2"),
    ("gumbel(location = 0.5, scale = 1.5)", "logistic", "forward_kl"),
    ("gumbel(location = 0.5, scale = 1.5)", "logistic", "jensen_shannon"),
    ("gumbel(location = 0.5, scale = 1.5)", "laplace", "forward_kl"),
    ("gamma(shape = 3, rate = 2)", "weibull", "forward_kl"),
    ("gamma(shape = 3, rate = 2)", "weibull", "reverse_kl"),
    ("gamma(shape = 3, rate = 2)", "weibull", "energy"),
    ("gamma(shape = 3, rate = 2)", "gumbel", "forward_kl"),
    ("log_normal(log_mean = 0.2, log_stddev = 0.5)", "gamma", "reverse_kl"),
    ("log_normal(log_mean = 0.2, log_stddev = 0.5)", "gamma", "jensen_shannon"),
    ("beta(alpha = 3, beta = 2)", "kumaraswamy", "forward_kl"),
    ("beta(alpha = 3, beta = 2)", "kumaraswamy", "reverse_kl"),
]


def solve(target, family, divergence):
    p, low, high, points = TARGETS[target]
    names, member, parameters, start = FAMILIES[family]

    def objective(u):
        value = DIVERGENCES[divergence](p, member(u), low, high, points)
        return value if np.isfinite(value) else 1e10
    rough = optimize.minimize(objective, start, method="Nelder-Mead", options=dict(xatol=1e-7, fatol=1e-14, maxiter=2000))
    fine = optimize.minimize(objective, rough.x, method="BFGS", options=dict(gtol=1e-9, eps=1e-5))
    best = fine if fine.fun <= rough.fun else rough
    return dict(target=target, family=family, divergence=divergence, value=best.fun,
                parameters=dict(zip(names, map(float, parameters(best.x)))))


if __name__ == "__main__":
    rows = [solve(*case) for case in CASES]
    path = pathlib.Path(__file__).with_name("projections.json")
    path.write_text(json.dumps(rows, indent=1) + "\n")
