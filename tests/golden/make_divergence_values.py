#!/usr/bin/env python3
"""Golden values of divergences between distributions as they are written in files, by mpmath with 50 digits.

Writes divergence_values.json, one row a value: {"divergence", "p", "q", "value", "condition"}. The parameters are exact doubles and the stored
ones; "condition" is sum |theta_i dD/dtheta_i| over both sides, by differences, and 0 where it does not matter.

Exponential families: KL is the Bregman divergence of the log-partition, alpha integrals are exp of its Jensen gap; the log-partitions are written out
here, their gradients are mpmath's. Everything else is quadrature of the densities, checked against half as many pieces, or a sum.
"""
import json
import os
from mpmath import mp, mpf, exp, inf, log, loggamma, pi, quad, sqrt, log1p, fabs

mp.dps = 50


class Family:
    """names of the parameters, natural parameters of theta, log-partition, and whether eta is in its domain"""

    def __init__(self, names, eta, log_partition, inside, log_pdf=None):
        self.names, self.eta, self.log_partition, self.inside, self.log_pdf = names, eta, log_partition, inside, log_pdf


NORMAL = Family(["mean", "stddev"], lambda m, s: [m / s**2, -1 / (2 * s**2)],
                lambda a, b: -a * a / (4 * b) - log(-2 * b) / 2 + log(2 * pi) / 2, lambda a, b: b < 0,
                lambda x, m, s: -((x - m) / s) ** 2 / 2 - log(s) - log(2 * pi) / 2)
GAMMA = Family(["shape", "rate"], lambda k, r: [k - 1, -r], lambda a, b: loggamma(a + 1) - (a + 1) * log(-b),
               lambda a, b: a > -1 and b < 0, lambda x, k, r: (k - 1) * log(x) - r * x + k * log(r) - loggamma(k))
INVERSE_GAMMA = Family(["shape", "scale"], lambda k, r: [-k - 1, -r], lambda a, b: loggamma(-a - 1) - (-a - 1) * log(-b),
                       lambda a, b: a < -1 and b < 0,
                       lambda x, k, r: -(k + 1) * log(x) - r / x + k * log(r) - loggamma(k))
EXPONENTIAL = Family(["rate"], lambda r: [-r], lambda a: -log(-a), lambda a: a < 0, lambda x, r: log(r) - r * x)
POISSON = Family(["rate"], lambda r: [log(r)], lambda a: exp(a), lambda a: True,
                 lambda k, r: k * log(r) - r - loggamma(k + 1))
GEOMETRIC = Family(["probability"], lambda p: [log1p(-p)], lambda a: -log(1 - exp(a)), lambda a: a < 0,
                   lambda k, p: log(p) + k * log1p(-p))
BERNOULLI = Family(["probability"], lambda p: [log(p / (1 - p))], lambda a: log1p(exp(a)), lambda a: True)

BETA = Family(["alpha", "beta"], lambda a, b: [a - 1, b - 1], lambda a, b: loggamma(a + 1) + loggamma(b + 1) - loggamma(a + b + 2),
              lambda a, b: a > -1 and b > -1)

FAMILIES = {"normal": NORMAL, "gamma": GAMMA, "inverse_gamma": INVERSE_GAMMA, "exponential": EXPONENTIAL, "poisson": POISSON,
            "geometric": GEOMETRIC, "bernoulli": BERNOULLI, "beta": BETA}


def bregman(family, p, q):
    a, b = family.eta(*p), family.eta(*q)
    slope = [gradient(family, a, i) for i in range(len(a))]
    return family.log_partition(*b) - family.log_partition(*a) - sum((y - x) * s for x, y, s in zip(a, b, slope))


def gradient(family, eta, i):
    """central differences of eighth order with 160 digits: their error is (1e-16)^8 relative"""
    with mp.workdps(160):
        h = (fabs(eta[i]) if eta[i] else mpf(1)) * mpf(10) ** -16
        def at(k):
            return family.log_partition(*[x + k * h if j == i else x for j, x in enumerate(eta)])
        return (mpf(4) / 5 * (at(1) - at(-1)) - mpf(1) / 5 * (at(2) - at(-2)) + mpf(4) / 105 * (at(3) - at(-3)) - mpf(1) / 280 * (at(4) - at(-4))) / h


def log_c(family, p, q, a):
    """log of integral p^a q^(1-a); None for +inf"""
    x, y = family.eta(*p), family.eta(*q)
    mixed = [a * u + (1 - a) * v for u, v in zip(x, y)]
    if not family.inside(*mixed):
        return None
    return family.log_partition(*mixed) - a * family.log_partition(*x) - (1 - a) * family.log_partition(*y)


