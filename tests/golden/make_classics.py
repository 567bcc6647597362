#!/usr/bin/python3
"""The textbook models of configs/ by coordinate ascent in numpy: tests/golden/classics.json.

Each function states its model's updates and its bound by hand and iterates to a fixed point; factors on grids are
integrals over a fine grid of their own, whole numbers are summed. Needs numpy and scipy.

usage: make_classics.py > classics.json
"""

import csv
import json
import os

import numpy as np
from numpy import log
from scipy import stats
from scipy.special import betaln, digamma, gammaln, logsumexp

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "configs", "data")


def table(name):
    with open(os.path.join(DATA, name)) as file:
        return [row for row in csv.reader(file)][1:]


class Gamma:
    def __init__(self, shape, rate):
        self.a, self.b = shape, rate
        self.mean, self.log = shape / rate, digamma(shape) - log(rate)

    def entropy(self):
        return np.sum(self.a - log(self.b) + gammaln(self.a) + (1 - self.a) * digamma(self.a))

    def stddev(self):
        return np.sqrt(self.a) / self.b


class Beta:
    def __init__(self, a, b):
        self.a, self.b, self.mean = a, b, a / (a + b)
        self.log, self.log1m = digamma(a) - digamma(a + b), digamma(b) - digamma(a + b)

    def entropy(self):
        return np.sum(betaln(self.a, self.b) - (self.a - 1) * self.log - (self.b - 1) * self.log1m)

    def prior(self, a, b):
        return np.sum((a - 1) * self.log + (b - 1) * self.log1m - betaln(a, b))

    def stddev(self):
        return np.sqrt(self.mean * (1 - self.mean) / (self.a + self.b + 1))


def gamma_prior(x, log_x, a, b):
    return np.sum(a * log(b) - gammaln(a) + (a - 1) * log_x - b * x)


def normal_term(square, tau, log_tau):
    """E log of a normal whose expected squared residual is `square`."""
    return np.sum(0.5 * (log_tau - log(2 * np.pi) - tau * square))


def normal_entropy(variance):
    return np.sum(0.5 * log(2 * np.pi * np.e * variance))


def entropy(p):
    return -np.sum(np.where(p > 0, p * log(np.where(p > 0, p, 1)), 0))


def iterate(step, most=200000):
    """Until the bound, the last of what a step returns, stands still: its parameters at the end."""
    before = -np.inf
    for _ in range(most):
        state = step()
        if abs(state[-1] - before) < 1e-13 * abs(state[-1]):
            return state
        before = state[-1]
    raise RuntimeError("no fixed point")


def numbers(mean, stddev):
    return {"mean": np.asarray(mean, float).tolist(), "stddev": np.asarray(stddev, float).tolist()}


class Grid:
    """A density on fine cells, proportional to exp(values) at their middles."""

    def __init__(self, x, values):
        width = np.gradient(x)
        top = values.max()
        mass = np.exp(values - top) * width
        self.log_normalizer = top + log(mass.sum())
        self.p, self.x = mass / mass.sum(), x

    def expect(self, f):
        return (self.p * f).sum()

    def summary(self):
        mean = self.expect(self.x)
        return numbers(mean, np.sqrt(self.expect((self.x - mean) ** 2)))


