#!/usr/bin/env python3
"""Golden values of the families of vectors and matrices, by mpmath with 60 digits.

Writes vector_families.json: {densities: [...], kl: [...]}, read by tests/plugins/vector_families.cpp. Arguments are exact doubles.
`tolerance` of a divergence is 1e-13 |value| + 8 eps sum |theta_i dD/dtheta_i| over the parameters as they are given, and for matrices
times a condition number.
"""
import json
import os
from mpmath import mp, mpf, matrix, digamma, det, diff, inverse, log, loggamma, pi

mp.dps = 60
EPS = mpf(2) ** -52


def mat(rows):
    return matrix([[mpf(v) for v in row] for row in rows])


def trace(m):
    return sum(m[i, i] for i in range(m.rows))


def log_gamma_d(n, d):
    return mpf(d * (d - 1)) / 4 * log(pi) + sum(loggamma(n - mpf(j) / 2) for j in range(d))


def digamma_d(n, d):
    return sum(digamma(n - mpf(j) / 2) for j in range(d))


def plog(x, p):
    return mpf(0) if x == 0 else x * log(p)


# Densities

def categorical(x, probabilities):
    return log(mpf(probabilities[x[0]]))


def multinomial(x, trials, probabilities):
    return loggamma(mpf(trials) + 1) - sum(loggamma(mpf(k) + 1) for k in x) + sum(
        plog(mpf(k), mpf(p)) for k, p in zip(x, probabilities))


def dirichlet(x, concentration):
    a = [mpf(c) for c in concentration]
    return loggamma(sum(a)) - sum(map(loggamma, a)) + sum((c - 1) * log(mpf(v)) for c, v in zip(a, x))


def wishart(x, degrees_of_freedom, scale=None, inverse_scale=None):
    v = mpf(degrees_of_freedom)
    s = mat(scale) if scale else inverse(mat(inverse_scale))
    d, w = s.rows, square(x)
    return (v - d - 1) / 2 * log(det(w)) - trace(inverse(s) * w) / 2 - v * d / 2 * log(2) - v / 2 * log(det(s)) - log_gamma_d(v / 2, d)


def inverse_wishart(x, degrees_of_freedom, scale):
    v, s, w = mpf(degrees_of_freedom), mat(scale), square(x)
    d = s.rows
    return v / 2 * log(det(s)) - (v + d + 1) / 2 * log(det(w)) - trace(s * inverse(w)) / 2 - v * d / 2 * log(2) - log_gamma_d(v / 2, d)


def square(x):
    d = int(len(x) ** 0.5 + 0.5)
    return mat([[x[i + d * j] for j in range(d)] for i in range(d)])


def normal(x, mean, precision):
    return (log(precision) - log(2 * pi)) / 2 - precision * (x - mean) ** 2 / 2


def normal_gamma(x, mean, kappa, shape, rate):
    m, k, a, b = map(mpf, (mean, kappa, shape, rate))
    mu, tau = map(mpf, x)
    return a * log(b) - loggamma(a) + (a - 1) * log(tau) - b * tau + normal(mu, m, k * tau)


def normal_inverse_gamma(x, mean, kappa, shape, scale):
    v = mpf(x[1])
    return normal_gamma((x[0], 1 / v), mean, kappa, shape, scale) - 2 * log(v)


def multivariate_normal(x, mean, precision):
    d = precision.rows
    z = matrix([mpf(a) - mpf(b) for a, b in zip(x, mean)])
    return (log(det(precision)) - d * log(2 * pi) - (z.T * precision * z)[0]) / 2


def normal_wishart(x, mean, kappa, degrees_of_freedom, scale):
    d = len(mean)
    lam = square(x[d:])
    return wishart(x[d:], degrees_of_freedom, scale) + multivariate_normal(x[:d], mean, mpf(kappa) * lam)


