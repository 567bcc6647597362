#!/usr/bin/env python3
"""KL between gammas and between betas with 50 digits and more, from the doubles as they are. Writes gamma_kl.csv (shape and rate) and
beta_kl.csv (alpha and beta): parameters of p, of q, KL, and sum |theta dKL/dtheta| over the four parameters, to which roundings are compared."""
import pathlib
import random

from mpmath import mp, mpf, log, loggamma, psi, nstr

mp.dps = 90


def gamma_kl(a, b, c, d):
    value = c * log(b / d) + loggamma(c) - loggamma(a) + (a - c) * psi(0, a) + a * (d - b) / b
    slopes = [(a - c) * psi(1, a) + d / b - 1, c / b - a * d / b**2, log(b / d) + psi(0, c) - psi(0, a), -c / d + a / b]
    return value, slopes


def beta_kl(a, b, c, d):
    s, t = a + b, c + d
    normalizer = lambda x, y: loggamma(x) + loggamma(y) - loggamma(x + y)
    value = normalizer(c, d) - normalizer(a, b) + (a - c) * psi(0, a) + (b - d) * psi(0, b) + (t - s) * psi(0, s)
    slopes = [(a - c) * psi(1, a) + (t - s) * psi(1, s), (b - d) * psi(1, b) + (t - s) * psi(1, s),
              psi(0, c) - psi(0, a) - psi(0, t) + psi(0, s), psi(0, d) - psi(0, b) - psi(0, t) + psi(0, s)]
    return value, slopes


def near(x, step):
    return x * (1 + step)


random.seed(1)
shapes = [1e-3, 0.04, 0.5, 1.0, 3.7, 50.0, 2e3, 1e6]
pairs = [(50.0, 2.0, 49.9999999, 2.0), (1e8, 1e8, 1e8, 1e8 + 1), (1e6, 1.0, 1e6 + 1, 1.0), (1e6, 1e6, 1e6 + 1, 1e6), (2.0, 3.0, 2.0, 3.0),
         (1e6, 1e-3, 2e6, 1e-3), (1e-3, 1e6, 1e-3, 2e6)]
for a in shapes:
    for b in shapes:
        pairs.append((a, b, near(a, 1e-8), near(b, -1e-8)))
        pairs.append((a, b, near(a, random.uniform(-0.3, 0.3)), near(b, random.uniform(-0.3, 0.3))))
        pairs.append((a, b, random.choice(shapes), random.choice(shapes)))
        pairs.append((a, b, a * 10 ** random.uniform(-3, 3), b * 10 ** random.uniform(-3, 3)))
scales = [(a, 10 ** random.uniform(-12, 12), c, 10 ** random.uniform(-12, 12)) for a in shapes for c in shapes[::3]]
folder = pathlib.Path(__file__).resolve().parent
for name, function, cases in (("gamma_kl", gamma_kl, pairs + scales), ("beta_kl", beta_kl, pairs)):
    with open(folder / f"{name}.csv", "w") as out:
        for case in cases:
            numbers = [mpf(v) for v in case]
            value, slopes = function(*numbers)
            size = sum(abs(x * s) for x, s in zip(numbers, slopes))
            out.write(",".join(repr(v) for v in case) + f",{nstr(value, 20)},{nstr(size, 6)}\n")
