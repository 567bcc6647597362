"""Values of the closed forms of families on the line, on intervals and on the circle, at 50 digits: tests/golden/line_rules.csv.

A line: divergence, family, parameters of p, parameters of q (separated by spaces), value, sum of |theta dD/dtheta|.
Values come from the textbook formulas, whose cancellation 50 digits bear; `check` compares a few of them with quadrature of
the densities. Usage: python3 make_line_rules.py > line_rules.csv
"""

from mpmath import mp, mpf, log, exp, gamma, loggamma, digamma, euler, pi, sqrt, cosh, sinh, acosh, quad, inf, diff

mp.dps = 60


def laplace(p, q):
    (m, b), (n, c) = p, q
    d = abs(m - n)
    return log(c / b) + d / c + b / c * exp(-d / b) - 1


def cauchy(p, q):
    (m, b), (n, c) = p, q
    return log(((b + c) ** 2 + (m - n) ** 2) / (4 * b * c))


def logistic(p, q):
    d = abs(p[0] - q[0]) / p[1]
    return d * cosh(d / 2) / sinh(d / 2) - 2 if d else mpf(0)


def gumbel(p, q):
    (m, b), (n, c) = p, q
    return log(c / b) + euler * (b / c - 1) + exp((n - m) / c) * gamma(b / c + 1) - 1 + (m - n) / c


def moyal(p, q):
    (m, b), (n, c) = p, q
    mean = euler + log(2)
    own = -(mean + 1) / 2 - log(b)
    other = -((m - n) / c + b / c * mean + exp((n - m) / c) * 2 ** (b / c) * gamma(b / c + mpf(1) / 2) / sqrt(pi)) / 2 - log(c)
    return own - other


def asymmetric_laplace(p, q):
    (m, b, k), (n, c, l) = p, q
    own = -1 - log(b) - log(k + 1 / k)
    d = (n - m) / b  # where q turns, in units of p
    mean = 1 / k - k
    beyond = exp(-k * d) / (k * (1 + k * k)) if d >= 0 else mean - d + k ** 3 * exp(d / k) / (1 + k * k)  # E (z - d)^+
    below = beyond - mean + d
    return own + log(c) + log(l + 1 / l) + b / c * (l * beyond + below / l)


def generalized_normal(p, q):
    (m, b, k), (n, c, l) = p, q
    return log(k * c * gamma(1 / l) / (l * b * gamma(1 / k))) + (b / c) ** l * gamma((l + 1) / k) / gamma(1 / k) - 1 / k


def uniform(p, q):
    return log((q[1] - q[0]) / (p[1] - p[0]))


def log_uniform(p, q):
    return log(log(q[1] / q[0]) / log(p[1] / p[0]))


def arcsine(p, q):
    w = p[1] - p[0]
    a, b = p[0] - q[0], q[1] - p[1]
    return log((sqrt(a) + sqrt(a + w)) * (sqrt(b) + sqrt(b + w)) / w)


def pareto(p, q):
    return log(p[1] / q[1]) + q[1] * log(p[0] / q[0]) + q[1] / p[1] - 1


def wrapped_cauchy(p, q):
    square = p[1] ** 2 + q[1] ** 2 - 2 * p[1] * q[1] * mp.cos(p[0] - q[0])
    return log(1 + square / ((1 - p[1] ** 2) * (1 - q[1] ** 2)))


def hyperbolic(a, b):
    def distance(p, q):
        return sqrt(b) * acosh(1 + (a / b * (p[0] - q[0]) ** 2 + (p[1] - q[1]) ** 2) / (2 * p[1] * q[1]))

    return distance


