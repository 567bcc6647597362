#!/usr/bin/env python3
"""Golden values of the families of plugins/half_line, by mpmath: members by quadrature in log x, divergences by their textbook forms with 60
digits, each of which is compared with a quadrature first.

Writes half_line.json: {members: [...], kl: [...]}, read by tests/support/family_golden.hpp. Arguments are exact doubles. `tolerance` of a
divergence is 1e-13 |value| + 8 eps sum |theta_i dD/dtheta_i|.
"""
import json
import os
from mpmath import mp, mpf, atan, beta, coth, cosh, diff, erf, erfc, euler, exp, expm1, gamma, gammainc, inf, linspace, log, log1p, loggamma, pi, quad, sqrt

EPS = mpf(2) ** -52


def half_t(x, nu, s):
    return log(2) - log(s) - log(sqrt(nu) * beta(nu / 2, mpf(1) / 2)) - (nu + 1) / 2 * log1p((x / s) ** 2 / nu)


def weibull(x, k, s):
    return log(k / s) + (k - 1) * log(x / s) - (x / s) ** k


def frechet(x, k, s):
    return log(k / s) - (k + 1) * log(x / s) - (x / s) ** -k


def log_logistic(x, s, k):
    return log(k / s) + (k - 1) * log(x / s) - 2 * log1p((x / s) ** k)


def folded(x, m, s):
    return log(exp(-((x - m) / s) ** 2 / 2) + exp(-((x + m) / s) ** 2 / 2)) - log(s * sqrt(2 * pi))


# family: names, log density, logarithms of x between which the mass lies for the arguments below
families = {
    "half_normal": (["scale"], lambda x, s: log(sqrt(2 / pi) / s) - (x / s) ** 2 / 2),
    "rayleigh": (["scale"], lambda x, s: log(x / s ** 2) - (x / s) ** 2 / 2),
    "maxwell": (["scale"], lambda x, s: log(sqrt(2 / pi) * x ** 2 / s ** 3) - (x / s) ** 2 / 2),
    "levy": (["scale"], lambda x, c: log(c / (2 * pi)) / 2 - 3 * log(x) / 2 - c / (2 * x)),
    "half_cauchy": (["scale"], lambda x, s: log(2 / (pi * s)) - log1p((x / s) ** 2)),
    "half_student_t": (["degrees_of_freedom", "scale"], half_t),
    "folded_normal": (["mean", "stddev"], folded),
    "weibull": (["shape", "scale"], weibull),
    "frechet": (["shape", "scale"], frechet),
    "log_logistic": (["scale", "shape"], log_logistic),
    "log_laplace": (["log_location", "log_scale"], lambda x, m, b: -abs(log(x) - m) / b - log(2 * b * x)),
    "gompertz": (["rate", "shape"], lambda x, b, k: log(b * k) + b * x - k * expm1(b * x)),
    "lomax": (["scale", "shape"], lambda x, s, a: log(a / s) - (a + 1) * log1p(x / s)),
    "lindley": (["rate"], lambda x, r: 2 * log(r) - log1p(r) + log1p(x) - r * x),
    "burr12": (["c", "d"], lambda x, c, d: log(c * d) + (c - 1) * log(x) - (d + 1) * log1p(x ** c)),
}
statistics = {"x": lambda x: x, "x2": lambda x: x * x, "log_x": log, "log2_x": lambda x: log(x) ** 2, "1/x": lambda x: 1 / x,
              "sqrt_x": sqrt, "x3": lambda x: x ** 3, "x4": lambda x: x ** 4, "log_1px2": lambda x: log1p(x * x),
              "log_1px": log1p}


def doubles(t):
    return [mpf(float(x)) for x in t]


def arguments(family, t):
    return dict(zip(families[family][0], [float(x) for x in t]))


def integral(f, a, b, kinks=()):
    """Of f(x) over x from e^a to e^b, in log x, panel by panel."""
    ends = sorted({*linspace(mpf(a), mpf(b), 200), *[k for k in kinks if a < k < b]})
    return quad(lambda t: f(exp(t)) * exp(t), ends, method="gauss-legendre", maxdegree=4)


