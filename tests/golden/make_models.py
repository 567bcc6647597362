#!/usr/bin/python3
"""Golden values of the models in configs/: by BayesPy 0.5.22 (Debian: python3-bayespy), or written out where it has no such model.

Every model is run from a stated start, blocks updated in a stated order; the lower bound after each sweep and, under "q",
every number of the last factors go to models.json, named as in result.json. Usage: make_models.py > models.json
"""
import csv
import json
import os
import warnings

import numpy as np

warnings.filterwarnings("ignore")
from bayespy.inference import VB  # noqa: E402
from bayespy.inference.vmp.nodes import (  # noqa: E402
    Bernoulli, Beta, Categorical, Dirichlet, Gamma, Gaussian, GaussianARD, Mixture, Poisson, SumMultiply, Take, Wishart)

DATA = os.path.join(os.path.dirname(__file__), "..", "..", "configs", "data")


def table(name):
    with open(os.path.join(DATA, name)) as file:
        rows = list(csv.DictReader(file))
    return {key: [row[key] for row in rows] for key in rows[0]}


def numbers(cells):
    return np.array([float(c) if c not in ("", "NA") else np.nan for c in cells])


def standardized(matrix):
    return (matrix - np.nanmean(matrix, axis=0)) / np.nanstd(matrix, axis=0, ddof=1)


def levels(cells):
    names = sorted(set(cells))
    return np.array([names.index(c) for c in cells]), names


def listed(x):
    return np.asarray(x).tolist()


def run(nodes, order, sweeps):
    vb = VB(*nodes)
    bounds = []
    for _ in range(sweeps):
        vb.update(*order, repeat=1, verbose=False, tol=None)
        bounds.append(float(vb.loglikelihood_lowerbound()))
    return bounds


def digits12(x):
    return [float(f"{v:.12g}") for v in np.asarray(x, dtype=float).ravel()]


def normal(mean, second):
    mean, second = np.asarray(mean), np.asarray(second)
    squares = np.diagonal(second, axis1=-2, axis2=-1) if second.ndim > mean.ndim else second
    return {"mean": digits12(mean), "stddev": digits12(np.sqrt(squares - mean ** 2))}


def gamma(node):
    shape, rate = np.broadcast_arrays(node.phi[1], -node.phi[0])
    return {"parameters": {"shape": digits12(shape), "rate": digits12(rate)}}


def factor(node):
    """The numbers of a factor by their names in result.json."""
    if isinstance(node, (Gaussian, GaussianARD)):
        return normal(node.u[0], node.u[1])
    if isinstance(node, Gamma):
        return gamma(node)
    if isinstance(node, Wishart):
        return {"parameters": {"degrees_of_freedom": digits12(2 * node.phi[1])}, "mean": digits12(node.u[0])}
    if isinstance(node, Dirichlet):
        return {"parameters": {"concentration": digits12(node.phi[0])}}
    if isinstance(node, Categorical):
        return {"parameters": {"probabilities": digits12(node.u[0])}}
    raise TypeError(node)


def factors(*nodes):
    return {node.name: factor(node) for node in nodes}


def start_matrix(rows, columns):
    """A start that is not symmetric, by a formula that anyone can repeat."""
    i, j = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
    return np.round(np.sin(1.0 + 3.0 * i + 7.0 * j), 6)


def mixture():
    t = table("faithful.csv")
    y = standardized(np.column_stack([numbers(t["eruptions"]), numbers(t["waiting"])]))
    K, D = 6, 2
    weights = Dirichlet(0.01 * np.ones(K), name="weights")
    z = Categorical(weights, plates=(len(y),), name="z")
    mu = Gaussian(np.zeros(D), 0.1 * np.eye(D), plates=(K,), name="mu")
    Lambda = Wishart(D, np.eye(D), plates=(K,), name="Lambda")
    Y = Mixture(z, Gaussian, mu, Lambda, name="y")
    Y.observe(y)
    start = start_matrix(K, D)
    mu.initialize_from_parameters(start, np.eye(D))
    bounds = run([Y, z, mu, Lambda, weights], ["z", "weights", "mu", "Lambda"], 60)
    return {"bounds": bounds, "order": ["z", "weights", "mu", "Lambda"], "start": {"mu": {"mean": listed(start), "precision": 1}},
            "q": factors(z, weights, mu, Lambda)}


def mean_and_precision():
    y = numbers(table("nile.csv")["flow"])
    mu = GaussianARD(1000, 1e-6, name="mu")
    tau = Gamma(0.01, 0.01, name="tau")
    Y = GaussianARD(mu, tau, plates=(len(y),), name="y")
    Y.observe(y)
    bounds = run([Y, mu, tau], ["mu", "tau"], 30)
    return {"bounds": bounds, "order": ["mu", "tau"], "q": factors(mu, tau)}


