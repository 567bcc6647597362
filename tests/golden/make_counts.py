#!/usr/bin/env python3
"""Golden values of the families of plugins/counts, by mpmath with 60 digits: sums over the integers until nothing is left.

Writes counts.json: {members: [...], kl: [...]}, read by tests/support/family_golden.hpp. Arguments are exact doubles. `tolerance` of a
divergence is 1e-13 |value| + 8 eps sum |theta_i dD/dtheta_i| over the parameters as they are given.
"""
import json
import os
from mpmath import mp, mpf, besseli, beta, binomial, diff, exp, floor, inf, log, log1p, loggamma, nsum, sqrt, zeta

mp.dps = 60
EPS = mpf(2) ** -52


def choose(n, k):
    return loggamma(n + 1) - loggamma(k + 1) - loggamma(n - k + 1)


def log_beta(a, b):
    return loggamma(a) + loggamma(b) - loggamma(a + b)


def plog(k, p):  # k log p, 0 log 0 = 0
    return mpf(0) if k == 0 else k * log(p) if p > 0 else -inf


def skellam(k, a, b):
    return -a - b + mpf(k) / 2 * log(a / b) + log(besseli(abs(k), 2 * sqrt(a * b)))


def zip_mass(k, gate, rate):
    return log(gate + (1 - gate) * exp(-rate)) if k == 0 else log(1 - gate) - rate + k * log(rate) - loggamma(k + 1)


def by_logit(f):
    return lambda k, *t: f(k, *t[:-1], 1 / (1 + exp(-t[-1])))


def bernoulli(k, p):
    return plog(k, p) + plog(1 - k, 1 - p)


def binomial_mass(k, n, p):
    return choose(n, k) + plog(k, p) + plog(n - k, 1 - p)


def geometric(k, p):
    return log(p) + plog(k, 1 - p)


def negative_binomial(k, r, p):
    return loggamma(k + r) - loggamma(r) - loggamma(k + 1) + r * log(p) + plog(k, 1 - p)


def discretized(m, s):
    reach = int(40 * s) + 3
    return log(sum(exp(-((k - m) / s) ** 2 / 2) for k in range(int(floor(m)) - reach, int(floor(m)) + reach)))


# family: (names, log mass, low, high, about where the mass is and how wide)
normals = {}


def discretized_normal(k, m, s):
    if (m, s) not in normals:
        normals[m, s] = discretized(m, s)
    return -((k - m) / s) ** 2 / 2 - normals[m, s]


families = {
    "bernoulli": (["probability"], bernoulli, lambda p: (0, 1, p, 1)),
    "bernoulli ": (["logit"], by_logit(bernoulli), lambda p: (0, 1, 0, 1)),
    "binomial": (["trials", "probability"], binomial_mass, lambda n, p: (0, n, n * p, sqrt(n * p * (1 - p)))),
    "geometric": (["probability"], geometric, lambda p: (0, inf, 0, 1 / p)),
    "negative_binomial": (["successes", "probability"], negative_binomial,
                          lambda r, p: (0, inf, r * (1 - p) / p, sqrt(r * (1 - p)) / p)),
    "negative_binomial ": (["mean", "dispersion"], lambda k, m, r: negative_binomial(k, r, r / (m + r)),
                           lambda m, r: (0, inf, m, sqrt(m + m * m / r))),
    "poisson": (["rate"], lambda k, r: -r + plog(k, r) - loggamma(k + 1), lambda r: (0, inf, r, sqrt(r))),
    "beta_binomial": (["trials", "alpha", "beta"],
                      lambda k, n, a, b: choose(n, k) + log_beta(k + a, n - k + b) - log_beta(a, b),
                      lambda n, a, b: (0, n, n * a / (a + b), n)),
    "zero_inflated_poisson": (["gate", "rate"], zip_mass, lambda g, r: (0, inf, r, r + sqrt(r))),
    "skellam": (["rate1", "rate2"], skellam, lambda a, b: (-inf, inf, a - b, sqrt(a + b))),
    "logarithmic": (["probability"], lambda k, p: k * log(p) - log(k) - log(-log1p(-p)), lambda p: (1, inf, 1, 1 / (1 - p))),
    "hypergeometric": (["population", "successes", "draws"],
                       lambda k, N, K, n: choose(K, k) + choose(N - K, n - k) - choose(N, n),
                       lambda N, K, n: (max(0, n + K - N), min(n, K), n * K / N, sqrt(n * K / N))),
    "discrete_uniform": (["low", "high"], lambda k, a, b: -log(b - a + 1), lambda a, b: (a, b, (a + b) / 2, b - a)),
    "discretized_normal": (["mean", "stddev"], discretized_normal, lambda m, s: (-inf, inf, m, s)),
}


