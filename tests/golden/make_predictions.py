#!/usr/bin/python3
"""Predictions for new rows by closed forms and scipy: tests/golden/predictions.json.

Where the posterior is conjugate the predictive distributions are those of the textbooks (Student-t, negative binomial,
Lomax, beta-binomial, Bayesian linear regression). For the mean-field normal the fixed point is iterated here and the
precision integrated by adaptive quadrature.

usage: make_predictions.py > predictions.json
"""

import json

import numpy as np
from scipy import integrate, special, stats

cases = []
averaged = []  # vectors: averages over draws, with their errors


def csv(**columns):
    names = list(columns)
    rows = zip(*columns.values())
    return ",".join(names) + "\n" + "".join(",".join(str(x) for x in row) + "\n" for row in rows)


def case(name, model, data, new, mean, variance, log_density, to=cases):
    to.append({"name": name, "model": model, "data": data, "new": new, "mean": np.asarray(mean, float).tolist(),
               "variance": np.asarray(variance, float).tolist(), "log_density": [float(x) for x in log_density]})


def scalar(name, family, prior, y, new, predictive, extra="", columns=None, new_columns=None):
    case(name, f"plates: {{n: data}}\ndata:\n  file: old.csv\n  y[n]: y\n{extra}model:\n  {prior}\n  y[n]: {family}\n",
         csv(y=y, **(columns or {})), csv(y=new, **(new_columns or {})), [p.mean() for p in predictive],
         [p.var() for p in predictive],
         [p.logpmf(x) if hasattr(p.dist, "logpmf") else p.logpdf(x) for p, x in zip(predictive, new)])


# Precision unknown: Student-t.
y = np.array([0.3, -1.2, 2.5, 0.7, -0.4, 1.1])
a, b = 2 + len(y) / 2, 1.5 + 0.5 * (y**2).sum()
new = [0.0, 1.7, -30.0]
scalar("student t", "normal(0, precision = tau)", "tau: gamma(shape = 2, rate = 1.5)", y, new,
       [stats.t(2 * a, 0, np.sqrt(b / a))] * 3)

# Counts: negative binomial.
y = np.array([3, 0, 5, 2, 2])
a, b = 1.5 + y.sum(), 0.5 + len(y)
new = [0, 2, 40]
scalar("negative binomial", "poisson(r)", "r: gamma(shape = 1.5, rate = 0.5)", y, new,
       [stats.nbinom(a, b / (b + 1))] * 3)

# Waiting times: Lomax.
y = np.array([0.2, 1.3, 0.7, 2.9])
a, b = 3 + len(y), 1 + y.sum()
new = [0.01, 1.0, 50.0]
scalar("lomax", "exponential(rate = r)", "r: gamma(shape = 3, rate = 1)", y, new, [stats.lomax(a, scale=b)] * 3)

# Successes: beta-binomial, each row with its own trials.
y, trials = np.array([3, 7, 1]), np.array([5, 9, 8])
a, b = 1 + y.sum(), 2 + (trials - y).sum()
new, new_trials = [0, 4, 12], [3, 6, 20]
scalar("beta binomial", "binomial(trials, probability = p)", "p: beta(alpha = 1, beta = 2)", y, new,
       [stats.betabinom(t, a, b) for t in new_trials], "  trials[n]: trials\n", {"trials": trials},
       {"trials": new_trials})

# Linear regression with known noise: the posterior of all weights together is exact.
rng = np.random.default_rng(5)
X = np.round(rng.normal(size=(12, 3)), 3)
y = np.round(X @ [1.0, -2.0, 0.5] + 0.3 * rng.normal(size=12) + 4, 3)
A = np.column_stack([X, np.ones(12)])
S = np.linalg.inv(0.5 * np.eye(4) + 8 * A.T @ A)
m = 8 * S @ A.T @ y
new_X, new_y = np.round(rng.normal(size=(3, 3)), 3), np.array([4.0, 3.0, -2.0])
B = np.column_stack([new_X, np.ones(3)])
variance = np.einsum("ni,ij,nj->n", B, S, B) + 1 / 8
columns = {f"x{i}": X[:, i] for i in range(3)} | {"one": np.ones(12)}
new_columns = {f"x{i}": new_X[:, i] for i in range(3)} | {"one": np.ones(3)}
case("linear regression",
     "plates: {n: data, c: 4}\ndata:\n  file: old.csv\n  y[n]: y\n  X[n]: {columns: [x0, x1, x2, one], over: c}\nmodel:\n"
     "  beta: normal(0, precision = 0.5, over = c)\n  y[n]: normal(dot(X, beta), precision = 8)\n",
     csv(y=y, **columns), csv(y=new_y, **new_columns), B @ m, variance,
     stats.norm(B @ m, np.sqrt(variance)).logpdf(new_y))