def rats():
    y, day = np.array(table("rats.csv"), float), np.array([8, 15, 22, 29, 36]) - 22.0
    n, k = y.shape
    q = dict(i=(0.0, 1.0), s=(0.0, 1.0), a=(y.mean(1), np.ones(n)), b=(np.zeros(n), np.ones(n)))
    ta, tb, t = Gamma(1.0, 1.0), Gamma(1.0, 1.0), Gamma(1.0, 1.0)

    def step():
        nonlocal ta, tb, t
        for top, members, tau in (("i", "a", ta), ("s", "b", tb)):
            precision = 1e-6 + n * tau.mean
            q[top] = (tau.mean * q[members][0].sum() / precision, 1 / precision)
        precision = ta.mean + k * t.mean
        q["a"] = ((ta.mean * q["i"][0] + t.mean * (y - np.outer(q["b"][0], day)).sum(1)) / precision,
                  np.full(n, 1 / precision))
        precision = tb.mean + t.mean * (day**2).sum()
        q["b"] = ((tb.mean * q["s"][0] + t.mean * (y - q["a"][0][:, None]) @ day) / precision,
                  np.full(n, 1 / precision))
        over = {top: ((q[m][0] - q[top][0]) ** 2 + q[m][1] + q[top][1]).sum() for top, m in (("i", "a"), ("s", "b"))}
        rest = ((y - q["a"][0][:, None] - np.outer(q["b"][0], day)) ** 2 + q["a"][1][:, None] +
                np.outer(q["b"][1], day**2)).sum()
        ta, tb = (Gamma(0.001 + n / 2, 0.001 + over[top] / 2) for top in "is")
        t = Gamma(0.001 + n * k / 2, 0.001 + rest / 2)
        bound = sum(normal_term(q[v][0] ** 2 + q[v][1], 1e-6, log(1e-6)) + normal_entropy(q[v][1]) for v in "is")
        for tau, square, count in ((ta, over["i"], n), (tb, over["s"], n), (t, rest, n * k)):
            bound += gamma_prior(tau.mean, tau.log, 0.001, 0.001) + tau.entropy()
            bound += 0.5 * (count * (tau.log - log(2 * np.pi)) - tau.mean * square)
        return bound + normal_entropy(q["a"][1]) + normal_entropy(q["b"][1]),

    (bound,) = iterate(step)
    return bound, {"intercept": numbers(q["i"][0], q["i"][1] ** 0.5), "slope": numbers(q["s"][0], q["s"][1] ** 0.5),
                   "tau_a": numbers(ta.mean, ta.stddev()), "tau_b": numbers(tb.mean, tb.stddev()),
                   "tau": numbers(t.mean, t.stddev()), "a": numbers(q["a"][0], q["a"][1] ** 0.5),
                   "b": numbers(q["b"][0], q["b"][1] ** 0.5)}


def pumps():
    hours = np.array([94.3, 15.7, 62.9, 126, 5.24, 31.4, 1.05, 1.05, 2.1, 10.5])
    failures = np.array([5, 1, 5, 14, 3, 19, 1, 1, 4, 22])
    n, x = len(hours), np.exp(np.linspace(log(1e-4), log(20), 40001))
    scale, rate = Gamma(1.0, 1.0), Gamma(failures + 1.0, hours + 1.0)

    def step():
        nonlocal scale, rate
        shape = Grid(x, -x + x * (n * scale.log + rate.log.sum()) - n * gammaln(x))
        mean = shape.expect(x)
        scale = Gamma(0.1 + n * mean, 1 + rate.mean.sum())
        rate = Gamma(mean + failures, scale.mean + hours)
        log_gamma = shape.expect(gammaln(x))
        own = shape.expect(-x)
        prior = n * mean * scale.log - n * log_gamma + ((mean - 1) * rate.log - scale.mean * rate.mean).sum()
        q_shape = -shape.expect(log(shape.p / np.gradient(x)))
        return shape, (own + q_shape + gamma_prior(scale.mean, scale.log, 0.1, 1.0) + scale.entropy() + prior +
                       rate.entropy() + (failures * (rate.log + log(hours)) - rate.mean * hours -
                                         gammaln(failures + 1)).sum())

    shape, bound = iterate(step)
    return bound, {"shape": shape.summary(), "scale": numbers(scale.mean, scale.stddev()),
                   "rate": numbers(rate.mean, rate.stddev())}


EYES = np.array([529.0, 530.0, 532.0, 533.1, 533.4, 533.6, 533.7, 534.1, 534.8, 535.3, 535.4, 535.9, 536.1, 536.3,
                 536.4, 536.6, 537.0, 537.4, 537.5, 538.3, 538.5, 538.6, 539.4, 539.6, 540.4, 540.8, 542.0, 542.8,
                 543.0, 543.5, 543.8, 543.9, 545.3, 546.2, 548.8, 548.7, 548.9, 549.0, 549.4, 549.9, 550.6, 551.2,
                 551.4, 551.5, 551.6, 552.8, 552.9, 553.2])