def multivariate_student_t(x, degrees_of_freedom, mean, scale_matrix):
    v, s = mpf(degrees_of_freedom), mat(scale_matrix)
    d = s.rows
    z = matrix([mpf(a) - mpf(b) for a, b in zip(x, mean)])
    q = (z.T * inverse(s) * z)[0]
    return loggamma((v + d) / 2) - loggamma(v / 2) - d * log(v * pi) / 2 - log(det(s)) / 2 - (v + d) / 2 * log(1 + q / v)


def dirichlet_multinomial(x, trials, concentration):
    a, n = [mpf(c) for c in concentration], mpf(trials)
    total = sum(a)
    return loggamma(total) + loggamma(n + 1) - loggamma(n + total) + sum(
        loggamma(k + c) - loggamma(c) - loggamma(mpf(k) + 1) for k, c in zip(x, a))


def kron(a, b):
    return matrix(a.rows * b.rows, a.rows * b.rows) + matrix(
        [[a[i // b.rows, j // b.rows] * b[i % b.rows, j % b.rows] for j in range(a.rows * b.rows)] for i in range(a.rows * b.rows)])


def matrix_normal(x, mean, row_covariance, column_covariance):
    flat_mean = [row[j] for j in range(len(mean[0])) for row in mean]
    return multivariate_normal(x, flat_mean, inverse(kron(mat(column_covariance), mat(row_covariance))))


def lkj(x, shape, dimension):
    d, a = dimension, mpf(shape)
    c = sum((d - k) * ((2 * a - 2 + d - k) * log(2) + 2 * loggamma(a + mpf(d - k - 1) / 2) - loggamma(2 * a + d - k - 1)) for k in range(1, d))
    return (a - 1) * log(det(square(x))) - c


DENSITIES = [
    (categorical, {"probabilities": [0.25, 0.5, 0.25]}, [[0], [1]]),
    (multinomial, {"trials": 10, "probabilities": [0.25, 0.5, 0.25]}, [[2, 5, 3], [0, 10, 0]]),
    (multinomial, {"trials": 1000000, "probabilities": [0.125, 0.75, 0.125]}, [[125000, 750000, 125000], [120000, 760000, 120000]]),
    (dirichlet, {"concentration": [0.5, 2, 3.5]}, [[0.25, 0.5, 0.25], [0.0078125, 0.9921875 - 0.125, 0.125]]),
    (dirichlet, {"concentration": [1e6, 2e6, 1e6]}, [[0.25, 0.5, 0.25]]),
    (dirichlet, {"concentration": [0.001, 0.002]}, [[0.25, 0.75]]),
    (wishart, {"degrees_of_freedom": 4.5, "scale": [[2, 0.5], [0.5, 1]]}, [[3, 1, 1, 2], [1, 0.25, 0.25, 5]]),
    (wishart, {"degrees_of_freedom": 1.25, "inverse_scale": [[2, 0.5], [0.5, 1]]}, [[3, 1, 1, 2]]),
    (wishart, {"degrees_of_freedom": 7, "scale": [[2, 0.5, 0], [0.5, 1, 0.25], [0, 0.25, 3]]}, [[3, 1, 0, 1, 2, 0.5, 0, 0.5, 4]]),
    (inverse_wishart, {"degrees_of_freedom": 4.5, "scale": [[2, 0.5], [0.5, 1]]}, [[3, 1, 1, 2], [1, 0.25, 0.25, 5]]),
    (normal_gamma, {"mean": 1, "kappa": 2, "shape": 3, "rate": 0.5}, [[0.5, 2], [1, 10]]),
    (normal_inverse_gamma, {"mean": 1, "kappa": 2, "shape": 3, "scale": 0.5}, [[0.5, 2], [1, 0.125]]),
    (normal_wishart, {"mean": [1, -1], "kappa": 2, "degrees_of_freedom": 4.5, "scale": [[2, 0.5], [0.5, 1]]}, [[0.5, 0, 3, 1, 1, 2]]),
    (multivariate_student_t, {"degrees_of_freedom": 3.5, "mean": [1, -1], "scale_matrix": [[2, 0.5], [0.5, 1]]}, [[0.5, 0], [100, -50]]),
    (matrix_normal, {"mean": [[1, 2, 0], [0, -1, 1]], "row_covariance": [[2, 0.5], [0.5, 1]],
                     "column_covariance": [[2, 0.5, 0], [0.5, 1, 0.25], [0, 0.25, 3]]}, [[0, 1, 2, 3, 4, 5]]),
    (lkj, {"shape": 2.5, "dimension": 3}, [[1, 0.5, 0.25, 0.5, 1, -0.125, 0.25, -0.125, 1]]),
    (lkj, {"shape": 0.5, "dimension": 2}, [[1, -0.75, -0.75, 1]]),
    (dirichlet_multinomial, {"trials": 10, "concentration": [0.5, 2, 3.5]}, [[2, 5, 3], [0, 10, 0]]),
]


# Divergences of (flat list of parameters): gradients are taken in them.

def kl_dirichlet(a, b):
    a0, b0 = sum(a), sum(b)
    return loggamma(a0) - loggamma(b0) + sum(loggamma(y) - loggamma(x) + (x - y) * (digamma(x) - digamma(a0)) for x, y in zip(a, b))


def kl_categorical(p, q):
    return sum(plog(x, x) - plog(x, y) for x, y in zip(p, q))


def kl_gamma(a, b, c, d):  # shapes a, c and rates b, d
    return (a - c) * digamma(a) - loggamma(a) + loggamma(c) + c * log(b / d) + a * (d - b) / b


def kl_normal_gamma(p, q):
    m, k, a, b = p
    n, l, c, d = q
    return kl_gamma(a, b, c, d) + (l / k - 1 - log(l / k) + l * (m - n) ** 2 * a / b) / 2


def kl_wishart(p, q, inverted=False):
    d = {2: 1, 5: 2, 10: 3}[len(p)]
    v, w = p[0], q[0]
    s, t = [matrix(d, d) for _ in range(2)]
    for i in range(d):
        for j in range(d):
            s[i, j], t[i, j] = p[1 + i + d * j], q[1 + i + d * j]
    m = inverse(s) * t if inverted else inverse(t) * s
    return v / 2 * (trace(m) - d) - w / 2 * log(det(m)) + log_gamma_d(w / 2, d) - log_gamma_d(v / 2, d) - (w - v) / 2 * digamma_d(v / 2, d)


def kl_matrix_normal(p, q):  # 2 x 2 each
    def parts(t):
        return [matrix([[t[k], t[k + 1]], [t[k + 2], t[k + 3]]]) for k in (0, 4, 8)]
    (m, u, v), (n, w, x) = parts(p), parts(q)
    d = m - n
    a, b = inverse(w) * u, inverse(x) * v
    return (trace(a) * trace(b) + trace(inverse(x) * d.T * inverse(w) * d) - 4 - 2 * log(det(a)) - 2 * log(det(b))) / 2


def flat(arguments):
    out = []
    for value in arguments.values():
        if isinstance(value, list):
            for v in value:
                out += [mpf(x) for x in v] if isinstance(v, list) else [mpf(v)]
        else:
            out.append(mpf(value))
    return out


def slope(f, theta, i):
    def at(x):
        moved = list(theta)
        moved[i] = x
        return f(moved)
    return diff(at, theta[i], h=mpf(10) ** -20 * (abs(theta[i]) or 1))


KL = []
for a, b in [([1, 2, 3], [3, 2, 1]), ([0.5, 0.5], [5, 7]), ([1e6, 2e6, 5e5], [1e6 + 0.01, 2e6, 5e5]), ([1e-3, 1e-3], [1e6, 1e6]),
             ([1e6, 1e6], [1e-3, 2e-3]), ([1e6, 1e-3], [3e6, 1e-3]), ([1, 1e-3], [3, 1e-3]), ([1e6, 1e-3, 7], [1e6, 1e-3, 7.0000001]),
             ([2, 3, 4, 5], [2.00000002, 3, 4, 5]), ([2, 3, 4, 5], [4, 6, 8, 10]), ([1e5, 2e5], [2e5, 4e5])]:
    KL.append(("dirichlet", {"concentration": a}, {"concentration": b}, kl_dirichlet, 1))
for a, b in [([0.25, 0.5, 0.25], [0.5, 0.25, 0.25]), ([0.5, 0.5], [0.5 + 2.0 ** -30, 0.5 - 2.0 ** -30]), ([0.5, 0.5], [2.0 ** -140, 1.0]),
             ([0.0, 1.0], [0.5, 0.5])]:
    KL.append(("categorical", {"probabilities": a}, {"probabilities": b}, kl_categorical, 1))
S, T = [[2, 0.5], [0.5, 1]], [[1, -0.25], [-0.25, 3]]
S3 = [[2, 0.5, 0], [0.5, 1, 0.25], [0, 0.25, 3]]
NEAR = [[2 + 2.0 ** -27, 0.5], [0.5, 1]]
for name in ("wishart", "inverse_wishart"):
    for v, s, w, t in [(4.5, S, 6, T), (1.25, S, 50, T), (50, S, 1.25, T), (4.5, S, 4.5, NEAR), (1e6, S, 1e6 + 0.01, S), (4.5, S, 4.5 + 2.0 ** -25, S),
                       (2e6, S, 2e6, T), (7, S3, 9, S3), (3, [[1e-12]], 5, [[1e12]])]:
        KL.append((name, {"degrees_of_freedom": v, "scale": s}, {"degrees_of_freedom": w, "scale": t},
                   (lambda p, q, inverted=(name != "wishart"): kl_wishart(p, q, inverted)), 8))
for p, q in [((1, 2, 3, 0.5), (0, 1, 2, 4)), ((1, 2, 3, 0.5), (1, 2 + 2.0 ** -27, 3, 0.5)), ((1, 1e-6, 1e5, 1e-3), (1, 1e6, 1e-3, 1e5))]:
    for name, last in (("normal_gamma", "rate"), ("normal_inverse_gamma", "scale")):
        KL.append((name, dict(zip(("mean", "kappa", "shape", last), p)), dict(zip(("mean", "kappa", "shape", last), q)), kl_normal_gamma, 1))

M = [[1, 2], [0, -1]]
for u, v, n in ((T, S, [[0, 0], [0, 0]]), (NEAR, S, M), (S, NEAR, M)):
    KL.append(("matrix_normal", {"mean": M, "row_covariance": S, "column_covariance": S},
               {"mean": n, "row_covariance": u, "column_covariance": v}, kl_matrix_normal, 8))


def main():
    out = {"densities": [], "kl": []}
    for f, arguments, points in DENSITIES:
        out["densities"].append({"family": f.__name__, "arguments": arguments,
                                 "points": [[x, float(f(x, **arguments))] for x in points]})
    for family, p, q, f, condition in KL:
        a, b = flat(p), flat(q)
        value = f(a, b)
        moved = sum(abs(a[i] * slope(lambda t: f(t, b), a, i)) for i in range(len(a)) if a[i] != 0)
        moved += sum(abs(b[i] * slope(lambda t: f(a, t), b, i)) for i in range(len(b)) if b[i] != 0)
        out["kl"].append({"family": family, "p": p, "q": q, "value": float(value),
                          "tolerance": float(mpf(10) ** -13 * condition * abs(value) + 8 * EPS * condition * moved)})
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "vector_families.json")
    with open(path, "w") as file:
        json.dump(out, file, indent=1)


if __name__ == "__main__":
    main()