def of_family(name, family, p, q):
    """D by name and parameter; +inf as inf"""
    base, _, rest = name.partition("(")
    order = mpf(rest[:-1]) if rest else None
    if base == "kl":
        return bregman(family, p, q)
    if base == "jeffreys":
        return bregman(family, p, q) + bregman(family, q, p)
    order = {"hellinger": mpf(1) / 2, "bhattacharyya": mpf(1) / 2, "chi_squared": mpf(2), "reverse_chi_squared": mpf(-1)}.get(base, order)
    l = log_c(family, p, q, order)
    if l is None:
        return inf
    c_minus_1 = mp.expm1(l)
    return {"hellinger": lambda: sqrt(-c_minus_1), "bhattacharyya": lambda: -l, "chi_squared": lambda: c_minus_1, "reverse_chi_squared": lambda: c_minus_1,
            "renyi": lambda: l / (order - 1), "tsallis": lambda: c_minus_1 / (order - 1),
            "amari_alpha": lambda: -c_minus_1 / (order * (1 - order))}[base]()


def condition(f, p, q):
    """sum |theta dD/dtheta| by forward differences"""
    total, base = mpf(0), f(p, q)
    h = mpf(10) ** -20
    for side in (0, 1):
        for i in range(len(p)):
            moved = [list(p), list(q)]
            moved[side][i] *= 1 + h
            value = f(*moved)
            if value != inf:
                total += fabs(value - base) / h
    return total


rows = []


def text(name, names, theta):
    return f"{name}({', '.join(f'{n} = {float(v)!r}' for n, v in zip(names, theta))})"


def add(divergence, p, q, value, cond=0):
    if value == inf:  # of the integral; an order below 0 divides its logarithm by something negative
        value = "-inf" if "(-" in divergence else "inf"
    rows.append({"divergence": divergence, "p": p, "q": q, "value": value if isinstance(value, str) else float(value), "condition": float(cond)})


def m(values):
    return [mpf(v) for v in values]


PAIRS = {
    "normal": [((0, 1), (1, 2)), ((0, 1), (1e-8, 1)), ((0, 1), (0, 1 + 1e-8)), ((0, 1e-6), (0, 1e6)), ((3, 1e6), (-2, 1e-6)), ((1e4, 1), (1e4 + 1, 1.5)),
               ((0, 1), (30, 1))],
    "gamma": [((2, 3), (2.5, 1)), ((1e-3, 1), (2, 3)), ((1e6, 1), (1e6 + 1, 1)), ((50, 2), (50 - 1e-8, 2)), ((3, 1e-6), (3, 1e6)), ((0.5, 2), (0.5, 2 * (1 + 1e-8)))],
    "inverse_gamma": [((2, 3), (2.5, 1)), ((1e-3, 1), (2, 3)), ((1e5, 2), (1e5 + 1, 2)), ((3, 1e-6), (3, 1e6))],
    "exponential": [((2,), (3,)), ((1,), (1 + 1e-8,)), ((1e-6,), (1e6,)), ((1e12,), (1,))],
    "poisson": [((2,), (3,)), ((1e-3,), (10,)), ((1e6,), (1e6 + 1,)), ((4,), (4 + 1e-8,)), ((300,), (200,))],
    "geometric": [((0.25,), (0.5,)), ((1e-6,), (1e-3,)), ((0.5,), (0.5 + 1e-9,)), ((0.999,), (0.001,))],
    "bernoulli": [((0.25,), (0.5,)), ((1e-12,), (0.5,)), ((0.3,), (0.3 + 1e-9,)), ((0.999,), (0.001,))],
    "beta": [((2, 3), (2.5, 1)), ((1e-3, 2e-3), (2, 3)), ((1e6, 2e6), (1e6 + 1, 2e6)), ((1e6, 1e-3), (3e6, 2e-3)), ((0.5, 2), (0.5 + 2.0 ** -27, 2)),
             ((1, 1), (1e-3, 1e-3)), ((50, 2), (1, 40))],
}
NAMES = ["kl", "jeffreys", "renyi(0.25)", "renyi(0.5)", "renyi(0.999)", "renyi(2)", "renyi(-0.5)", "amari_alpha(0.5)", "amari_alpha(3)", "tsallis(0.25)", "bhattacharyya", "hellinger",
         "chi_squared", "reverse_chi_squared"]

