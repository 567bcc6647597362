#!/usr/bin/env python3
"""Golden entropies and cross-entropies by mpmath with 50 digits, of families as they are written in files.

Writes entropies.json, one row a value: {"p", "q", "value"}, q empty for the entropy of p. Densities are written out here; integrals are taken piece by
piece and again with every piece halved, sums until what is left is below 1e-45. The parameters are exact doubles.
"""
import json
import os
from mpmath import mp, mpf, beta, erfc, exp, fabs, inf, log, log1p, loggamma, pi, quad, sqrt, zeta

mp.dps = 50
rows = []


class Density:
    """text as in a file, log density, the pieces that integrals are split at; `counts`: the first integer of the support and the last, instead"""

    def __init__(self, text, log_pdf, pieces=None, counts=None):
        self.text, self.log_pdf, self.counts = text, log_pdf, counts
        self.pieces = [mpf(x) for x in pieces] if pieces is not None else None


def write(name, **numbers):
    return f"{name}({', '.join(f'{k} = {float(v)!r}' for k, v in numbers.items())})"


def around(*places, low=-inf, high=inf):
    reach = (0, 0.25, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 14, 18, 24, 32, 48, 64, 100, 160, 250)
    found = {mpf(c) + s * mpf(r) * mpf(w) for c, w in places for r in reach for s in (1, -1)} | {mpf(low), mpf(high)}
    return sorted(x for x in found if low <= x <= high and abs(x) < inf)


def scales(low, center, width, most=3000):
    """from a low end outward, by factors of two from width 2^-400 to most times the width"""
    steps = [mpf(2) ** k * width for k in range(-120, 60) if mpf(2) ** k < most]
    return [mpf(low)] + [low + s for s in steps]


def expected(p, f):
    """E_p[f(x)]"""
    def g(x):
        l = p.log_pdf(x)
        return mpf(0) if l < -200000 else exp(l) * f(x)
    if p.counts is not None:
        first, last = p.counts
        total, k, small = mpf(0), mpf(first), 0
        while k <= last and small < 300:
            term = g(k)
            total += term
            small = small + 1 if last == inf and fabs(term) < mpf(10) ** -48 * (1 + fabs(total)) else 0
            k += 1
        return total
    ends = p.pieces
    value = quad(g, ends)
    finer = sorted(set(ends) | {(u + v) / 2 for u, v in zip(ends, ends[1:])})
    again = quad(g, finer)
    assert fabs(again - value) <= mpf(10) ** -22 * (1 + fabs(again)), (p.text, value, again)
    return again


def add(p, q=None):
    mass = expected(p, lambda x: mpf(1))
    assert fabs(mass - 1) < mpf(10) ** -22, (p.text, mass)
    of = q or p
    rows.append({"p": p.text, "q": q.text if q else "", "value": float(expected(p, lambda x: -of.log_pdf(x)))})
    print(rows[-1])


def log_normal_pdf(x, m, s):
    return -((x - m) / s) ** 2 / 2 - log(s) - log(2 * pi) / 2


def log_ncdf(z):
    return log(erfc(-z / sqrt(2)) / 2)


def normal(m, s):
    m, s = mpf(m), mpf(s)
    return Density(write("normal", mean=m, stddev=s), lambda x: log_normal_pdf(x, m, s), around((m, s)))


def exp_modified_normal(m, s, r):
    m, s, r = mpf(m), mpf(s), mpf(r)
    return Density(write("exp_modified_normal", mean=m, stddev=s, rate=r),
                   lambda x: log(r) - r * (x - m) + (r * s) ** 2 / 2 + log_ncdf((x - m) / s - r * s),
                   around((m, s), (m, 1 / r), low=m - 20 * s, high=m + 30 * s + 150 / r))


def skew_normal(l, s, a):
    l, s, a = mpf(l), mpf(s), mpf(a)
    return Density(write("skew_normal", location=l, scale=s, shape=a),
                   lambda x: log(mpf(2)) + log_normal_pdf(x, l, s) + log_ncdf(a * (x - l) / s),
                   around((l, s), (l, s / fabs(a)), low=l - 20 * s, high=l + 20 * s))