def member(family, t, points, labels, low=-100, high=100):
    mp.dps = 25
    t = doubles(t)
    f = lambda x: families[family][1](x, *t)
    kinks = [t[0]] if family == "log_laplace" else []
    density = lambda x: exp(f(x))
    total = integral(density, low, high, kinks)
    assert abs(total - 1) < mpf(10) ** -17, (family, t, total - 1)
    out = {"family": family, "arguments": arguments(family, t), "points": [], "moments": {}}
    for x in points:
        at = log(mpf(float(x)))
        out["points"].append([float(x), float(f(mpf(float(x)))), float(integral(density, low, at, kinks)), float(integral(density, at, high, kinks))])
    out["entropy"] = float(-integral(lambda x: density(x) * f(x) if density(x) > 0 else 0, low, high, kinks))
    for label in labels:
        out["moments"][label] = float(integral(lambda x: density(x) * statistics[label](x), low, high, kinks))
    return out


def square_excess(a, b):
    return ((a / b) ** 2 - 1) / 2 - log(a / b)


def weibull_kl(k, s, l, r):
    return log(k / s ** k) - log(l / r ** l) + (k - l) * (log(s) - euler / k) + (s / r) ** l * gamma(l / k + 1) - 1


closed = {
    "half_normal": lambda a, b: square_excess(a, b),
    "rayleigh": lambda a, b: 2 * square_excess(a, b),
    "maxwell": lambda a, b: 3 * square_excess(a, b),
    "levy": lambda a, b: (b / a - 1 - log(b / a)) / 2,
    "half_cauchy": lambda a, b: log((a + b) ** 2 / (4 * a * b)),
    "weibull": weibull_kl,
    "frechet": lambda k, s, l, r: weibull_kl(k, 1 / s, l, 1 / r),
    "log_logistic": lambda s, k, r, l: k * log(s / r) * coth(k * log(s / r) / 2) - 2,
    "log_laplace": lambda m, b, n, c: log(c / b) + abs(m - n) / c + b / c * exp(-abs(m - n) / b) - 1,
    "lomax": lambda s, a, r, b: b / a - 1 - log(b / a),
    "burr12": lambda c, a, e, b: b / a - 1 - log(b / a),
}
fixed = {"log_logistic": ("shape",), "lomax": ("scale",), "burr12": ("c",)}


def kl(family, p, q, check=False):
    mp.dps = 60
    p, q = doubles(p), doubles(q)
    names, f = families[family]
    value = closed[family](*p, *q)
    if check:
        mp.dps = 20
        by_quadrature = integral(lambda x: exp(f(x, *p)) * (f(x, *p) - f(x, *q)), -60, 60, [p[0], q[0]])
        assert abs(by_quadrature - value) < mpf(10) ** -9 * (1 + value), (family, p, q, value, by_quadrature)
        mp.dps = 60
    slack = mpf(0)
    for i, x in enumerate([*p, *q]):
        if names[i % len(p)] in fixed.get(family, ()) or x == 0:
            continue
        h = x * mpf(10) ** -20
        up, down = [*p, *q], [*p, *q]
        up[i] += h
        down[i] -= h
        slack += abs(x * (closed[family](*up) - closed[family](*down)) / (2 * h))
    return {"p": [family, arguments(family, p)], "q": [family, arguments(family, q)], "value": float(value),
            "tolerance": float(mpf(10) ** -13 * value + 8 * EPS * slack)}