NEAR = mpf(1) + mpf(2) ** -27
PLACES = [
    ((0, 1), (0, 1 + mpf(2) ** -27)), ((0, 1), (mpf(2) ** -27, 1)), ((1.5, 2), (-0.25, 0.75)), ((0, 1), (3, 1e-3)),
    ((0, 1e6), (1, 1e-6)), ((0, 1e-6), (1, 1e6)), ((-20, 1.25), (30, 4)), ((0.5, 1.125), (0.75, 1)), ((0, 1), (0, 2)),
    ((3, 0.25), (3.0625, 0.25)), ((0, 3), (100, 3)), ((7, 1e-3), (7.0009765625, 1.0625e-3)),
]
SAME_SCALE = [((0, 1), (mpf(2) ** -27, 1)), ((0, 1), (1, 1)), ((2, 0.5), (-1, 0.5)), ((0, 4), (3000, 4)), ((0, 1e-3), (1, 1e-3))]
SHAPED = [
    ((0, 1, 1), (0, 1, 1 + mpf(2) ** -27)), ((0, 1, 2), (0, 1.5, 2)), ((0.5, 2, 0.5), (0.25, 1, 3)), ((0, 1, 1.5), (mpf(2) ** -27, 1, 1.5)),
    ((0, 1, 3), (5, 2, 0.25)), ((0, 1, 3), (-5, 2, 0.25)), ((1, 1e-4, 0.75), (0, 1e2, 1.25)), ((0, 1, 1.25), (0, 1.0625, 1.125)),
]
SHAPES = [
    ((0, 1, 1), (0, 1, 1 + mpf(2) ** -27)), ((0, 1, 2), (0, 1.5, 2)), ((1, 2, 0.5), (1, 1, 3)), ((0, 1, 8), (0, 1.03125, 8.125)),
    ((0, 1, 1.5), (0, 1.0625, 1.53125)), ((2, 1e-3, 1), (2, 1e3, 2)), ((0, 1, 2), (0, 1 + mpf(2) ** -27, 2)), ((0, 1, 0.25), (0, 2, 1)),
]
INSIDE = [((0, 1), (-1, 2)), ((0.25, 0.5), (0, 1)), ((1, 2), (1, 2 + mpf(2) ** -27)), ((0, 1e-6), (-1, 1e6)), ((3, 4), (2.5, 4))]
POSITIVE = [((1, 2), (0.5, 4)), ((1e-3, 1e3), (1e-6, 1e3)), ((1, 2), (1, 2 + mpf(2) ** -27)), ((5, 5.0625), (1, 100))]
PARETOS = [((1, 2), (1, 2 * NEAR)), ((2, 3), (1, 0.5)), ((1, 1e6), (1, 1e-3)), ((1 + mpf(2) ** -27, 4), (1, 4)), ((1e9, 1), (1e-9, 2))]
CIRCLE = [((0, 0.5), (mpf(2) ** -27, 0.5)), ((1, 0.25), (-2, 0.75)), ((3, 0.9375), (-3, 0.9375)), ((0, 0), (1, 0.5))]

KL = [
    ("laplace", laplace, PLACES), ("cauchy", cauchy, PLACES), ("logistic", logistic, SAME_SCALE),
    ("gumbel", gumbel, [x for x in PLACES if x[0][1] / x[1][1] < 100 and abs(x[0][0] - x[1][0]) / x[1][1] < 300]),
    ("moyal", moyal, [x for x in PLACES if x[0][1] / x[1][1] < 100 and abs(x[0][0] - x[1][0]) / x[1][1] < 300]),
    ("asymmetric_laplace", asymmetric_laplace, SHAPED), ("generalized_normal", generalized_normal, SHAPES),
    ("uniform", uniform, INSIDE), ("log_uniform", log_uniform, POSITIVE), ("arcsine", arcsine, INSIDE), ("pareto", pareto, PARETOS),
    ("wrapped_cauchy", wrapped_cauchy, CIRCLE),
]
THIRD = mpf(1) / 3
FISHER_RAO = {
    "normal": hyperbolic(mpf(1), mpf(2)), "laplace": hyperbolic(mpf(1), mpf(1)), "cauchy": hyperbolic(mpf(1) / 2, mpf(1) / 2),
    "logistic": hyperbolic(THIRD, (3 + pi**2) / 9), "hyperbolic_secant": hyperbolic(pi**2 / 8, pi**2 / 8),
}