def folded_normal(m, s):
    m, s = mpf(m), mpf(s)
    return Density(write("folded_normal", mean=m, stddev=s),
                   lambda x: log_normal_pdf(x, m, s) + log1p(exp(-2 * x * m / s**2)), around((fabs(m), s), (0, s), low=0))


def laplace(l, s):
    l, s = mpf(l), mpf(s)
    return Density(write("laplace", location=l, scale=s), lambda x: -fabs(x - l) / s - log(2 * s), around((l, s)))


def logistic(l, s):
    l, s = mpf(l), mpf(s)
    return Density(write("logistic", location=l, scale=s),
                   lambda x: -fabs(x - l) / s - log(s) - 2 * log1p(exp(-fabs(x - l) / s)), around((l, s)))


def gamma(k, r):
    k, r = mpf(k), mpf(r)
    return Density(write("gamma", shape=k, rate=r), lambda x: (k - 1) * log(x) - r * x + k * log(r) - loggamma(k),
                   scales(0, k / r, max(k, mpf(1)) / r, 400))


def mixture(weights, parts):
    w = [mpf(x) for x in weights]
    assert sum(w) == 1
    text = f"mixture(weights = [{', '.join(repr(float(x)) for x in w)}], components = [{', '.join(p.text for p in parts)}])"
    counts = None
    if parts[0].counts is not None:
        counts = (min(p.counts[0] for p in parts), max(p.counts[1] for p in parts))
    pieces = sorted({x for p in parts for x in p.pieces}) if counts is None else None
    return Density(text, lambda x: log(sum(v * exp(p.log_pdf(x)) for v, p in zip(w, parts))), pieces, counts)


def truncated(p, low, high, log_mass):
    """`log_mass`: of p between the bounds"""
    bounds = "".join(f", {n} = {float(v)!r}" for n, v in (("low", low), ("high", high)) if abs(v) < inf)
    pieces = None if p.pieces is None else sorted({x for x in p.pieces if low < x < high} | {mpf(x) for x in (low, high) if abs(x) < inf})
    return Density(f"truncated({p.text}{bounds})", lambda x: p.log_pdf(x) - log_mass, pieces, None if p.counts is None else (low, high))


def discretized_normal_cells(m, s):
    m, s = mpf(m), mpf(s)

    def log_mass(k):
        a, b = (k - m - mpf(1) / 2) / s, (k - m + mpf(1) / 2) / s
        if a > 0:
            a, b = -b, -a
        return log(erfc(-b / sqrt(2)) / 2 - erfc(-a / sqrt(2)) / 2)
    return Density(f"discretized({write('normal', mean=m, stddev=s)})", log_mass, counts=(int(m - 40 * s) - 3, int(m + 40 * s) + 3))


def poisson(r):
    r = mpf(r)
    return Density(write("poisson", rate=r), lambda k: k * log(r) - r - loggamma(k + 1), counts=(0, inf))


def geometric(p):
    p = mpf(p)
    return Density(write("geometric", probability=p), lambda k: log(p) + k * log1p(-p), counts=(0, inf))


def zeta_entropy(s):
    """log zeta(s) - s zeta'(s)/zeta(s)"""
    s = mpf(s)
    rows.append({"p": write("zeta", shape=s), "q": "", "value": float(log(zeta(s)) - s * zeta(s, derivative=1) / zeta(s))})


def beta_binomial(n, a, b):
    a, b = mpf(a), mpf(b)
    constant = loggamma(n + 1) - log(beta(a, b)) - loggamma(n + a + b)
    return Density(write("beta_binomial", trials=n, alpha=a, beta=b),
                   lambda k: constant - loggamma(k + 1) - loggamma(n - k + 1) + loggamma(k + a) + loggamma(n - k + b), counts=(0, n))