logs = ["log_x", "log2_x"]
members = [
    member("half_normal", [2.0], [1e-9, 1.0, 12.0], ["x", "x2", "x3", "x4", *logs]),
    member("rayleigh", [0.3], [1e-6, 0.3, 2.0], ["x", "x2", "x3", "1/x", *logs]),
    member("maxwell", [5.0], [1e-3, 5.0, 30.0], ["x", "x2", "1/x", *logs]),
    member("levy", [0.7], [0.02, 1.0, 1e6], ["1/x", *logs]),
    member("half_cauchy", [3.0], [1e-6, 3.0, 1e5], ["sqrt_x", "log_1px2", *logs]),
    member("half_student_t", [4.5, 2.0], [1e-6, 2.0, 1e3], ["x", "x2", *logs]),
    member("half_student_t", [0.7, 0.1], [1e-6, 0.1, 50.0], ["sqrt_x", *logs], high=160),
    member("folded_normal", [1.5, 0.8], [1e-6, 0.4, 1.5, 6.0], ["x", "x2", "x4"]),
    member("folded_normal", [-0.2, 2.0], [1e-6, 0.9, 2.0, 9.0], ["x", "x2", "x4"]),
    member("weibull", [1.7, 3.0], [1e-4, 2.0, 9.0], ["x", "x2", "1/x", *logs]),
    member("weibull", [0.6, 0.01], [1e-9, 0.01, 1.0], ["x", "x2", "x4", *logs], low=-150),
    member("weibull", [40.0, 2.0], [1.5, 2.0, 2.15], ["x", "x2", *logs], low=-3, high=1),
    member("frechet", [3.2, 2.0], [0.8, 2.0, 100.0], ["x", "x2", "1/x", *logs]),
    member("frechet", [0.8, 5.0], [0.2, 5.0, 1e6], ["sqrt_x", *logs], high=150),
    member("log_logistic", [2.0, 3.5], [0.01, 2.0, 100.0], ["x", "x2", "1/x", *logs]),
    member("log_logistic", [0.5, 0.9], [1e-8, 0.5, 1e6], ["sqrt_x", *logs]),
    member("log_laplace", [0.5, 0.3], [0.01, 1.0, 50.0], ["x", "x2", "1/x", *logs]),
    member("gompertz", [2.0, 0.3], [1e-5, 1.0, 1.9], ["x", "x2", "x3"], high=6),
    member("gompertz", [0.1, 12.0], [1e-5, 1.0, 5.0], ["x", "x2"], high=6),
    member("lomax", [2.0, 3.5], [1e-5, 1.0, 1e3], ["x", "x2", *logs]),
    member("lomax", [0.1, 0.8], [1e-5, 1.0, 1e6], ["sqrt_x", *logs], high=150),
    member("burr12", [2.5, 1.7], [0.01, 1.0, 50.0], ["x", "x2", "1/x", *logs]),
    member("lindley", [2.0], [1e-6, 0.7, 15.0], ["x", "x2", "x3", "sqrt_x", "log_1px", *logs]),
    member("lindley", [0.01], [1e-3, 90.0, 2000.0], ["x", "x2", "log_1px", *logs]),
    member("burr12", [0.7, 3.0], [1e-9, 0.3, 1e3], ["x", *logs], low=-160, high=130),
]

near = 1 + 1e-8
divergences = []
for family in ("half_normal", "rayleigh", "maxwell", "levy", "half_cauchy"):
    divergences += [kl(family, [2.0], [3.0], True), kl(family, [2.0], [2.0 * near]), kl(family, [1e-12], [1.0]), kl(family, [1e12], [0.5])]
for family in ("weibull", "frechet"):
    divergences += [kl(family, [1.7, 3.0], [2.5, 2.0], True), kl(family, [2.5, 0.5], [0.9, 0.7], True), kl(family, [1.7, 3.0], [1.7 * near, 3.0]),
                    kl(family, [1.7, 3.0], [1.7, 3.0 * near]), kl(family, [1e-3, 1.0], [2e-3, 5.0]), kl(family, [1e6, 2.0], [1.1e6, 2.0]),
                    kl(family, [50.0, 1.0], [0.02, 1e6]), kl(family, [0.5, 1e12], [0.5, 1.0]), kl(family, [0.5, 1.0], [0.5, 1e12])]
divergences += [kl("log_logistic", [2.0, 3.0], [2.5, 3.0], True), kl("log_logistic", [2.0, 3.0], [2.0 * near, 3.0]),
                kl("log_logistic", [1e-12, 2.0], [1.0, 2.0]), kl("log_logistic", [3.0, 0.7], [0.2, 0.7], True),
                kl("log_laplace", [0.5, 0.3], [0.2, 0.4], True), kl("log_laplace", [0.5, 0.3], [0.5 * near, 0.3]),
                kl("log_laplace", [0.5, 0.3], [0.5, 0.3 * near]), kl("log_laplace", [0.0, 1e-12], [1.0, 1.0]),
                kl("lomax", [2.0, 3.0], [2.0, 4.0], True), kl("lomax", [2.0, 3.0], [2.0, 3.0 * near]), kl("burr12", [1.5, 3.0], [1.5, 2.0], True)]
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "half_line.json")
with open(path, "w") as file:
    file.write('{"members": [\n' + ",\n".join(json.dumps(m) for m in members) + '\n],\n"kl": [\n' +
               ",\n".join(json.dumps(d) for d in divergences) + "\n]}\n")