# Groups, a transformed covariate and a deterministic value between: known noise, one group in the new rows.
y, g = np.array([1.0, 2.0, 4.0, 3.5]), ["a", "a", "b", "b"]
post = {k: (10 * sum(v for v, h in zip(y, g) if h == k) / (1 + 10 * 2), 1 / (1 + 10 * 2)) for k in "ab"}
new_y, new_g = np.array([1.0, 4.0]), ["b", "a"]
mean = np.array([post[k][0] for k in new_g])
variance = np.array([post[k][1] + 0.1 for k in new_g])
case("groups through a deterministic value",
     "plates: {n: data, g: data}\ndata:\n  file: old.csv\n  y[n]: y\n  h[n]: {column: g, levels: g}\nmodel:\n"
     "  a[g]: normal(0, variance = 4)\n  half[g]: a / 2\n  y[n]: normal(half[h], variance = 0.1)\n",
     csv(y=y, g=g), csv(y=new_y, g=new_g), mean, variance, stats.norm(mean, np.sqrt(variance)).logpdf(new_y))

# Mean and precision, factorized: q(mu) q(tau) by its fixed point, the predictive density by quadrature over tau.
y = np.array([9.2, 10.1, 8.7, 9.9, 11.4, 10.3])
n, rate = len(y), 1.0
for _ in range(10000):
    tau = (2 + n / 2) / rate
    v = 1 / (0.01 + n * tau)
    mu = v * tau * y.sum()
    rate = 1 + 0.5 * (((y - mu) ** 2).sum() + n * v)
q = stats.gamma(2 + n / 2, scale=1 / rate)
new_y = np.array([10.0, 12.5])


def density(x):
    # In log tau, where the integrand is smooth and has no ends.
    f = lambda t: stats.norm.pdf(x, mu, np.sqrt(v + np.exp(-t))) * q.pdf(np.exp(t)) * np.exp(t)
    return integrate.quad(f, np.log(q.ppf(1e-16)), np.log(q.isf(1e-16)), epsabs=0, epsrel=1e-13, limit=1000)[0]


case("factorized mean and precision",
     "plates: {n: data}\ndata:\n  file: old.csv\n  y[n]: y\nmodel:\n  mu: normal(0, precision = 0.01)\n"
     "  tau: gamma(shape = 2, rate = 1)\n  y[n]: normal(mu, precision = tau)\ninference:\n  tolerance: 1e-14\n",
     csv(y=y), csv(y=new_y), [mu] * 2, [v + rate / (1 + n / 2)] * 2, np.log([density(x) for x in new_y]))

# A mixture whose weights and components are known: nothing but the row's component is open.
means, sds, w = np.array([-2.0, 0.0, 3.0]), np.array([0.5, 1.0, 2.0]), np.array([0.125, 0.25, 0.625])
new_y = np.array([-2.1, 0.4, 9.0])
mean = w @ means
variance = w @ (sds**2 + means**2) - mean**2
case("mixture of known components",
     "plates: {n: data, k: 3}\ndata:\n  file: old.csv\n  y[n]: y\n  w[k]: [0.125, 0.25, 0.625]\n  m[k]: [-2, 0, 3]\n"
     "  s[k]: [0.5, 1, 2]\nmodel:\n  z[n]: categorical(w)\n  y[n]: normal(m[z], stddev = s[z])\n",
     csv(y=[0.5]), csv(y=new_y), [mean] * 3, [variance] * 3,
     special.logsumexp(stats.norm.logpdf(new_y[:, None], means, sds) + np.log(w), axis=1))

# Vectors with an unknown precision matrix: multivariate Student-t.
Y = np.round(rng.normal(size=(8, 2)) @ [[1.0, 0.4], [0.0, 0.7]], 3)
dof, inverse_scale = 4 + len(Y), np.eye(2) + Y.T @ Y
predictive = stats.multivariate_t(shape=inverse_scale / (dof - 1), df=dof - 1)
new_Y = np.array([[0.2, -0.5], [0.9, 0.8]])
case("multivariate student t",
     "plates: {n: data, d: 2}\ndata:\n  file: old.csv\n  y[n]: {columns: [a, b], over: d}\nmodel:\n"
     "  L: wishart(degrees_of_freedom = 4, inverse_scale = 1, over = d)\n"
     "  y[n]: multivariate_normal(0, precision = L)\n",
     csv(a=Y[:, 0], b=Y[:, 1]), csv(a=new_Y[:, 0], b=new_Y[:, 1]), np.zeros((2, 2)),
     [np.diag(inverse_scale) / (dof - 3)] * 2, predictive.logpdf(new_Y), averaged)