def eyes():
    y, r = EYES, (EYES > 545).astype(float)
    low, step_ = (535.0, 1.0), (12.0, 1.0)
    tau = Gamma(1.0, 10.0)

    def step():
        nonlocal r, low, step_, tau
        weights = Beta(1 + (1 - r).sum(), 1 + r.sum())
        precision = 1e-6 + tau.mean * len(y)
        low = (tau.mean * (y - r * step_[0]).sum() / precision, 1 / precision)
        precision = 1e-6 + tau.mean * r.sum()
        mean, sd = tau.mean * (r * (y - low[0])).sum() / precision, precision**-0.5
        part = stats.truncnorm(-mean / sd, np.inf, mean, sd)
        step_ = (part.mean(), part.var())
        square = np.array([(y - low[0]) ** 2 + low[1], (y - low[0] - step_[0]) ** 2 + low[1] + step_[1]])
        likely = np.array([weights.log + 0 * y, weights.log1m + 0 * y]) - 0.5 * tau.mean * square
        r = np.exp(likely[1] - logsumexp(likely, axis=0))
        p = np.array([1 - r, r])
        tau = Gamma(0.001 + len(y) / 2, 0.001 + 0.5 * (p * square).sum())
        bound = weights.prior(1, 1) + weights.entropy() + (p[0] * weights.log + p[1] * weights.log1m).sum() + entropy(p)
        bound += normal_term(low[0] ** 2 + low[1], 1e-6, log(1e-6)) + normal_entropy(low[1])
        bound += normal_term(step_[0] ** 2 + step_[1], 1e-6, log(1e-6)) + log(2) + part.entropy()
        bound += gamma_prior(tau.mean, tau.log, 0.001, 0.001) + tau.entropy()
        return weights, bound + 0.5 * (len(y) * (tau.log - log(2 * np.pi)) - tau.mean * (p * square).sum())

    weights, bound = iterate(step)
    return bound, {"weights": numbers([weights.mean, 1 - weights.mean], [weights.stddev()] * 2),
                   "low": numbers(low[0], low[1] ** 0.5), "step": numbers(step_[0], step_[1] ** 0.5),
                   "tau": numbers(tau.mean, tau.stddev())}


def hearts():
    before, after = np.array([6, 9, 17, 22, 7, 5, 5, 14, 9, 7, 9, 51]), np.array([5, 2, 0, 0, 2, 1, 0, 0, 0, 0, 13, 0])
    beats, cured = before + after, 0.5 * (after == 0)

    def step():
        nonlocal cured
        cure = Beta(1 + cured.sum(), 1 + (1 - cured).sum())
        rate = Beta(1 + ((1 - cured) * after).sum(), 1 + ((1 - cured) * before).sum())
        choose = gammaln(beats + 1) - gammaln(after + 1) - gammaln(before + 1)
        ill = choose + after * rate.log + before * rate.log1m
        cured = np.where(after == 0, 1 / (1 + np.exp(cure.log1m + ill - cure.log)), 0)
        p = np.array([cured, 1 - cured])
        return cure, rate, (cure.prior(1, 1) + cure.entropy() + rate.prior(1, 1) + rate.entropy() + entropy(p) +
                            (cured * cure.log + (1 - cured) * (cure.log1m + ill)).sum())

    cure, rate, bound = iterate(step)
    return bound, {"cure": numbers(cure.mean, cure.stddev()), "rate": numbers([rate.mean], [rate.stddev()])}


def coal():
    d = np.array([row[1] for row in table("coal.csv")], float)
    n = len(d)
    early = np.arange(n)[:, None] <= np.arange(n)  # row t, column: the last year of the first rate
    p = np.full(n, 1 / n)

    def step():
        nonlocal p
        in_first = early @ p
        rates = [Gamma(1 + (w * d).sum(), 1 + w.sum()) for w in (in_first, 1 - in_first)]
        says = [d * rate.log - rate.mean for rate in rates]
        score = early.T @ says[0] + (~early).T @ says[1]
        p = np.exp(score - logsumexp(score))
        in_first = early @ p
        return rates, (sum(gamma_prior(r.mean, r.log, 1.0, 1.0) + r.entropy() for r in rates) - log(n) + entropy(p) +
                       (in_first * says[0] + (1 - in_first) * says[1] - gammaln(d + 1)).sum())

    rates, bound = iterate(step)
    return bound, {"rate": numbers([r.mean for r in rates], [r.stddev() for r in rates]),
                   "change": {"parameters": {"probabilities": p.tolist()}}}


