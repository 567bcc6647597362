#!/usr/bin/env python3
"""Golden values of the divergences of which divergence_values.json has few, by mpmath with 50 digits: transport, energy, kernel, Fisher and Chernoff.

Writes distance_values.json with the columns of divergence_values.json. Formulas from the literature where there are any, else quadrature; the Chernoff
information is the largest Jensen gap of the log-partition, by its derivative.
"""
import json
import os
from mpmath import acosh, asin, atanh, diff, erf, exp, fabs, log, mp, mpf, pi, quad, sqrt, tanh

mp.dps = 50
rows = []


def text(name, **numbers):
    return f"{name}({', '.join(f'{k} = {float(v)!r}' for k, v in numbers.items())})"


def add(divergence, p, q, value, condition=0):
    rows.append({"divergence": divergence, "p": p, "q": q, "value": float(value), "condition": float(condition)})


def normal(m, s):
    return text("normal", mean=m, stddev=s)


def mean_abs(m, s):
    """E |X| of a normal"""
    return s * sqrt(2 / pi) * exp(-m * m / (2 * s * s)) + m * erf(m / (s * sqrt(2)))


NORMALS = [((0, 1), (1, 2)), ((0, 1), (0.5, 1)), ((-3, 0.5), (4, 0.25)), ((0, 1), (0, 1.5)), ((2, 1e3), (-1, 1)), ((0, 1e-3), (1e-3, 2e-3)), ((0, 1), (30, 1)),
           ((0, 1), (2.0 ** -20, 1)), ((1e4, 1), (1e4 + 1, 1.5)), ((0, 1e-6), (0, 1e6))]
for p, q in NORMALS:
    (m1, s1), (m2, s2) = [tuple(mpf(x) for x in side) for side in (p, q)]
    a, b = normal(*p), normal(*q)
    d = m1 - m2
    size = fabs(m1) + fabs(m2) + s1 + s2
    w2 = sqrt(d * d + (s1 - s2) ** 2)
    add("wasserstein_2", a, b, w2, size)
    add("fisher_divergence", a, b, s1**2 * (1 / s2**2 - 1 / s1**2) ** 2 + (d / s2**2) ** 2,
        8 * (size + fabs(d)) * (1 / s1**2 + s1**2 / s2**4 + fabs(d) / s2**4))
    rao = sqrt(mpf(2)) * acosh(1 + (d * d / 2 + (s1 - s2) ** 2) / (2 * s1 * s2))
    add("fisher_rao", a, b, rao, 4 * (1 + size / min(s1, s2)))
    def gap(w):
        eta = [w * m1 / s1**2 + (1 - w) * m2 / s2**2, -w / (2 * s1**2) - (1 - w) / (2 * s2**2)]
        partition = lambda x, y: -x * x / (4 * y) - log(-2 * y) / 2
        return w * partition(m1 / s1**2, -1 / (2 * s1**2)) + (1 - w) * partition(m2 / s2**2, -1 / (2 * s2**2)) - partition(*eta)
    low, high = mpf(0), mpf(1)
    for _ in range(200):  # the gap is concave
        middle = (low + high) / 2
        low, high = (middle, high) if diff(gap, middle) > 0 else (low, middle)
    add("chernoff", a, b, gap(low), 8 * (1 + size / min(s1, s2)) * max(1, gap(low)))
    if s1 / s2 < 100 and s2 / s1 < 100:
        h = mpf(1)
        k = lambda m, v: h / sqrt(h * h + v) * exp(-m * m / (2 * (h * h + v)))
        if max(s1, s2) > mpf("0.1") and fabs(d) < 20 and (fabs(d) > 0.01 or s1 != s2):
            add("mmd(1)", a, b, sqrt(k(0, 2 * s1**2) + k(0, 2 * s2**2) - 2 * k(d, s1**2 + s2**2)))
        add("energy", a, b, 2 * mean_abs(d, sqrt(s1**2 + s2**2)) - mean_abs(mpf(0), sqrt(mpf(2)) * s1) - mean_abs(mpf(0), sqrt(mpf(2)) * s2), 16 * size)

for x, y in [(2, 3), (1e-6, 1e6), (1, 1 + 2.0 ** -20), (0.5, 40)]:
    a, b = mpf(x), mpf(y)
    add("fisher_rao", text("exponential", rate=x), text("exponential", rate=y), fabs(log(a / b)), 4)
    add("fisher_rao", text("poisson", rate=x), text("poisson", rate=y), 2 * fabs(sqrt(a) - sqrt(b)), 2 * (sqrt(a) + sqrt(b)))
    if fabs(a - b) > 0.01:  # nearly equal ones lose digits in log p - log q, and say so
        add("fisher_divergence", text("exponential", rate=x), text("exponential", rate=y), (a - b) ** 2, 4 * fabs(a - b) * (a + b))
for x, y in [(0.25, 0.5), (1e-6, 0.5), (0.999, 0.001)]:
    a, b = mpf(x), mpf(y)
    add("fisher_rao", text("bernoulli", probability=x), text("bernoulli", probability=y), 2 * fabs(asin(sqrt(a)) - asin(sqrt(b))), 8)
    add("fisher_rao", text("geometric", probability=x), text("geometric", probability=y), 2 * fabs(atanh(sqrt(1 - a)) - atanh(sqrt(1 - b))), 16)

for name, variance in [("laplace", mpf(2)), ("logistic", pi**2 / 3)]:
    for p, q in [((0, 1), (1, 3)), ((2, 0.25), (-1, 4))]:
        (l1, s1), (l2, s2) = [tuple(mpf(x) for x in side) for side in (p, q)]
        add("wasserstein_2", text(name, location=p[0], scale=p[1]), text(name, location=q[0], scale=q[1]), sqrt((l1 - l2) ** 2 + variance * (s1 - s2) ** 2), 16)
for p, q in [((0, 1), (2, 5)), ((-1, 1), (0, 0.5))]:
    (a, b), (c, d) = [tuple(mpf(x) for x in side) for side in (p, q)]
    gap = lambda u: (a - c) + u * ((b - a) - (d - c))
    root = (c - a) / ((b - a) - (d - c))
    ends = [mpf(0)] + ([root] if 0 < root < 1 else []) + [mpf(1)]
    left, right = text("uniform", low=p[0], high=p[1]), text("uniform", low=q[0], high=q[1])
    add("wasserstein_1", left, right, quad(lambda u: fabs(gap(u)), ends), 16)
    add("wasserstein_2", left, right, sqrt(quad(lambda u: gap(u) ** 2, ends)), 16)

ends = [mpf(s) * x for x in (0, 1, 2, 4, 8, 16, 32, 64, 128) for s in (1, -1)]
ends = sorted(set(ends))
for m, s in [(0, 1), (1, 2), (0.5, 0.25)]:  # a logistic against normals
    f = lambda x: exp(-fabs(x)) / (1 + exp(-fabs(x))) ** 2 * (-tanh(x / 2) + (x - mpf(m)) / mpf(s) ** 2) ** 2
    add("fisher_divergence", text("logistic", location=0, scale=1), normal(m, s), quad(f, ends))

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "distance_values.json"), "w") as out:
    out.write("[\n " + ",\n ".join(json.dumps(row) for row in rows) + "\n]\n")
print(len(rows))