def sensitivity(f, p, q):
    theta, total, n = list(p) + list(q), mpf(0), len(p)
    for i, t in enumerate(theta):
        h = (abs(t) if t else mpf(1)) * mpf(10) ** -20

        def at(s):
            moved = list(theta)
            moved[i] += s * h
            return f(tuple(moved[:n]), tuple(moved[n:]))

        try:
            total += abs(t * (at(1) - at(-1)) / (2 * h))
        except (ValueError, ZeroDivisionError):
            pass
        if isinstance(total, mp.mpc):
            total = abs(total.real)
    return total


def line(divergence, family, f, p, q):
    p, q = tuple(map(mpf, p)), tuple(map(mpf, q))
    numbers = [" ".join(repr(float(x)) for x in side) for side in (p, q)]
    value = f(p, q)
    return ",".join([divergence, family, *numbers, mp.nstr(value, 25), mp.nstr(sensitivity(f, p, q), 5)])


def check():
    def kl(log_p, log_q, points):
        return quad(lambda x: exp(log_p(x)) * (log_p(x) - log_q(x)), points)

    def same(a, b):
        assert abs(a - b) < mpf(10) ** -8 * (1 + abs(a)), (a, b)

    mp.dps = 25
    density = {
        "laplace": lambda t: lambda x: -abs(x - t[0]) / t[1] - log(2 * t[1]),
        "gumbel": lambda t: lambda x: -(x - t[0]) / t[1] - exp(-(x - t[0]) / t[1]) - log(t[1]),
        "moyal": lambda t: lambda x: -((x - t[0]) / t[1] + exp(-(x - t[0]) / t[1])) / 2 - log(2 * pi) / 2 - log(t[1]),
        "logistic": lambda t: lambda x: -(x - t[0]) / t[1] - 2 * log(1 + exp(-(x - t[0]) / t[1])) - log(t[1]),
    }
    p, q = (mpf(1) / 2, mpf(9) / 8), (mpf(3) / 4, mpf(1))
    for name, f, _ in KL:
        if name in density:
            other = q if name != "logistic" else (q[0], p[1])
            pieces = sorted({p[0], other[0], *range(-12, 13), -80, -40, -20, 20, 40, 80})
            same(f(p, other), kl(density[name](p), density[name](other), pieces[3 if name in ("gumbel", "moyal") else 0 :]))
    mp.dps = 60


def main():
    check()
    for family, f, pairs in KL:
        for p, q in pairs:
            print(line("kl", family, f, p, q))
    for family, f in FISHER_RAO.items():
        for p, q in PLACES:
            print(line("fisher_rao", family, f, p, q))
    for family, f in (("cauchy", lambda p, q: exp(cauchy(p, q)) * 2 - 2), ("wrapped_cauchy", lambda p, q: exp(wrapped_cauchy(p, q)) * 2 - 2)):
        for p, q in PLACES if family == "cauchy" else CIRCLE:
            print(line("chi_squared", family, f, p, q))
    chi = lambda p, q: 2 * exp(cauchy(p, q)) - 2
    for p, q in PLACES:
        print(line("total_variation", "cauchy", lambda p, q: 2 / pi * mp.atan(sqrt(chi(p, q) / 2)), p, q))
        print(line("jensen_shannon", "cauchy", lambda p, q: log(2 * sqrt(2 + chi(p, q)) / (sqrt(2 + chi(p, q)) + sqrt(2))), p, q))
        print(line("wasserstein_2", "normal", lambda p, q: sqrt((p[0] - q[0]) ** 2 + (p[1] - q[1]) ** 2), p, q))
        print(line("wasserstein_2", "logistic", lambda p, q: sqrt((p[0] - q[0]) ** 2 + (p[1] - q[1]) ** 2 * pi**2 / 3), p, q))


if __name__ == "__main__":
    main()