def regression(ard):
    t = table("diabetes.csv")
    x = standardized(np.column_stack([numbers(t[c]) for c in ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]]))
    y = standardized(numbers(t["target"])[:, None])[:, 0]
    nodes, order = [], ["w", "tau"]
    if ard:
        alpha = Gamma(0.01, 0.01, plates=(10,), name="alpha")
        nodes, order = [alpha], ["w", "alpha", "tau"]
        w = GaussianARD(0, alpha, shape=(10,), name="w")
    else:
        w = GaussianARD(0, 0.01, shape=(10,), name="w")
    tau = Gamma(0.01, 0.01, name="tau")
    F = SumMultiply("i,i", w, x)
    Y = GaussianARD(F, tau, name="y")
    Y.observe(y)
    bounds = run([Y, w, tau] + nodes, order, 30)
    return {"bounds": bounds, "order": order, "q": factors(w, tau, *nodes)}


def components(name, columns, K, per_row_noise):
    t = table(name)
    y = standardized(np.column_stack([numbers(t[c]) for c in columns]))
    N, M = y.shape
    X = GaussianARD(0, 1, shape=(K,), plates=(N, 1), name="X")
    if per_row_noise:
        W = GaussianARD(0, 1, shape=(K,), plates=(1, M), name="W")
        tau = Gamma(1, 0.1, plates=(M,), name="tau")
        nodes, order = [], ["X", "W", "tau"]
    else:
        alpha = Gamma(0.01, 0.01, plates=(K,), name="alpha")
        W = GaussianARD(0, alpha, shape=(K,), plates=(1, M), name="W")
        tau = Gamma(0.01, 0.01, name="tau")
        nodes, order = [alpha], ["X", "W", "alpha", "tau"]
    F = SumMultiply("i,i", W, X)
    Y = GaussianARD(F, tau, name="y")
    mask = ~np.isnan(y)
    Y.observe(np.where(mask, y, 0.0), mask=mask)
    start = start_matrix(M, K)
    W.initialize_from_parameters(start[None], np.ones((1, M, K)))
    bounds = run([Y, X, W, tau] + nodes, order, 50)
    return {"bounds": bounds, "order": order, "start": {"W": {"mean": listed(start), "covariance": 1}}, "q": factors(X, W, tau, *nodes)}


WINE = ["alcohol", "malic_acid", "ash", "alcalinity_of_ash", "magnesium", "total_phenols", "flavanoids", "nonflavanoid_phenols",
        "proanthocyanins", "color_intensity", "hue", "od280/od315_of_diluted_wines", "proline"]


def digits():
    t = table("digits8x8.csv")
    ink = np.column_stack([numbers(t[c]) for c in t if c != "target"]) > 7
    K = 20
    weights = Dirichlet(0.5 * np.ones(K), name="weights")
    z = Categorical(weights, plates=(len(ink), 1), name="z")
    p = Beta([1, 1], plates=(ink.shape[1], K), name="p")
    Y = Mixture(z, Bernoulli, p, name="ink")
    Y.observe(ink.astype(int))
    start = 0.5 + 0.25 * start_matrix(K, ink.shape[1])  # E[p] by alpha = 8 m, beta = 8 (1 - m)
    p.initialize_from_parameters(np.stack([8 * start.T, 8 * (1 - start.T)], axis=-1))
    bounds = run([Y, z, p, weights], ["z", "weights", "p"], 30)
    return {"bounds": bounds, "order": ["z", "weights", "p"], "start": {"p": {"alpha": listed(8 * start), "beta": listed(8 * (1 - start))}},
            "q": factors(weights) | {"p": {"parameters": {"alpha": digits12(p.phi[0][:, :, 0].T), "beta": digits12(p.phi[0][:, :, 1].T)}}}}


def latent_classes():
    t = table("hair_eye_color.csv")
    count = numbers(t["Freq"]).astype(int)
    columns = [np.repeat(levels(t[c])[0], count) for c in ("Hair", "Eye", "Sex")]
    sizes = [len(levels(t[c])[1]) for c in ("Hair", "Eye", "Sex")]
    K = 2
    weights = Dirichlet(np.ones(K), name="weights")
    z = Categorical(weights, plates=(count.sum(),), name="z")
    tables, nodes, starts = [], [], {}
    for name, size, cells in zip("PQR", sizes, columns):
        P = Dirichlet(np.ones(size), plates=(K,), name=name)
        Y = Mixture(z, Categorical, P, name="y" + name)
        Y.observe(cells)
        start = 10 * (1.5 + start_matrix(K, size))
        P.initialize_from_parameters(start)
        starts[name] = {"concentration": listed(start)}
        tables.append(P)
        nodes.append(Y)
    bounds = run(nodes + [z, weights] + tables, ["z", "weights", "P", "Q", "R"], 40)
    return {"bounds": bounds, "order": ["z", "weights", "P", "Q", "R"], "start": starts, "q": factors(weights, *tables)}


