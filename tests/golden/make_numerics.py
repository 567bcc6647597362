#!/usr/bin/env python3
"""Golden values of the functions of numerics.hpp, by mpmath with 50 digits (700 where a tail needs them).

Writes numerics.json: {function: [[argument, ..., value], ...]}; arguments are exact doubles.
"""
import json
import os
from mpmath import mp, mpf, beta, betainc, digamma, erfc, exp, findroot, gammainc, loggamma, log, log1p, psi, sqrt, e, pi

mp.dps = 50
signs = lambda values: [s * v for v in values for s in (1, -1)]
golden = {}


def table(name, arguments, function):
    rows = []
    for x in arguments:
        x = x if isinstance(x, tuple) else (x,)
        rows.append([*x, float(function(*[mpf(float(v)) for v in x]))])
    golden[name] = rows


def hard(function):
    def inner(*x):
        with mp.workdps(700):
            return function(*x)
    return inner


small = [1e-300, 1e-100, 1e-20, 1e-9, 1e-5, 1e-3, 0.01, 0.1, 0.2, 0.3, 0.39, 0.4, 0.41, 0.5, 0.59, 0.6, 0.61, 0.69, 0.7, 0.71, 0.9]
table("log1pmx", signs(small) + [-0.999, -0.9999999999, 1.0, 2.0, 10.0, 1e5, 1e300], hard(lambda x: log1p(x) - x))
table("expm1mx", signs(small + [1.0, 2.0, 10.0, 100.0, 700.0]) + [-1e5, -1e300],
      hard(lambda x: exp(x) - 1 - x if x > -1e4 else -1 - x))
table("bd0", [(x, x * r) for x in (1e-300, 1e-3, 1.0, 7.0, 1e8, 1e200)
              for r in (1e-8, 1e-3, 0.1, 0.4, 0.62, 0.9, 1 - 1e-9, 1.0, 1 + 1e-12, 1.001, 1.5, 2.0, 4.9, 5.1, 100.0, 1e10)]
      + [(1e-300, 1e300), (1e300, 1e-300), (0.0, 3.0)],
      hard(lambda x, m: x * log(x / m) + m - x if x else m))
table("digamma", [1e-300, 1e-10, 1e-3, 0.1, 0.5, 0.9, 1.0, 1.2, 1.26, 1.27, 1.4, 1.46, 1.4616321449683622, 1.4616321449683624,
                  1.47, 1.5, 1.66, 1.67, 2.0, 3.0, 5.5, 9.99, 10.0, 10.5, 20.0, 1e3, 1e8, 1e100], digamma)
table("log_gamma", [1e-300, 1e-10, 1e-3, 0.1, 0.5, 0.99, 1.001, 1.5, 1.99, 2.01, 3.0, 10.0, 100.5, 1e3, 1e8, 1e100], loggamma)
shapes = [1e-300, 1e-100, 1e-10, 1e-3, 0.1, 0.3, 0.5, 0.9, 1.0, 1.001, 1.3, 1.4616321449683622, 1.47, 1.7, 1.99, 2.0, 2.01, 3.0, 5.5, 9.99,
          20.0, 100.5, 1e3, 1e6, 1e8, 1e100, 1e300]
table("vector_digamma", shapes, digamma)
table("vector_log_gamma", shapes, loggamma)
table("trigamma", shapes[1:-1], lambda x: psi(1, x))
table("trigamma_excess", shapes[1:-1], hard(lambda x: psi(1, x) - 1 / x if x < 1e50 else 1 / (2 * x * x)))
stirling = lambda x: loggamma(x) - ((x - mpf(1) / 2) * log(x) - x + log(2 * pi) / 2)
table("stirling_error", shapes[:-1], hard(stirling))
table("stirling_slope", shapes[1:-2], hard(lambda x: psi(0, x) - log(x) + 1 / (2 * x)))
shifts = [(x, c) for x in (1e-3, 0.3, 1.0, 7.0, 1e3, 1e8) for c in (1e-9, 1e-3, 0.0099, 0.02, 0.5, 1.0, 30.0, 1e6)]
table("log_gamma_ratio", shifts, hard(lambda x, c: loggamma(x + c) - loggamma(x)))
table("digamma_difference", shifts, hard(lambda x, c: psi(0, x + c) - psi(0, x)))
table("stirling_bregman", [(x * r, x) for x in (1e-10, 1e-3, 0.1, 0.7, 1.0, 3.7, 20.0, 1e3, 1e6, 1e12)
                           for r in (1e-12, 1e-3, 0.1, 0.5, 0.7, 0.72, 0.9, 1 - 1e-8, 1 + 1e-12, 1 + 1e-8, 1.1, 1.4, 1.42, 2.0, 30.0, 1e3, 1e12)],
      hard(lambda y, x: stirling(y) - stirling(x) - (y - x) * (digamma(x) - log(x) + 1 / (2 * x))))
