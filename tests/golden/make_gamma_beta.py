#!/usr/bin/env python3
"""Golden values of the families of plugins/gamma, plugins/beta, plugins/inverse_gaussian and of the images of normals, by mpmath with
60 digits from the textbook formulas, entropies and moments without a formula by quadrature.

Writes gamma_beta.json: {members: [...], kl: [...]}, read by tests/support/family_golden.hpp. Arguments are exact doubles. `tolerance` of a
divergence is 1e-13 |value| + 8 eps sum |theta_i dD/dtheta_i|.
"""
import json
import os

from mpmath import (betainc, diff, e1, erfc, exp, expm1, gammainc, inf, log, log1p, loggamma, mp, mpf, pi, psi, quad, sqrt)

mp.dps = 60
EPS = mpf(2) ** -52
log_beta = lambda a, b: loggamma(a) + loggamma(b) - loggamma(a + b)
upper_normal = lambda z: erfc(z / sqrt(mpf(2))) / 2


def gamma(a, b):
    power = lambda c: exp(loggamma(a + c) - loggamma(a) - c * log(b)) if a + c > 0 else inf
    mean_log = psi(0, a) - log(b)
    return {"density": lambda x: a * log(b) - loggamma(a) + (a - 1) * log(x) - b * x,
            "tail": lambda x: gammainc(a, b * x, regularized=True), "body": lambda x: gammainc(a, 0, b * x, regularized=True),
            "entropy": a - log(b) + loggamma(a) + (1 - a) * psi(0, a), "power": power, "log_x": mean_log,
            "log2_x": mean_log**2 + psi(1, a)}


def image(y, power, jacobian=None):  # x = y^power
    k = mpf(power)
    inner = lambda x: x ** (1 / k)
    flip = k < 0
    return {"density": lambda x: y["density"](inner(x)) + log(inner(x) / x / abs(k)),
            "tail": lambda x: y["body" if flip else "tail"](inner(x)), "body": lambda x: y["tail" if flip else "body"](inner(x)),
            "entropy": y["entropy"] + log(abs(k)) + (k - 1) * y["log_x"], "power": lambda c: y["power"](k * c),
            "log_x": k * y["log_x"], "log2_x": k**2 * y["log2_x"]}


def beta_body(a, b, x):
    if a + b < 1000:
        return betainc(a, b, 0, x, regularized=True)
    # The series converge slowly: the integral over v = log(x/y), on the scale of the peak and of its tail.
    density = lambda v: exp(a * (log(x) - v) + (b - 1) * log1p(-x * exp(-v)) - log_beta(a, b))
    return quad(density, [mpf(k) / 4 / sqrt(a) for k in range(120)] + [mpf(100) / sqrt(a), 300])


def beta(a, b):
    s = a + b
    low, high = psi(0, a) - psi(0, s), psi(0, b) - psi(0, s)
    return {"density": lambda x: (a - 1) * log(x) + (b - 1) * log1p(-x) - log_beta(a, b),
            "tail": lambda x: 1 - beta_body(a, b, x), "body": lambda x: beta_body(a, b, x),
            "entropy": log_beta(a, b) - (a - 1) * psi(0, a) - (b - 1) * psi(0, b) + (s - 2) * psi(0, s),
            "power": lambda c: exp(log_beta(a + c, b) - log_beta(a, b)) if a + c > 0 else inf,
            "log_x": low, "log_1mx": high, "log2_x": low**2 + psi(1, a) - psi(1, s)}


def ratio(a, b, k):  # k Y/(1 - Y)
    y = beta(a, b)
    mean_log = psi(0, a) - psi(0, b) + log(k)
    return {"density": lambda x: (a - 1) * log(x / k) - (a + b) * log1p(x / k) - log_beta(a, b) - log(k),
            "tail": lambda x: y["tail"](x / (x + k)), "body": lambda x: y["body"](x / (x + k)),
            "entropy": y["entropy"] - 2 * y["log_1mx"] + log(k),
            "power": lambda c: k**c * exp(log_beta(a + c, b - c) - log_beta(a, b)) if a + c > 0 and b > c else inf,
            "log_x": mean_log, "log2_x": mean_log**2 + psi(1, a) + psi(1, b)}