def insect_sprays():
    t = table("insect_sprays.csv")
    kind, names = levels(t["spray"])
    count = numbers(t["count"]).astype(int)
    rate = Gamma(0.5, 0.01, plates=(len(names),), name="rate")
    # One row a spray: all have twelve counts.
    y = np.stack([count[kind == k] for k in range(len(names))], axis=1)
    Y = Poisson(rate, plates=y.shape, name="y")
    Y.observe(y)
    bounds = run([Y, rate], ["rate"], 2)
    return {"bounds": bounds, "order": ["rate"], "q": factors(rate)}


def joint():
    y = numbers(table("nile.csv")["flow"])
    # The exact posterior and evidence of a normal-gamma [Murphy 2007, eqs. 85-89, 95].
    from math import lgamma, log, pi
    n, m0, k0, a0, b0 = len(y), 1000.0, 0.01, 0.01, 0.01
    mean = y.mean()
    k, a = k0 + n, a0 + n / 2
    m = (k0 * m0 + n * mean) / k
    b = b0 + 0.5 * ((y - mean) ** 2).sum() + k0 * n * (mean - m0) ** 2 / (2 * k)
    evidence = lgamma(a) - lgamma(a0) + a0 * log(b0) - a * log(b) + 0.5 * (log(k0) - log(k)) - n / 2 * log(2 * pi)
    return {"evidence": evidence, "mean": m, "kappa": k, "shape": a, "rate": b}


def varying_slopes():
    t = table("iris.csv")
    x = standardized(numbers(t["sepal length (cm)"])[:, None])[:, 0]
    y = numbers(t["petal length (cm)"])
    kind, names = levels(t["target"])
    m = Gaussian(np.zeros(2), 0.01 * np.eye(2), name="m")
    Omega = Wishart(3, np.eye(2), name="Omega")
    b = Gaussian(m, Omega, plates=(len(names),), name="b")
    tau = Gamma(0.01, 0.01, name="tau")
    F = SumMultiply("i,i", Take(b, kind), np.column_stack([np.ones(len(x)), x]))
    Y = GaussianARD(F, tau, name="y")
    Y.observe(y)
    bounds = run([Y, b, m, Omega, tau], ["b", "m", "Omega", "tau"], 40)
    return {"bounds": bounds, "order": ["b", "m", "Omega", "tau"], "q": factors(b, m, Omega, tau)}


def gospels():
    t = table("gospels.csv")
    count = numbers(t["count"]).astype(int)
    document, names = levels(t["document"])
    word, words = levels(t["word"])
    document, word = np.repeat(document, count), np.repeat(word, count)
    K = 10
    theta = Dirichlet(0.1 * np.ones(K), plates=(len(names),), name="theta")
    phi = Dirichlet(0.05 * np.ones(len(words)), plates=(K,), name="phi")
    z = Categorical(Take(theta, document), plates=(len(word),), name="z")
    Y = Mixture(z, Categorical, phi, name="w")
    Y.observe(word)
    start = 1 + 0.5 * start_matrix(K, len(words))
    phi.initialize_from_parameters(start)
    bounds = run([Y, z, theta, phi], ["z", "theta", "phi"], 30)
    return {"bounds": bounds, "order": ["z", "theta", "phi"], "start": {"phi": "concentration 1 + 0.5 sin(1 + 3 topic + 7 word), rounded to 6 digits, counted from 0"},
            "topics": K, "words": len(words), "q": factors(theta, phi)}