def lattice(family, t):
    low, high, middle, width = families[family][2](*t)
    reach = 60 * width + 200 if family != "geometric" else 150 * width + 200
    a = max(low, floor(middle - reach)) if low != -inf else floor(middle - reach)
    b = min(high, floor(middle + reach)) if high != inf else floor(middle + reach)
    return range(int(a), int(b) + 1)


def arguments(family, t):
    return dict(zip(families[family][0], [float(x) for x in t]))


def member(family, t, points, labels):
    t = [mpf(float(x)) for x in t]
    f = families[family][1]
    mass = {k: exp(f(k, *t)) for k in lattice(family, t)}
    total = sum(mass.values())
    assert abs(total - 1) < mpf(10) ** -30, (family, t, total)
    statistics = {"x": lambda k: k, "x2": lambda k: k * k, "x3": lambda k: k ** 3, "x4": lambda k: k ** 4,
                  "log_factorial": lambda k: loggamma(k + 1), "log_x": lambda k: log(k), "1/x": lambda k: mpf(1) / k}
    out = {"family": family.strip(), "arguments": arguments(family, t), "points": [], "moments": {}}
    for k in points:
        below = sum(m for j, m in mass.items() if j <= k)
        above = sum(m for j, m in mass.items() if j > k)
        out["points"].append([float(k), float(f(k, *t)), float(below), float(above)])
    out["entropy"] = float(-sum(m * f(k, *t) for k, m in mass.items() if m > 0))
    for label in labels:
        out["moments"][label] = float(sum(m * statistics[label](k) for k, m in mass.items() if m > 0))
    return out


def kl(family, p, q):
    p, q = [mpf(float(x)) for x in p], [mpf(float(x)) for x in q]
    f = families[family][1]

    def value(*t):
        a, b = t[:len(p)], t[len(p):]
        return sum(exp(f(k, *a)) * (f(k, *a) - f(k, *b)) for k in lattice(family, p) if f(k, *a) > -inf)

    v = value(*p, *q)
    slack = mpf(0)
    for i, x in enumerate([*p, *q]):
        if families[family][0][i % len(p)] in ("trials",) or x == 0 or v == inf:
            continue
        h = x * mpf(10) ** -20
        up, down = [*p, *q], [*p, *q]
        up[i] += h
        down[i] -= h
        slack += abs(x * (value(*up) - value(*down)) / (2 * h))
    tolerance = mpf(10) ** -13 * abs(v) + 8 * EPS * slack if v != inf else 0
    return {"p": [family.strip(), arguments(family, p)], "q": [family.strip(), arguments(family, q)],
            "value": float(v) if v != inf else "inf", "tolerance": float(tolerance)}