def kumaraswamy(a, b):
    harmonic = psi(0, b + 1) - psi(0, mpf(1))
    mean_log = -harmonic / a
    return {"density": lambda x: log(a * b) + (a - 1) * log(x) + (b - 1) * log1p(-x**a), "tail": lambda x: (1 - x**a) ** b,
            "body": lambda x: -expm1(b * log1p(-x**a)), "entropy": 1 - 1 / b + (1 - 1 / a) * harmonic - log(a * b),
            "power": lambda c: b * exp(log_beta(1 + c / a, b)), "log_x": mean_log,
            "log2_x": mean_log**2 + (psi(1, mpf(1)) - psi(1, b + 1)) / a**2}


def continuous_bernoulli(p):
    eta = log(p / (1 - p)) if p != mpf("0.5") else mpf(10) ** -40
    partition = lambda t: log(expm1(t) / t)
    mean = diff(partition, eta, h=mpf(10) ** -22) if abs(eta) < 1e-3 else 1 + 1 / expm1(eta) - 1 / eta
    integral = lambda f: quad(lambda x: f(x) * exp(eta * x), [0, mpf("0.01"), mpf("0.1"), 1]) / (expm1(eta) / eta)
    return {"density": lambda x: eta * x - partition(eta), "tail": lambda x: (exp(eta) - exp(eta * x)) / expm1(eta),
            "body": lambda x: expm1(eta * x) / expm1(eta), "entropy": partition(eta) - eta * mean,
            "power": lambda c: integral(lambda x: x**c), "log_x": integral(log), "log_1mx": integral(lambda x: log1p(-x))}


def log_normal(m, s):
    return {"density": lambda x: -((log(x) - m) / s) ** 2 / 2 - log(x * s) - log(2 * pi) / 2,
            "tail": lambda x: upper_normal((log(x) - m) / s), "body": lambda x: upper_normal((m - log(x)) / s),
            "entropy": m + log(s) + log(2 * pi) / 2 + mpf(1) / 2, "power": lambda c: exp(c * m + (c * s) ** 2 / 2), "log_x": m,
            "log2_x": m**2 + s**2}


def logit_normal(m, s):
    logit = lambda x: log(x) - log1p(-x)
    integral = lambda f: quad(lambda z: f(m + s * z) * exp(-z * z / 2), list(range(-16, 17, 2))) / sqrt(2 * pi)
    low, high = integral(lambda y: -log1p(exp(-y))), integral(lambda y: -log1p(exp(y)))
    return {"density": lambda x: -((logit(x) - m) / s) ** 2 / 2 - log(x * (1 - x) * s) - log(2 * pi) / 2,
            "tail": lambda x: upper_normal((logit(x) - m) / s), "body": lambda x: upper_normal((m - logit(x)) / s),
            "entropy": log(s) + log(2 * pi) / 2 + mpf(1) / 2 + low + high, "power": lambda c: integral(lambda y: (1 + exp(-y)) ** -c),
            "log_x": low, "log_1mx": high}


def inverse_gaussian(m, s):
    mean_log = log(m) - exp(2 * s / m) * e1(2 * s / m)
    a, b = (lambda x: sqrt(s / x) * (x / m - 1)), (lambda x: sqrt(s / x) * (x / m + 1))
    moments = {1: m, 2: m**2 + m**3 / s, -1: 1 / m + 1 / s, -2: 1 / m**2 + 3 / (m * s) + 3 / s**2}
    return {"density": lambda x: log(s / (2 * pi * x**3)) / 2 - s * (x - m) ** 2 / (2 * m**2 * x),
            "tail": lambda x: upper_normal(a(x)) - exp(2 * s / m) * upper_normal(b(x)),
            "body": lambda x: upper_normal(-a(x)) + exp(2 * s / m) * upper_normal(b(x)),
            "entropy": (log(2 * pi / s) + 1 + 3 * mean_log) / 2, "power": moments.__getitem__, "log_x": mean_log}


FAMILIES = {
    "gamma": (("shape", "rate"), gamma), "inverse_gamma": (("shape", "scale"), lambda a, b: image(gamma(a, b), -1)),
    "exponential": (("rate",), lambda b: gamma(mpf(1), b)), "chi_squared": (("degrees_of_freedom",), lambda n: gamma(n / 2, mpf(1) / 2)),
    "chi": (("degrees_of_freedom",), lambda n: image(gamma(n / 2, mpf(1) / 2), 0.5)),
    "root_inverse_gamma": (("shape", "scale"), lambda a, b: image(gamma(a, b), -0.5)),
    "nakagami": (("shape", "spread"), lambda a, w: image(gamma(a, a / w), 0.5)), "beta": (("alpha", "beta"), beta),
    "beta_prime": (("alpha", "beta"), lambda a, b: ratio(a, b, mpf(1))), "fisher_f": (("d1", "d2"), lambda a, b: ratio(a / 2, b / 2, b / a)),
    "kumaraswamy": (("a", "b"), kumaraswamy), "continuous_bernoulli": (("probability",), continuous_bernoulli),
    "log_normal": (("log_mean", "log_stddev"), log_normal), "logit_normal": (("logit_mean", "logit_stddev"), logit_normal),
    "inverse_gaussian": (("mean", "shape"), inverse_gaussian)}