def blood_groups():
    persons = np.array([182, 60, 17, 176])  # A, B, AB, O
    genes = np.array([[2, 0, 0], [1, 0, 1], [0, 2, 0], [0, 1, 1], [1, 1, 0], [0, 0, 2]])  # AA AO BB BO AB OO
    ways, shows = np.array([1, 2, 1, 2, 2, 1]), np.array([0, 0, 1, 1, 2, 3])
    z = np.array([[float(g == shows[k]) for k in range(6)] for g in range(4)])
    z /= z.sum(1, keepdims=True)

    def step():
        nonlocal z
        c = 1 + persons @ z @ genes
        mean_log = digamma(c) - digamma(c.sum())
        score = log(ways) + genes @ mean_log
        for g in range(4):
            own = shows == g
            z[g, own] = np.exp(score[own] - logsumexp(score[own]))
        prior = gammaln(3)
        q = gammaln(c).sum() - gammaln(c.sum()) - ((c - 1) * mean_log).sum()
        return c, prior + q + sum(n * ((z[g] * score).sum() + entropy(z[g])) for g, n in enumerate(persons))

    c, bound = iterate(step)
    mean = c / c.sum()
    return bound, {"p": numbers(mean, np.sqrt(mean * (1 - mean) / (c.sum() + 1))),
                   "z": {"parameters": {"probabilities": z.tolist()}}}


def two_tests():
    result, persons = np.array([[1, 1], [1, 0], [0, 1], [0, 0]]), np.array([38, 87, 2, 35])
    priors = {"prevalence": (1, 1), "serology_sensitivity": (21.96, 5.49), "serology_specificity": (4.1, 1.76),
              "stool_sensitivity": (4.44, 13.31), "stool_specificity": (71.25, 3.75)}
    q = {name: Beta(*map(float, prior)) for name, prior in priors.items()}
    ill = np.full(4, 0.5)

    def step():
        nonlocal ill
        counts = {"prevalence": (ill, 1 - ill)}
        for k, test in enumerate(("serology", "stool")):
            counts[test + "_sensitivity"] = (ill * result[:, k], ill * (1 - result[:, k]))
            counts[test + "_specificity"] = ((1 - ill) * (1 - result[:, k]), (1 - ill) * result[:, k])
        for name, (a, b) in priors.items():
            q[name] = Beta(a + (persons * counts[name][0]).sum(), b + (persons * counts[name][1]).sum())
        score = np.array([np.full(4, q["prevalence"].log1m), np.full(4, q["prevalence"].log)])
        for k, test in enumerate(("serology", "stool")):
            right, wrong = q[test + "_specificity"], q[test + "_sensitivity"]
            score[0] += np.where(result[:, k] == 1, right.log1m, right.log)
            score[1] += np.where(result[:, k] == 1, wrong.log, wrong.log1m)
        p = np.exp(score - logsumexp(score, axis=0))
        ill = p[1]
        return q, (sum(b.prior(*priors[name]) + b.entropy() for name, b in q.items()) +
                   (persons * ((p * score).sum(0) + [entropy(c) for c in p.T])).sum())

    _, bound = iterate(step)
    return bound, {name: numbers(b.mean, b.stddev()) for name, b in q.items()}


def tanks():
    built = np.arange(60, 1001)
    mass = built**-5.0 / 1000
    mean = (mass * built).sum() / mass.sum()
    return log(mass.sum()), {"built": numbers(mean, np.sqrt((mass * (built - mean) ** 2).sum() / mass.sum()))}


def capture():
    caught, size = np.array([38, 45, 31, 40]), np.arange(45, 400)
    choose = sum(gammaln(size + 1) - gammaln(c + 1) - gammaln(size - c + 1) for c in caught)
    prior, chance = stats.poisson.logpmf(size, 100), Beta(40.0, 60.0)

    def step():
        nonlocal chance
        score = prior + choose + caught.sum() * chance.log + (4 * size - caught.sum()) * chance.log1m
        p = np.exp(score - logsumexp(score))
        beyond = 4 * (p * size).sum() - caught.sum()
        chance = Beta(1 + caught.sum(), 1 + beyond)
        return p, (entropy(p) + (p * (prior + choose)).sum() + chance.entropy() + caught.sum() * chance.log +
                   beyond * chance.log1m)

    p, bound = iterate(step)
    mean = (p * size).sum()
    return bound, {"size": numbers(mean, np.sqrt((p * (size - mean) ** 2).sum())),
                   "chance": numbers(chance.mean, chance.stddev())}