basic = ["x", "x2", "x3", "x4", "log_factorial"]
members = [
    member("bernoulli", [0.3], [0, 1], basic), member("bernoulli", [1e-40], [0], ["x"]), member("bernoulli ", [40.0], [0, 1], ["x", "x2"]),
    member("binomial", [12, 0.3], [0, 3, 12], basic), member("binomial", [10000, 1e-3], [0, 10, 40], basic),
    member("binomial", [3000, 0.6], [1700, 1800, 1950], basic),
    member("geometric", [0.3], [0, 4, 50], basic), member("geometric", [0.004], [0, 100, 5000], basic),
    member("negative_binomial", [2.5, 0.4], [0, 3, 40], basic), member("negative_binomial", [0.01, 0.05], [0, 1, 100], basic),
    member("negative_binomial", [900.0, 0.25], [2500, 2700, 3100], basic), member("negative_binomial ", [3.0, 1e6], [0, 3, 20], basic),
    member("poisson", [1e-3], [0, 1, 5], basic), member("poisson", [3.5], [0, 3, 30], basic), member("poisson", [2e4], [19000, 20000, 20500], basic),
    member("beta_binomial", [20, 0.3, 0.4], [0, 7, 20], basic), member("beta_binomial", [40, 3e5, 2e5], [10, 24, 40], basic),
    member("beta_binomial", [3000, 1.5, 4.0], [0, 700, 2900], basic),
    member("zero_inflated_poisson", [0.2, 3.0], [0, 1, 15], basic), member("zero_inflated_poisson", [0.9, 1e-3], [0, 1], basic),
    member("skellam", [3.0, 1.5], [-8, 0, 2, 20], ["x", "x2", "x3", "x4"]), member("skellam", [1e-3, 250.0], [-300, -250, -100], ["x", "x2"]),
    member("skellam", [500.0, 300.0], [-50, 200, 400], ["x", "x2", "x3", "x4"]),
    member("logarithmic", [0.5], [1, 3, 40], [*basic, "log_x", "1/x"]), member("logarithmic", [1e-6], [1, 2], ["x", "x2"]),
    member("logarithmic", [0.999], [1, 100, 8000], [*basic, "log_x", "1/x"]),
    member("hypergeometric", [30, 12, 10], [0, 4, 10], basic), member("hypergeometric", [100000, 4000, 2000], [50, 80, 120], basic),
    member("discrete_uniform", [-3, 8], [-3, 0, 7], ["x", "x2", "x3", "x4"]),
    member("discretized_normal", [0.3, 0.4], [-2, 0, 1, 3], ["x", "x2", "x3", "x4"]),
    member("discretized_normal", [-7.6, 2.5], [-20, -8, 4], ["x", "x2", "x3", "x4"]),
    member("discretized_normal", [1000.25, 30.0], [900, 1000, 1100], ["x", "x2"]),
    member("discretized_normal", [0.5, 0.05], [0, 1], ["x", "x2"]),
]
for s in (1.05, 1.5, 3.0, 40.0):
    s = mpf(s)
    z = zeta(s)
    slope = -zeta(s, 1, 1) if False else diff(zeta, s)
    points = [[float(k), float(-s * log(k) - log(z)), float(1 - zeta(s, k + 1) / z), float(zeta(s, k + 1) / z)] for k in (1, 5, 1000)]
    moments = {"log_x": float(-slope / z), "log2_x": float(diff(zeta, s, 2) / z), "1/x": float(zeta(s + 1) / z)}
    if s > 2:
        moments["sqrt_x"] = float(zeta(s - 0.5) / z)
        moments["x"] = float(zeta(s - 1) / z)
    members.append({"family": "zeta", "arguments": {"shape": float(s)}, "points": points, "moments": moments,
                    "entropy": float(-s * slope / z + log(z))})

near = 1 + 1e-8
divergences = [
    kl("bernoulli", [0.5], [1e-40]), kl("bernoulli", [0.3], [0.3 * near]), kl("bernoulli", [1 - 1e-9], [1 - 1.00000001e-9]),
    kl("bernoulli", [0.0], [0.25]), kl("bernoulli", [1.0], [0.75]), kl("bernoulli", [0.9], [0.2]),
    kl("bernoulli ", [-200.0], [200.0]), kl("bernoulli ", [50.0], [50.0 * near]), kl("bernoulli ", [0.0], [-200.0]),
    kl("binomial", [3, 1.0], [3, 0.5]), kl("binomial", [100, 0.3], [100, 0.3 * near]), kl("binomial", [100, 0.3], [100, 0.999]),
    kl("geometric", [0.3], [0.3 * near]), kl("geometric", [0.01], [0.9]), kl("geometric", [0.9], [0.01]), kl("geometric", [1.0], [0.01]),
    kl("negative_binomial", [2.5, 0.4], [2.5, 0.4 * near]), kl("negative_binomial", [0.01, 0.2], [0.01, 0.7]),
    kl("negative_binomial ", [3.0, 1000.0], [3.00000001, 1000.0]), kl("poisson", [1e-12], [1.0]), kl("poisson", [3.0], [3.0 * near]),
    kl("poisson", [10.0], [1e12]), kl("poisson", [100.0], [1e-9]), kl("poisson", [2000.0], [2100.0]), kl("poisson", [2000.0], [2000.0 * near]),
    kl("discrete_uniform", [-2, 3], [-1000, 1000000]),
]
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "counts.json")
with open(path, "w") as file:
    file.write('{"members": [\n' + ",\n".join(json.dumps(m) for m in members) + '\n],\n"kl": [\n' +
               ",\n".join(json.dumps(d) for d in divergences) + "\n]}\n")