POWERS = {"x": 1, "x2": 2, "1/x": -1, "1/x2": -2, "sqrt_x": 0.5}
MEMBERS = [
    ("gamma", (1e-3, 1.0), (1e-300, 1e-3, 2.0), POWERS), ("gamma", (3.5, 0.1), (0.01, 30.0, 200.0), POWERS),
    ("gamma", (1e6, 2.0), (4.9e5, 5e5, 5.02e5), POWERS), ("inverse_gamma", (2.5, 3.0), (0.02, 1.0, 1e4), POWERS),
    ("inverse_gamma", (1e5, 1e5), (0.98, 1.0, 1.01), POWERS), ("exponential", (2.0,), (1e-10, 0.7, 50.0), POWERS),
    ("chi_squared", (0.01,), (1e-100, 0.5, 9.0), POWERS), ("chi_squared", (7.0,), (0.01, 6.0, 100.0), POWERS),
    ("chi", (3.0,), (0.01, 1.5, 9.0), POWERS), ("chi", (1e4,), (97.0, 100.0, 102.0), POWERS),
    ("root_inverse_gamma", (2.5, 3.0), (0.3, 1.0, 1e4), POWERS), ("root_inverse_gamma", (0.75, 1e-3), (1e-3, 0.05, 1e6), POWERS),
    ("root_inverse_gamma", (1e5, 1e5), (0.995, 1.0, 1.005), POWERS),
    ("nakagami", (0.6, 2.0), (1e-5, 1.0, 6.0), POWERS), ("beta", (0.01, 0.01), (1e-200, 0.3, 0.75), POWERS),
    ("beta", (2.0, 3.0), (1e-3, 0.4, 0.96875), POWERS), ("beta", (1e5, 2e5), (0.33, 0.3125, 0.34), POWERS),
    ("beta", (1e6, 1e-3), (0.5, 0.9999, 0.9999990463256836), POWERS), ("beta_prime", (2.0, 3.5), (1e-3, 0.7, 50.0), POWERS),
    ("beta_prime", (0.3, 0.2), (1e-30, 1.0, 1e30), POWERS), ("fisher_f", (3.0, 7.0), (1e-3, 1.0, 40.0), POWERS),
    ("kumaraswamy", (0.5, 3.0), (1e-10, 0.2, 0.875), ("x", "x2")), ("kumaraswamy", (5.0, 0.3), (0.01, 0.5, 0.9990234375), ("x", "x2")),
    ("continuous_bernoulli", (0.3,), (0.0625, 0.5, 0.9375), ("x", "x2")), ("continuous_bernoulli", (0.5,), (0.0625, 0.5, 0.9375), ("x", "x2")),
    ("continuous_bernoulli", (1e-9,), (0.001953125, 0.25, 0.9375), ("x", "x2")), ("continuous_bernoulli", (0.984375,), (0.0625, 0.5, 0.9375), ("x", "x2")),
    ("log_normal", (-1.0, 2.0), (1e-5, 0.5, 1e3), POWERS), ("log_normal", (3.0, 1e-3), (20.0, 20.0625, 20.125), POWERS),
    ("logit_normal", (0.3, 1.4), (1e-3, 0.5, 0.96875), ("x", "x2")), ("logit_normal", (-2.0, 9.0), (1e-20, 0.25, 0.96875), ("x", "x2")),
    ("inverse_gaussian", (1.3, 0.7), (0.01, 1.0, 20.0), ("x", "x2", "1/x", "1/x2")),
    ("inverse_gaussian", (1.0, 1e4), (0.96875, 1.0, 1.03125), ("x", "x2", "1/x", "1/x2")),
    ("inverse_gaussian", (1.0, 1e-4), (1e-6, 1.0, 1e4), ("x", "x2", "1/x", "1/x2"))]


def number(v):
    return "inf" if v == inf else float(v)