for name, pairs in PAIRS.items():
    family = FAMILIES[name]
    for p, q in pairs:
        p, q = m(p), m(q)
        for divergence in NAMES:
            def f(a, b, divergence=divergence):
                return of_family(divergence, family, a, b)
            value = f(p, q)
            if value != inf and fabs(value) > mpf(10) ** 300:
                continue
            add(divergence, text(name, family.names, p), text(name, family.names, q), value, 0 if value == inf else condition(f, p, q))

# --- other families: densities, and pieces that quadrature is split into


def pieces(*places):
    reach = (0, 0.25, 0.5, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 100, 200, 400)
    return sorted({mpf(c) + s * mpf(r) * mpf(w) for c, w in places for r in reach for s in (1, -1)})


LAPLACE = (["location", "scale"], lambda x, l, s: -fabs(x - l) / s - log(2 * s))
CAUCHY = (["location", "scale"], lambda x, l, s: -log(pi * s) - log1p(((x - l) / s) ** 2))
LOGISTIC = (["location", "scale"], lambda x, l, s: -fabs(x - l) / s - log(s) - 2 * log1p(exp(-fabs(x - l) / s)))
STUDENT = (["degrees_of_freedom", "location", "scale"], lambda x, n, l, s: loggamma((n + 1) / 2) - loggamma(n / 2) - log(n * pi) / 2 - log(s) - (n + 1) / 2 * log1p(((x - l) / s) ** 2 / n))
LINE = {"normal": (NORMAL.names, NORMAL.log_pdf), "laplace": LAPLACE, "cauchy": CAUCHY, "logistic": LOGISTIC, "student_t": STUDENT}


def place(name, theta):
    return (theta[-2], theta[-1])


def crossing_points(lp, lq, ends):
    out = []
    for a, b in zip(ends, ends[1:]):
        r = lambda x: lp(x) - lq(x)
        ra, rb = r(a), r(b)
        if ra * rb < 0:
            out.append(mp.findroot(r, (a, b), solver="anderson"))
    return out


def on_the_line(divergence, pname, p, qname, q):
    lp = lambda x: LINE[pname][1](x, *p)
    lq = lambda x: LINE[qname][1](x, *q)
    ends = pieces(place(pname, p), place(qname, q))
    base, _, rest = divergence.partition("(")
    order = mpf(rest[:-1]) if rest else None
    if base == "kl":
        f = lambda x: exp(lp(x)) * (lp(x) - lq(x))
    elif base == "total_variation":
        ends = sorted(set(ends) | set(crossing_points(lp, lq, ends)))
        f = lambda x: fabs(exp(lp(x)) - exp(lq(x))) / 2
    elif base == "jensen_shannon":
        def f(x):
            a, b = exp(lp(x)), exp(lq(x))
            mid = (a + b) / 2
            return ((a * log(a / mid) if a else 0) + (b * log(b / mid) if b else 0)) / 2
    elif base == "hellinger":
        f = lambda x: (exp(lp(x) / 2) - exp(lq(x) / 2)) ** 2 / 2
    else:
        f = lambda x: exp(order * lp(x) + (1 - order) * lq(x))
    with mp.workdps(30):
        whole = [-inf] + ends + [inf]
        heavy = {pname, qname} & {"cauchy", "student_t"}
        if not heavy:
            whole = ends
        value = quad(f, whole)
        finer = sorted(set(ends) | {(u + v) / 2 for u, v in zip(ends, ends[1:])})
        again = quad(f, [-inf] + finer + [inf] if heavy else finer)
        if fabs(again - value) > mpf(10) ** -18 * fabs(again):
            return None
    if base == "hellinger":
        return sqrt(again)
    if base == "renyi":
        return log(again) / (order - 1)
    return again


LINE_PAIRS = [
    ("normal", (0, 1), "laplace", (0, 1)), ("laplace", (0.5, 2), "normal", (0, 1)), ("normal", (0, 1), "cauchy", (0, 1)), ("logistic", (0, 1), "normal", (1, 2)),
    ("normal", (0, 1e-4), "cauchy", (0, 1)), ("laplace", (0, 1), "logistic", (0, 1)), ("student_t", (3, 0, 1), "normal", (0, 2)), ("student_t", (5, 0, 1), "laplace", (1, 1)),
    ("logistic", (0, 1), "logistic", (2, 3)), ("normal", (50, 1), "normal", (0, 50)), ("laplace", (0, 1), "laplace", (1, 3)), ("cauchy", (0, 1), "student_t", (3, 1, 2)),
]
for pname, p, qname, q in LINE_PAIRS:
    a, b = m(p), m(q)
    for divergence in ["kl", "total_variation", "jensen_shannon", "hellinger", "renyi(0.5)"]:
        value = inf if divergence == "kl" and pname == "cauchy" and qname == "normal" else on_the_line(divergence, pname, a, qname, b)
        if value is not None:
            add(divergence, text(pname, LINE[pname][0], a), text(qname, LINE[qname][0], b), value)