table("log_excess", [(x,) for x in signs(small)] + [(x,) for x in (1.0, 3.0, 100.0, 1e12, -1 + 2 ** -20, -1 + 2 ** -50)], hard(lambda u: u - log1p(u)))
pairs = [(a, b) for a in (1e-10, 1e-3, 0.3, 0.99, 1.0, 2.5, 30.0, 1e6) for b in (1e-10, 1e-3, 0.3, 1.5, 8.0, 1e3, 1e6, 1e12)]
table("log_beta", pairs, hard(lambda a, b: loggamma(a) + loggamma(b) - loggamma(a + b)))
table("gamma_upper", [(x, a) for a in (1e-3, 0.5, 1.0, 7.5, 300.0) for x in (1e-10, 0.01, 0.5, 3.0, 40.0, 350.0)],
      lambda x, a: gammainc(a, x, regularized=True))
table("gamma_lower", [(x, a) for a in (1e-3, 0.5, 1.0, 7.5, 300.0) for x in (1e-10, 0.01, 0.5, 3.0, 40.0, 250.0)],
      lambda x, a: gammainc(a, 0, x, regularized=True))
table("beta_lower", [(x, a, b) for a, b in ((0.01, 0.01), (0.5, 3.0), (1.0, 1.0), (4.0, 0.2), (30.0, 50.0)) for x in (1e-10, 0.01, 0.3, 0.5, 0.9)],
      lambda x, a, b: betainc(a, b, 0, x, regularized=True))
z = [0.0, 1e-10, 0.1, 0.5, 1.0, 1.3, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 30.0, 35.0, 37.0, 37.4]
table("normal_upper", signs(z), lambda x: erfc(x / sqrt(2)) / 2)
p = [0.5, 0.4999999999, 0.49, 0.45, 0.4, 0.31, 0.3, 0.29, 0.2, 0.1, 0.05, 0.01, 1e-3, 1e-5, 1e-10, 1e-16, 1e-20, 1e-50, 1e-100, 1e-200,
     1e-250, 1e-300]


def upper_quantile(p):
    if p == mpf("0.5"):
        return mpf(0)
    start = sqrt(-2 * log(p)) if p < 0.3 else (mpf("0.5") - p) * sqrt(2 * pi)
    if p < 0.3:  # the leading correction of the tail
        start -= log(start * sqrt(2 * pi)) / start if start > 1 else 0
    return findroot(lambda x: log(erfc(x / sqrt(2)) / 2) - log(p), start, tol=mpf(10) ** -60)


table("normal_upper_quantile", p + [0.51, 0.7, 0.9, 0.999], upper_quantile)
table("exp", signs([0.0, 1e-300, 1e-10, 0.1, 0.3465, 0.3466, 0.5, 1.0, 2.0, 10.3, 100.7, 300.1, 708.0, 709.7]) + [-710.0, -720.5, -740.0, -744.0, 709.78], exp)
table("log", [5e-324, 1e-310, 2.2250738585072014e-308, 1e-300, 1e-10, 0.1, 0.5, 0.7, 0.70710678, 0.7072, 0.9, 0.999999, 1 - 2 ** -53,
              1.0, 1 + 2 ** -52, 1.000001, 1.3, 1.41, 1.4143, 2.0, 3.0, 10.0, 1e10, 1e300, 1.7e308], log)

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "numerics.json"), "w") as out:
    out.write("{\n")
    out.write(",\n".join(f' "{name}": [\n' + ",\n".join("  " + json.dumps(row) for row in rows) + "]" for name, rows in golden.items()))
    out.write("\n}\n")