# A mixture of known vectors: the draws say nothing that is not summed.
w, M = np.array([0.25, 0.75]), np.array([[-1.0, 2.0], [3.0, 0.5]])
mean = w @ M
log_density = special.logsumexp([np.log(w[k]) + stats.multivariate_normal(M[k], np.eye(2) / 4).logpdf(new_Y)
                                 for k in range(2)], axis=0)
case("mixture of known vectors",
     "plates: {n: data, k: 2, d: 2}\ndata:\n  file: old.csv\n  y[n]: {columns: [a, b], over: d}\n  w[k]: [0.25, 0.75]\n"
     "  m[k, d]: [[-1, 2], [3, 0.5]]\nmodel:\n  z[n]: categorical(w)\n"
     "  y[n]: multivariate_normal(m[z], precision = 4)\n",
     csv(a=Y[:, 0], b=Y[:, 1]), csv(a=new_Y[:, 0], b=new_Y[:, 1]), [mean] * 2,
     [w @ (M**2 + 0.25) - mean**2] * 2, log_density, averaged)


# Within limits, before any data (the one old row is empty): the prior averaged over by quadrature.
NODES, WEIGHTS = np.polynomial.legendre.leggauss(200)


def within(density, low, high, y):
    """Mean, second moment and density at y of what a frozen scipy distribution has between limits."""
    x = 0.5 * (high - low) * NODES + 0.5 * (high + low)
    top = density.logpdf(x).max()
    p = np.exp(density.logpdf(x) - top) * 0.5 * (high - low) * WEIGHTS
    return np.array([p @ x, p @ x**2, np.exp(density.logpdf(y) - top) if low <= y <= high else 0.0]) / p.sum()


def over(prior, a, b, conditional):
    """Averages over a prior with its mass in [a, b]."""
    x, w = np.polynomial.legendre.leggauss(80)
    x, w = 0.5 * (b - a) * x + 0.5 * (a + b), 0.5 * (b - a) * w
    return sum(wi * prior.pdf(xi) * conditional(xi) for xi, wi in zip(x, w))


def limited(name, statement, priors, averages, new, low, to=cases):
    with np.errstate(divide="ignore"):
        case(name, f"plates: {{n: data}}\ndata:\n  file: old.csv\n  y[n]: y\n  low[n]: low\nmodel:\n{priors}  y[n]: {statement}\n",
             csv(y=["NA"], low=[0]), csv(y=new, low=low), [a[0] for a in averages], [a[1] - a[0]**2 for a in averages],
             [np.log(a[2]) for a in averages], to)


new, low = [0.7, 3.0], [0.0, 2.5]
limited("truncated, mean unknown", "truncated(normal(mu, stddev = 0.5), low = low, high = 4)", "  mu: normal(1, stddev = 0.8)\n",
        [over(stats.norm(1, 0.8), -5.4, 7.4, lambda m: within(stats.norm(m, 0.5), lo, 4, y)) for y, lo in zip(new, low)], new, low)
limited("truncated, rate unknown", "truncated(gamma(shape = 2, rate = r), low = low, high = 6)", "  r: gamma(shape = 30, rate = 15)\n",
        [over(stats.gamma(30, scale=1 / 15), 0.2, 6, lambda r: within(stats.gamma(2, scale=1 / r), lo, 6, y)) for y, lo in zip(new, low)],
        new, low)
two = []  # two numbers unknown: averages over draws
limited("truncated, mean and precision unknown", "truncated(normal(mu, precision = tau), low = low, high = 4)",
        "  mu: normal(1, stddev = 0.8)\n  tau: gamma(shape = 40, rate = 10)\n",
        [over(stats.gamma(40, scale=1 / 10), 1, 9, lambda t: over(
            stats.norm(1, 0.8), -5.4, 7.4, lambda m: within(stats.norm(m, t**-0.5), lo, 4, y)))
         for y, lo in zip(new, low)], new, low, two)

print(json.dumps({"exact": cases, "averaged": averaged, "two_numbers": two}, indent=1))
