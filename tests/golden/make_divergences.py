#!/usr/bin/env python3
"""Golden values of KL(p || q) for one-dimensional pairs, by mpmath with 50 digits: closed forms where there are any, otherwise
quadrature over many pieces with a check against half as many.

Writes divergences.json: [{"p": [family, parameters...], "q": [...], "kl": value or "inf"}]; the parameters are exact doubles.
"""
import json
import os
from mpmath import mp, mpf, beta, digamma, exp, inf, log, loggamma, pi, quad, sqrt

mp.dps = 50
half = mpf(1) / 2

# family: (log density, entropy, moments by name); parameters as in the tests' families
log_pdf = {
    "normal": lambda x, m, s: -((x - m) / s) ** 2 / 2 - log(s) - log(2 * pi) / 2,
    "cauchy": lambda x, m, s: -log(pi * s) - log(1 + ((x - m) / s) ** 2),
    "student_t": lambda x, n, m, s: loggamma((n + 1) / 2) - loggamma(n / 2) - log(n * pi) / 2 - log(s)
    - (n + 1) / 2 * log(1 + ((x - m) / s) ** 2 / n),
    "two_normals": lambda x, m, s: log(exp(-((x - m) / s) ** 2 / 2) + exp(-((x + m) / s) ** 2 / 2)) - log(2 * s) - log(2 * pi) / 2,
}


def by_quad(p, q, pieces):
    a = [mpf(v) for v in p[1:]]
    b = [mpf(v) for v in q[1:]]

    def f(x):
        lp = log_pdf[p[0]](x, *a)
        return exp(lp) * (lp - log_pdf[q[0]](x, *b)) if lp > -1e4 else mpf(0)

    value = quad(f, pieces)
    finer = sorted(set(pieces) | {(u + v) / 2 for u, v in zip(pieces, pieces[1:]) if abs(u) != inf and abs(v) != inf})
    again = quad(f, finer)
    assert abs(again - value) <= mpf(10) ** -25 * abs(value), (p, q, value, again)
    return again


def around(center, scale, reach=(0, half, 1, 2, 3, 4, 6, 8, 10, 13, 16, 20, 25, 30)):
    return sorted({mpf(center) + s * mpf(r) * mpf(scale) for r in reach for s in (1, -1)})


def log_beta(a, b):
    return log(beta(a, b))


def kl_normal(m, s, n, t):
    return log(t / s) + (s * s + (m - n) ** 2) / (2 * t * t) - half


def entropy_gamma(a, b):
    return a - log(b) + loggamma(a) + (1 - a) * digamma(a)


def entropy_beta(a, b):
    return log_beta(a, b) - (a - 1) * digamma(a) - (b - 1) * digamma(b) + (a + b - 2) * digamma(a + b)


def entropy_t(n, s):
    return (n + 1) / 2 * (digamma((n + 1) / 2) - digamma(n / 2)) + log(sqrt(n) * beta(n / 2, half)) + log(s)


def against_normal(h, mean, second, n, t):
    return -h + log(t) + log(2 * pi) / 2 + (second - 2 * n * mean + n * n) / (2 * t * t)


def against_gamma(h, mean, mean_log, a, b):
    return -h - a * log(b) + loggamma(a) - (a - 1) * mean_log + b * mean


rows = []


def add(p, q, value, slack=1e-10):
    """slack: the relative accuracy to ask for, 1e-10 unless rounding of the arguments forbids it."""
    rows.append({"p": p, "q": q, "kl": "inf" if value == inf else float(value), "slack": slack})


def m(*values):
    return [mpf(v) for v in values]


# The table of pairs on which general quadrature codes fail silently.
for s in (1.0, 1e-4, 1e-8):
    p, q = ["normal", 0.0, s], ["cauchy", 0.0, 1.0]
    add(p, q, by_quad(p, q, around(0, s)))
add(["normal", 1e4, 1.0], ["normal", 0.0, 1e4], kl_normal(*m(1e4, 1, 0, 1e4)))
add(["normal", 50.0, 1.0], ["normal", 0.0, 50.0], kl_normal(*m(50, 1, 0, 50)))
p, q = ["two_normals", 50.0, 1.0], ["normal", 0.0, 50.0]
add(p, q, by_quad(p, q, sorted(set(around(50, 1) + around(-50, 1) + [mpf(0)]))))
add(["student_t", 1.5, 0.0, 1.0], ["normal", 0.0, 1.0], inf)
add(["cauchy", 0.0, 1.0], ["normal", 0.0, 1.0], inf)
add(["laplace", 0.0, 1.0], ["normal", 0.0, 1.0], against_normal(1 + log(mpf(2)), mpf(0), mpf(2), mpf(0), mpf(1)))
for a in (0.01, 0.5):
    add(["beta", a, a], ["uniform", 0.0, 1.0], -entropy_beta(mpf(a), mpf(a)))
add(["log_normal", 0.0, 3.0], ["gamma", 2.0, 1.0],
    against_gamma(log(mpf(3)) + half + log(2 * pi) / 2, exp(mpf(9) / 2), mpf(0), mpf(2), mpf(1)))
add(["gamma", 1e6, 1.0], ["normal", 1e6, 1e3],
    against_normal(entropy_gamma(mpf(10) ** 6, mpf(1)), mpf(10) ** 6, mpf(10) ** 12 + 10 ** 6, mpf(10) ** 6, mpf(1000)))