def eight_schools():
    """Mean field with q(tau) free, by coordinate ascent on a fine grid: nothing of BayesPy."""
    effect = np.array([28, 8, -3, 7, -1, 1, 18, 12.0])
    sigma = np.array([15, 10, 16, 11, 9, 11, 10, 18.0])
    u = np.linspace(-12, 9, 200001)  # log tau; the tails beyond hold less than 1e-5 of the mass
    tau = np.exp(u)
    # half-Cauchy(5) in log tau
    prior = np.log(2 / (np.pi * 5)) - np.log1p((tau / 5) ** 2) + u
    m, v, mu, s2 = effect.copy(), sigma ** 2 / 2, effect.mean(), 10.0
    for _ in range(20000):
        squares = ((m - mu) ** 2 + v + s2).sum()
        log_q = prior - 8 * u - squares / (2 * tau ** 2)
        q = np.exp(log_q - log_q.max())
        q /= q.sum()
        precision = (q / tau ** 2).sum()
        v = 1 / (1 / sigma ** 2 + precision)
        m = v * (effect / sigma ** 2 + precision * mu)
        s2 = 1 / (1 / 25 + 8 * precision)
        before, mu = mu, s2 * precision * m.sum()
        if abs(mu - before) < 1e-14:
            break
    z = log_q.max() + np.log(np.exp(log_q - log_q.max()).sum() * (u[1] - u[0]))
    bound = z - 4 * np.log(2 * np.pi) + (0.5 * np.log(2 * np.pi * np.e * v)).sum() + 0.5 * np.log(2 * np.pi * np.e * s2)
    bound += (-0.5 * np.log(2 * np.pi * sigma ** 2) - ((effect - m) ** 2 + v) / (2 * sigma ** 2)).sum()
    bound += -0.5 * np.log(2 * np.pi * 25) - (mu ** 2 + s2) / 50
    return {"bound": bound, "theta": listed(m), "theta_stddev": listed(np.sqrt(v)), "mu": mu, "mu_stddev": s2 ** 0.5,
            "tau_mean": float((q * tau).sum()), "inverse_square": precision}


def robust_regression():
    """Coordinate ascent written out: normal weights one by one, gamma precision, gamma scales."""
    from scipy.special import digamma, gammaln
    t = table("stackloss.csv")
    x = np.column_stack([np.ones(21), standardized(np.column_stack([numbers(t[c]) for c in ("Air.Flow", "Water.Temp", "Acid.Conc.")]))])
    y = numbers(t["stack.loss"])
    n, d = x.shape
    m, v = np.zeros(d), np.full(d, 1e4)
    a, b = 0.01, 0.01
    c, r = np.full(n, 2.0), np.full(n, 2.0)
    bounds = []
    for _ in range(200):
        weight = (a / b) * (c / r)
        for j in range(d):
            v[j] = 1 / (1e-4 + (weight * x[:, j] ** 2).sum())
            m[j] = v[j] * (weight * x[:, j] * (y - x @ m + x[:, j] * m[j])).sum()
        squares = (y - x @ m) ** 2 + (x ** 2) @ v
        a, b = 0.01 + n / 2, 0.01 + 0.5 * (c / r * squares).sum()
        c, r = np.full(n, 2.5), 2 + 0.5 * (a / b) * squares
        log_tau, log_u = digamma(a) - np.log(b), digamma(c) - np.log(r)
        value = (0.5 * (log_tau + log_u) - 0.5 * np.log(2 * np.pi) - 0.5 * (a / b) * (c / r) * squares).sum()
        value += (0.5 * np.log(1e-4 / (2 * np.pi)) - 0.5e-4 * (m ** 2 + v)).sum() + 0.5 * np.log(2 * np.pi * np.e * v).sum()
        gamma = lambda s, t_, log, mean: s * np.log(t_) - gammaln(s) + (s - 1) * log - t_ * mean  # noqa: E731
        entropy = lambda s, t_: s - np.log(t_) + gammaln(s) + (1 - s) * digamma(s)  # noqa: E731
        value += gamma(0.01, 0.01, log_tau, a / b) + entropy(a, b) + (gamma(2, 2, log_u, c / r) + entropy(c, r)).sum()
        bounds.append(float(value))
    return {"bounds": bounds, "order": ["a", "b1", "b2", "b3", "tau", "u"], "q": {
        **{name: {"mean": [m[j]], "stddev": [v[j] ** 0.5]} for j, name in enumerate(("a", "b1", "b2", "b3"))},
        "tau": {"parameters": {"shape": [a], "rate": [float(b)]}}, "u": {"parameters": {"shape": listed(c), "rate": listed(r)}}}}


if __name__ == "__main__":
    golden = {
        "mixture": mixture(),
        "mean-and-precision": mean_and_precision(),
        "mean-and-precision-joint": joint(),
        "regression": regression(False),
        "ard": regression(True),
        "wine-pca": components("wine.csv", WINE, 5, False),
        "air-quality": components("airquality.csv", ["Ozone", "Solar.R", "Wind", "Temp"], 2, True),
        "digits": digits(),
        "latent-classes": latent_classes(),
        "insect-sprays": insect_sprays(),
        "varying-slopes": varying_slopes(),
        "gospels": gospels(),
        "eight-schools": eight_schools(),
        "robust-regression": robust_regression(),
    }
    print("{" + ",\n".join(f'"{name}": {{\n' + ",\n".join(f' "{key}": {json.dumps(value)}' for key, value in case.items()) + "}"
                           for name, case in golden.items()) + "}")