def hypergeometric(population, successes, draws):
    def choose(n, k):
        return loggamma(n + 1) - loggamma(k + 1) - loggamma(n - k + 1)
    return Density(write("hypergeometric", population=population, successes=successes, draws=draws),
                   lambda k: choose(successes, k) + choose(population - successes, draws - k) - choose(population, draws),
                   counts=(max(0, draws - population + successes), min(draws, successes)))


def skellam(a, b):
    a, b = mpf(a), mpf(b)
    return Density(write("skellam", rate1=a, rate2=b),
                   lambda k: -a - b + k / 2 * log(a / b) + log(mp.besseli(abs(k), 2 * sqrt(a * b))), counts=(-200, 200))


for a in [(0, 1, 1), (0, 1, 1e-3), (0, 1, 100), (5, 1e-4, 2), (-3, 1e5, 1e-5)]:
    add(exp_modified_normal(*a))
for a in [(0, 1, 2), (0, 1, -0.5), (1, 1e-6, 10), (0, 1e4, 1000)]:
    add(skew_normal(*a))
for a in [(0.5, 1), (0, 2), (3, 0.1), (1e-3, 1e4)]:
    add(folded_normal(*a))
add(mixture([0.25, 0.75], [normal(-4, 1), normal(4, 0.5)]))
add(mixture([0.5, 0.5], [normal(0, 1), normal(0, 1e-6)]))
add(mixture([0.5, 0.25, 0.25], [normal(0, 1), laplace(1, 2), logistic(-5, 0.25)]))
add(mixture([0.75, 0.25], [gamma(0.5, 1), gamma(3, 4)]))
unit = normal(0, 1)
for low, high in [(0, 1), (2, inf), (-1, 3), (-1e-6, 1e-6)]:
    between = erfc(low / sqrt(mpf(2))) / 2 - (erfc(high / sqrt(mpf(2))) / 2 if high < inf else 0)
    add(truncated(unit, low, high, log(between)))
for s in [1.5, 1.125, 3, 40]:
    zeta_entropy(s)
for a in [(0.25, 2), (0, 0.25), (0.5, 1e-1), (1e3, 100)]:
    add(discretized_normal_cells(*a))
for a in [(10, 2, 3), (1000, 0.5, 0.5), (10000, 2, 3), (10000, 100, 2), (100, 1e-3, 1e3)]:
    add(beta_binomial(*a))
for a in [(50, 20, 10), (100000, 3000, 500)]:
    add(hypergeometric(*a))
for a in [(2, 3), (40, 1e-2)]:
    add(skellam(*a))
add(mixture([0.5, 0.5], [poisson(3), poisson(50)]))
add(mixture([0.125, 0.875], [geometric(0.5), poisson(20)]))
kept = log(sum(exp(poisson(4).log_pdf(mpf(k))) for k in range(2, 8)))
add(truncated(poisson(4), 2, 7, kept))

# --- cross-entropies
add(normal(0, 1), logistic(1, 2))
add(laplace(0, 1), normal(2, 3))
add(logistic(0, 1), laplace(0, 0.01))
add(exp_modified_normal(0, 1, 1), normal(0, 1))
add(skew_normal(0, 1, 2), logistic(0, 1))
add(normal(0, 1e-6), mixture([0.5, 0.5], [normal(0, 1), laplace(0, 1)]))
add(mixture([0.25, 0.75], [normal(-4, 1), normal(4, 0.5)]), normal(0, 5))
add(folded_normal(1, 1), gamma(2, 1))
add(discretized_normal_cells(0, 2), discretized_normal_cells(1, 3))
add(beta_binomial(20, 2, 3), poisson(5))
add(poisson(3), mixture([0.5, 0.5], [poisson(2), geometric(0.25)]))
add(poisson(50), geometric(0.01))

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "entropies.json"), "w") as out:
    out.write("[\n " + ",\n ".join(json.dumps(row) for row in rows) + "\n]\n")
print(len(rows))