members = []
for name, values, points, powers in MEMBERS:
    names, make = FAMILIES[name]
    m = make(*[mpf(v) for v in values])
    moments = {label: number(m["power"](mpf(POWERS[label]))) for label in powers}
    moments |= {label: number(m[label]) for label in ("log_x", "log2_x", "log_1mx") if label in m}
    at = [[x, float(m["density"](mpf(x))), float(m["body"](mpf(x))), float(m["tail"](mpf(x)))] for x in points]
    members.append({"family": name, "arguments": dict(zip(names, values)), "points": at, "moments": moments, "entropy": float(m["entropy"])})


def phi(r):
    return r - 1 - log(r)


def normal_kl(m, s, n, t):
    return ((m - n) / t) ** 2 / 2 + phi((s / t) ** 2) / 2


def gamma_kl(a, b, c, d):
    return c * log(b / d) + loggamma(c) - loggamma(a) + (a - c) * psi(0, a) + a * (d - b) / b


def continuous_bernoulli_kl(p, q):
    a, b = log(p / (1 - p)), log(q / (1 - q))
    partition = lambda t: log(expm1(t) / t)
    return partition(b) - partition(a) - (b - a) * (1 + 1 / expm1(a) - 1 / a)


KL = {"continuous_bernoulli": continuous_bernoulli_kl, "exponential": lambda a, b: phi(b / a), "log_normal": normal_kl, "logit_normal": normal_kl,
      "inverse_gaussian": lambda m, s, n, t: t * (m - n) ** 2 / (2 * n**2 * m) + phi(t / s) / 2,
      "chi_squared": lambda n, m: gamma_kl(n / 2, mpf(1) / 2, m / 2, mpf(1) / 2),
      "chi": lambda n, m: gamma_kl(n / 2, mpf(1) / 2, m / 2, mpf(1) / 2),
      "root_inverse_gamma": gamma_kl, "nakagami": lambda a, w, c, v: gamma_kl(a, a / w, c, c / v)}
PAIRS = [("continuous_bernoulli", (0.3,), (0.3 + 3e-9,)), ("continuous_bernoulli", (0.5 + 1e-9,), (0.4,)), ("continuous_bernoulli", (0.01,), (0.99,)),
         ("continuous_bernoulli", (1e-30,), (1e-12,)), ("continuous_bernoulli", (1e-200,), (0.75,)), ("continuous_bernoulli", (0.999,), (0.9990001,)),
         ("exponential", (1e-12,), (1e12,)), ("exponential", (1.0,), (1 + 1e-8,)), ("exponential", (3.0,), (2.0,)),
         ("log_normal", (0.0, 1.0), (1e-8, 1.0)), ("log_normal", (0.0, 1e-12), (3.0, 1e12)), ("logit_normal", (1.0, 2.0), (-1.0, 0.5)),
         ("inverse_gaussian", (1.0, 2.0), (1 + 1e-8, 2.0)), ("inverse_gaussian", (1e-6, 1e6), (3.0, 0.1)), ("inverse_gaussian", (2.0, 3.0), (2.5, 1.0)),
         ("chi_squared", (1e-3,), (50.0,)), ("chi_squared", (1e6,), (1e6 + 1,)), ("chi", (3.0,), (4.0,)), ("chi", (3.0,), (3 + 3e-8,)),
         ("root_inverse_gamma", (0.6, 2.0), (3.0, 1.0)), ("root_inverse_gamma", (50.0, 2.0), (50.0, 2.0000002)),
         ("nakagami", (0.6, 2.0), (3.0, 1.0)), ("nakagami", (50.0, 2.0), (50.0, 2.0000002))]
divergences = []
for name, p, q in PAIRS:
    numbers = [mpf(v) for v in (*p, *q)]
    value = KL[name](*numbers)
    slopes = [diff(KL[name], tuple(numbers), tuple(int(i == k) for k in range(len(numbers)))) for i in range(len(numbers))]
    tolerance = mpf(10) ** -13 * abs(value) + 8 * EPS * sum(abs(x * s) for x, s in zip(numbers, slopes))
    names = FAMILIES[name][0]
    divergences.append({"p": [name, dict(zip(names, p))], "q": [name, dict(zip(names, q))], "value": float(value), "tolerance": float(tolerance)})

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "gamma_beta.json"), "w") as out:
    lines = lambda rows: ",\n".join(json.dumps(row) for row in rows)
    out.write('{"members": [\n' + lines(members) + '\n],\n"kl": [\n' + lines(divergences) + "\n]}\n")