def surgical():
    n = np.array([47, 148, 119, 810, 211, 196, 148, 215, 207, 97, 256, 360])
    r = np.array([0, 18, 8, 46, 8, 13, 9, 31, 14, 8, 29, 24])
    a, b = np.linspace(2, 20, 1201), np.linspace(25, 220, 1201)
    joint = stats.expon.logpdf(a, scale=10)[:, None] + stats.expon.logpdf(b, scale=100)
    for trials, deaths in zip(n, r):
        joint = joint + stats.betabinom.logpmf(deaths, trials, a[:, None], b)
    p = np.full(len(b), 1 / len(b))

    def step():
        nonlocal p
        qa = Grid(a, joint @ p)
        qb = Grid(b, qa.p @ joint)
        p = qb.p
        return qa, qb, qb.log_normalizer - qa.expect(log(qa.p / np.gradient(a)))

    qa, qb, bound = iterate(step)
    return bound, {"a": qa.summary(), "b": qb.summary()}


def galaxies():
    v = np.array([row[0] for row in table("galaxies.csv")], float)
    v = (v - v.mean()) / v.std(ddof=1)
    start = np.array([-2, -0.2, 1.2, 2, 0.4, -0.6, 0.8, -1, 1.6, 0])
    k, p = len(start), None
    alpha, mean, variance = Gamma(1.0, 1.0), start, np.full(k, 5.0)
    tau, stick = Gamma(np.ones(k), np.full(k, 0.1)), Beta(np.ones(k), np.ones(k))

    def responsibilities():
        left = np.concatenate([[0], stick.log1m[:-1].cumsum()])
        weight = left + np.append(stick.log[:-1], 0)
        square = (v[:, None] - mean) ** 2 + variance
        score = weight + 0.5 * (tau.log - log(2 * np.pi) - tau.mean * square)
        return score, np.exp(score - logsumexp(score, axis=1, keepdims=True)), square

    def step():
        nonlocal p, alpha, mean, variance, tau, stick
        score, p, square = responsibilities()
        count = p.sum(0)
        own, beyond = np.append(count[:-1], 0), np.append(count[::-1].cumsum()[::-1][1:], 0)
        stick = Beta(1 + own, alpha.mean + beyond)
        alpha = Gamma(1.0 + k, 1 - stick.log1m.sum())
        precision = 0.2 + tau.mean * count
        mean, variance = tau.mean * (p * v[:, None]).sum(0) / precision, 1 / precision
        square = (v[:, None] - mean) ** 2 + variance
        tau = Gamma(1 + count / 2, 0.1 + 0.5 * (p * square).sum(0))
        score, p, square = responsibilities()
        bound = gamma_prior(alpha.mean, alpha.log, 1.0, 1.0) + alpha.entropy() + stick.entropy()
        bound += k * alpha.log + (alpha.mean - 1) * stick.log1m.sum()
        bound += normal_term(mean**2 + variance, 0.2, log(0.2)) + normal_entropy(variance)
        bound += gamma_prior(tau.mean, tau.log, 1.0, 0.1) + tau.entropy()
        return bound + (p * score).sum() + entropy(p),

    (bound,) = iterate(step)
    return bound, {"alpha": numbers(alpha.mean, alpha.stddev()), "mu": numbers(mean, variance**0.5),
                   "tau": numbers(tau.mean, tau.stddev()), "stick": numbers(stick.mean, stick.stddev())}


models = {"rats": rats, "pumps": pumps, "eyes": eyes, "hearts": hearts, "coal": coal, "blood-groups": blood_groups,
          "two-tests": two_tests, "tanks": tanks, "capture": capture, "surgical": surgical, "galaxies": galaxies}
out = {}
for name, model in models.items():
    bound, variables = model()
    out[name] = {"bound": float(bound), "variables": variables}
print(json.dumps(out, indent=1))