a, b = mpf(0.001), mpf(1)
add(["gamma", 0.001, 1.0], ["gamma", 2.0, 3.0], against_gamma(entropy_gamma(a, b), a, digamma(a), mpf(2), mpf(3)))
# (r is about 1e-7, of logarithms with a rounding of eps)
add(["normal", 0.0, 1.0], ["normal", 1e-7, 1.0], kl_normal(*m(0, 1, 1e-7, 1)), slack=1e-8)

# Near-equal pairs (rounding of the logarithms costs eps/|r|, r about 1e-7), extreme ratios, far separation.
add(["normal", 0.0, 1.0], ["normal", 0.0, 1.0000001], kl_normal(*m(0, 1, 0, 1.0000001)), slack=1e-8)
add(["normal", 0.0, 1e-100], ["normal", 0.0, 1e100], kl_normal(*m(0, 1e-100, 0, 1e100)))
add(["normal", 0.0, 1.0], ["normal", 1000.0, 1.0], kl_normal(*m(0, 1, 1000, 1)))
add(["normal", 0.0, 1.0], ["normal", 0.0, 1e-3], kl_normal(*m(0, 1, 0, 1e-3)))
# x is rounded to 1.5e-8 standard deviations here: the slack is what that is worth in the integrand
add(["normal", 1e8, 1.0], ["normal", 1e8, 2.0], kl_normal(*m(1e8, 1, 1e8, 2)), slack=1e-8)
a, b = mpf(3.0), mpf(3.0000001)
add(["gamma", 3.0, 1.0], ["gamma", 3.0000001, 1.0], (a - b) * digamma(a) - loggamma(a) + loggamma(b), slack=1e-8)
a, b, c = mpf(2), mpf(3), mpf(2.0000001)
add(["beta", 2.0, 3.0], ["beta", 2.0000001, 3.0],
    log_beta(c, b) - log_beta(a, b) + (a - c) * digamma(a) - (a - c) * digamma(a + b), slack=1e-8)

# Heavy tails, slowly decaying integrands, kinks, bounds inside the other's support.
add(["cauchy", 0.0, 1.0], ["cauchy", 1.0, 2.0], log(((mpf(3)) ** 2 + 1) / 8))
for n in (2.5, 3.0, 10.0):
    add(["student_t", n, 0.0, 1.0], ["normal", 0.0, 2.0],
        against_normal(entropy_t(mpf(n), mpf(1)), mpf(0), mpf(n) / (mpf(n) - 2), mpf(0), mpf(2)))
p, q = ["normal", 1.0, 2.0], ["student_t", 3.0, 0.0, 1.0]
add(p, q, by_quad(p, q, around(1, 2)))
p, q = ["normal", 0.0, 1.0], ["two_normals", 4.0, 1.0]
add(p, q, by_quad(p, q, around(0, 1)))
mean_abs = sqrt(2 / pi)
add(["normal", 0.0, 1.0], ["laplace", 0.0, 1.0], -(log(2 * pi) + 1) / 2 + log(mpf(2)) + mean_abs)
r, d = mpf(1) / mpf(3), mpf(0.5)
add(["laplace", 0.0, 1.0], ["laplace", 0.5, 3.0], r * (exp(-d) - 1 + d) + r - 1 - log(r))
add(["uniform", 0.0, 1.0], ["normal", 0.0, 1.0], against_normal(mpf(0), half, mpf(1) / 3, mpf(0), mpf(1)))
add(["uniform", 0.0, 1.0], ["beta", 0.5, 0.5], log_beta(half, half) + half * (-1) * 2)
add(["uniform", -1.0, 3.0], ["normal", 1.0, 5.0], against_normal(log(mpf(4)), mpf(1), 1 + mpf(16) / 12, mpf(1), mpf(5)))
add(["beta", 0.01, 0.01], ["normal", 0.0, 1.0],
    against_normal(entropy_beta(mpf(0.01), mpf(0.01)), half, mpf(0.01) / mpf(0.02) * (mpf(0.01) + 1) / (2 * mpf(0.01) + 1), mpf(0), mpf(1)))
add(["beta", 2.0, 3.0], ["gamma", 2.0, 1.0],
    against_gamma(entropy_beta(mpf(2), mpf(3)), mpf(2) / 5, digamma(2) - digamma(5), mpf(2), mpf(1)))
add(["gamma", 2.0, 3.0], ["normal", 100.0, 1.0],
    against_normal(entropy_gamma(mpf(2), mpf(3)), mpf(2) / 3, mpf(2) / 9 + mpf(4) / 9, mpf(100), mpf(1)))
add(["uniform", 0.0, 1.0], ["uniform", -1.0, 4.0], log(mpf(5)))
# p is much smaller than its distance to q's bound, and the other way round
add(["uniform", 1.0, 1.001], ["gamma", 3.0, 2.0],
    against_gamma(log(mpf(1.001) - 1), (1 + mpf(1.001)) / 2,
                  (mpf(1.001) * (log(mpf(1.001)) - 1) + 1) / (mpf(1.001) - 1), mpf(3), mpf(2)))
# Infinite by what happens at a bound or in a tail.
add(["normal", 0.0, 1.0], ["gamma", 2.0, 1.0], inf)
add(["uniform", 0.0, 2.0], ["beta", 2.0, 2.0], inf)
add(["gamma", 2.0, 1.0], ["beta", 2.0, 2.0], inf)
add(["exponential", 1.0], ["inverse_gamma", 2.0, 1.0], inf)
add(["log_normal", 0.0, 1.0], ["gompertz", 1.0], inf)

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "divergences.json"), "w") as out:
    out.write("[\n" + ",\n".join(" " + json.dumps(row) for row in rows) + "\n]\n")