for p, q in [("student_t(degrees_of_freedom = 1.5, location = 0, scale = 1)", "normal(mean = 0, stddev = 1)"), ("cauchy(location = 0, scale = 1)", "normal(mean = 0, stddev = 1)"),
             ("cauchy(location = 0, scale = 1)", "laplace(location = 0, scale = 1)"), ("inverse_gamma(shape = 0.5, scale = 1)", "gamma(shape = 2, rate = 1)"),
             ("normal(mean = 0, stddev = 1)", "gamma(shape = 2, rate = 1)")]:
    add("kl", p, q, inf)
    add("chi_squared", p, q, inf)

# --- counts
COUNT_PAIRS = [("poisson", (3,), "geometric", (0.25,)), ("geometric", (0.25,), "poisson", (3,)), ("geometric", (0.5,), "poisson", (1e-3,)), ("poisson", (0.01,), "geometric", (0.9,)),
               ("poisson", (50,), "geometric", (0.02,))]
for pname, p, qname, q in COUNT_PAIRS:
    p, q = m(p), m(q)
    lp = lambda k: FAMILIES[pname].log_pdf(k, *p)
    lq = lambda k: FAMILIES[qname].log_pdf(k, *q)
    terms = range(3000)
    kl = sum(exp(lp(mpf(k))) * (lp(mpf(k)) - lq(mpf(k))) for k in terms)
    tv = sum(fabs(exp(lp(mpf(k))) - exp(lq(mpf(k)))) for k in terms) / 2
    h = sqrt(sum((exp(lp(mpf(k)) / 2) - exp(lq(mpf(k)) / 2)) ** 2 for k in terms) / 2)
    for divergence, value in (("kl", kl), ("total_variation", tv), ("hellinger", h)):
        add(divergence, text(pname, FAMILIES[pname].names, p), text(qname, FAMILIES[qname].names, q), value)

# --- transport and distribution functions
def transport(divergence, cdf_p, cdf_q, ends):
    with mp.workdps(30):
        d = lambda x: cdf_p(x) - cdf_q(x)
        cut = []
        for a, b in zip(ends, ends[1:]):
            if d(a) * d(b) < 0:
                cut.append(mp.findroot(d, (a, b), solver="anderson"))
        ends = sorted(set(ends) | set(cut))
        return quad(lambda x: fabs(d(x)), ends) if divergence == "wasserstein_1" else 2 * quad(lambda x: d(x) ** 2, ends)


CDF = {"normal": lambda x, mean, s: mp.erfc(-(x - mean) / s / sqrt(2)) / 2, "laplace": lambda x, l, s: exp((x - l) / s) / 2 if x < l else 1 - exp(-(x - l) / s) / 2,
       "logistic": lambda x, l, s: 1 / (1 + exp(-(x - l) / s)) }
for pname, p, qname, q in [("normal", (0, 1), "laplace", (1, 2)), ("laplace", (0, 1), "logistic", (0, 1)), ("normal", (0, 1), "logistic", (3, 0.5)), ("laplace", (0, 1), "laplace", (2, 3)),
                           ("normal", (0, 1), "normal", (1, 3))]:
    a, b = m(p), m(q)
    for divergence in ("wasserstein_1", "energy"):
        value = transport(divergence, lambda x: CDF[pname](x, *a), lambda x: CDF[qname](x, *b), pieces(place(pname, a), place(qname, b)))
        add(divergence, text(pname, LINE[pname][0], a), text(qname, LINE[qname][0], b), value)
for p, q in [((2,), (3,)), ((1e-3,), (5,))]:
    a, b = m(p)[0], m(q)[0]
    add("wasserstein_1", text("exponential", ["rate"], [a]), text("exponential", ["rate"], [b]), fabs(1 / a - 1 / b))
    add("wasserstein_2", text("exponential", ["rate"], [a]), text("exponential", ["rate"], [b]), sqrt(mpf(2)) * fabs(1 / a - 1 / b))

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "divergence_values.json"), "w") as out:
    out.write("[\n " + ",\n ".join(json.dumps(row) for row in rows) + "\n]\n")
print(len(rows))
