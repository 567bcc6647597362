"""Rows of make_roles.py about vectors whose parameters have unknown numbers: evidences by quadrature on the line where
the vectors are data, coordinate ascent on meshes where they, or several numbers, are unknown."""
import numpy as np
from scipy import stats as st
from scipy.integrate import quad
from scipy.special import betaln, digamma, gammaln, logsumexp

from vector_roles import COUNTS, HEAD, LEVELS, PLANE, SHARES

SHARES_HEAD = "plates: {n: data, k: 3}\ndata:\n  file: data.csv\n  y[n, k]: {columns: [a, b, c]}\n"
GAMMA = "gamma(shape = 2, rate = 1)"
ON_GRID = "posterior:\n  t: discrete_grid\n"
TOLERANCE = 1e-8


def columns_of(rows, names="abc"):
    return {c: rows[:, i].tolist() for i, c in enumerate(names)}


def evidence(log_density, low, high):
    """log of the integral, mean and stddev of exp(log_density)."""
    if np.isinf(high):  # x = e^u - where all the mass is
        inner, log_density = log_density, lambda u: inner(np.exp(u)) + u
        low, high, x = -25.0, 25.0, np.exp
    else:
        x = lambda u: u  # noqa: E731
    peak = max(log_density(u) for u in np.linspace(low, high, 2003)[1:-1])
    points = np.linspace(low, high, 33)
    integral = lambda f: sum(quad(lambda u: f(x(u)) * np.exp(log_density(u) - peak), a, b, epsabs=1e-14, epsrel=1e-12,  # noqa: E731
                                  limit=300)[0] for a, b in zip(points, points[1:]))
    z = integral(lambda _: 1)
    mean = integral(lambda t: t) / z
    return {"bound": peak + np.log(z), "t": {"mean": mean, "stddev": np.sqrt(integral(lambda t: (t - mean) ** 2) / z)}}


def observed(add, name, model, data, log_density, low=0.0, high=np.inf):
    found = evidence(log_density, low, high)
    add(name, model, data, bound=found["bound"], tolerance=TOLERANCE, variables={"t": found["t"]})


class Mesh:
    """A factor on the line by its density at nodes: weights carry the coordinate's slope."""

    def __init__(self, x, weights, log_prior):
        self.x, self.weights = x, weights
        self.log_prior = log_prior(x)
        self.hear(0 * x)

    @classmethod
    def positive(cls, log_prior, count=4000):
        u, step = np.linspace(-14, 9, count, retstep=True)
        return cls(np.exp(u), step * np.exp(u), log_prior)

    @classmethod
    def between(cls, low, high, log_prior, count=4000):
        u, step = np.linspace(-34, 34, count, retstep=True)
        p = 1 / (1 + np.exp(-u))
        slope = 1 / ((1 + np.exp(-u)) * (1 + np.exp(u)))
        return cls(low + (high - low) * p, step * (high - low) * slope, log_prior)

    @classmethod
    def line(cls, log_prior, low, high, count=4000):
        x, step = np.linspace(low, high, count, retstep=True)
        return cls(x, 0 * x + step, log_prior)

    def hear(self, log_likelihood):
        logs = self.log_prior + log_likelihood
        self.log_normalizer = logsumexp(logs + np.log(self.weights))
        self.mass = np.exp(logs - self.log_normalizer) * self.weights
        self.kl = self.mass @ log_likelihood - self.log_normalizer  # from the prior

    def expect(self, values):
        return values @ self.mass

    def report(self):
        mean = self.expect(self.x)
        return {"mean": mean, "stddev": np.sqrt(self.expect((self.x - mean) ** 2))}


def ascend(sweep):
    last = -np.inf
    while True:
        bound = sweep()
        if abs(bound - last) < 1e-15 * abs(bound):
            return bound
        last = bound


def log_gamma_prior(x):
    return st.gamma.logpdf(x, 2)


def dirichlets(add):
    columns, logs = columns_of(SHARES), np.log(SHARES)

    def log_dirichlet(a):
        return len(logs) * (gammaln(a.sum()) - gammaln(a).sum()) + (logs @ (a - 1)).sum()

    observed(add, "dirichlet_of_an_unknown_concentration", SHARES_HEAD + f"model:\n  t: {GAMMA}\n  y[n]: dirichlet(t, over = k)\n", columns,
             lambda t: log_gamma_prior(t) + log_dirichlet(np.full(3, t)))
    base = np.array([1.0, 2.0, 0.5])
    observed(add, "dirichlet_of_an_unknown_multiple", SHARES_HEAD + f"  base[k]: {base.tolist()}\nmodel:\n  t: half_cauchy(scale = 5)\n"
             "  y[n]: dirichlet(t * base, over = k)\n" + ON_GRID, columns, lambda t: st.halfcauchy.logpdf(t, scale=5) + log_dirichlet(t * base))
    add("dirichlet_of_an_unknown_vector", SHARES_HEAD + f"model:\n  t: {GAMMA[:-1]}, over = k)\n  y[n]: dirichlet(t, over = k)\n", columns,
        refused=["has no closed rule", "on grids it needs", "one unknown number times known ones is served (y: dirichlet(scale * base)"])
    counting = SHARES_HEAD + "  m[n]: m\nmodel:\n"
    counts, trials = COUNTS, COUNTS.sum(axis=1)
    with_trials = columns_of(counts) | {"m": trials.tolist()}
    ways = gammaln(trials + 1).sum() - gammaln(counts + 1).sum()
    observed(add, "dirichlet_multinomial_of_an_unknown_concentration",
             counting + f"  t: {GAMMA}\n  y[n]: dirichlet_multinomial(trials = m, concentration = [t, 2 * t, t])\n", with_trials,
             lambda t: log_gamma_prior(t) + ways + sum(
                 gammaln(4 * t) - gammaln(4 * t + n) + (gammaln(y + a) - gammaln(a)).sum()
                 for n, y, a in zip(trials, counts, np.tile(t * np.array([1.0, 2.0, 1.0]), (len(trials), 1)))))
    # Unknown probabilities of each row.
    for name, prior, log_prior, text, multiple in (
            ("probabilities_of_an_unknown_concentration", GAMMA, log_gamma_prior, "t", np.ones(3)),
            ("probabilities_of_an_unknown_multiple", "half_cauchy(scale = 1)", st.halfcauchy.logpdf, "t * base", base)):
        q, message = Mesh.positive(log_prior), np.zeros(3)

        def sweep():
            a = q.expect(q.x) * multiple + counts
            log_p = digamma(a) - digamma(a.sum(axis=1, keepdims=True))
            normalizers = gammaln(multiple.sum() * q.x) - gammaln(np.outer(multiple, q.x)).sum(axis=0)
            q.hear(q.x * (multiple @ log_p.sum(axis=0)) + len(counts) * normalizers - log_p.sum())
            entropies = gammaln(a).sum() - gammaln(a.sum(axis=1)).sum() - ((a - 1) * log_p).sum()
            expected = q.expect(q.x) * (multiple @ log_p.sum(axis=0)) + len(counts) * q.expect(normalizers) - log_p.sum()
            sweep.mean = (a / a.sum(axis=1, keepdims=True)).tolist()
            return ways + (counts * log_p).sum() + expected + entropies - q.kl

        bound = ascend(sweep)
        add(name, SHARES_HEAD + f"  m[n]: m\n  base[k]: {base.tolist()}\nmodel:\n  t: {prior}\n  p[n]: dirichlet({text}, over = k)\n"
            "  y[n]: multinomial(trials = m, probabilities = p)\n" + ON_GRID, with_trials, bound=bound, tolerance=TOLERANCE,
            variables={"t": q.report(), "p": {"mean": sweep.mean}}, families={"p": "dirichlet"})


def normals(add):
    y = PLANE[:4]
    n, products = len(y), y.T @ y

    def log_normal(r, s=1.0):  # of all rows, correlation r and variance s
        quadratic = (products[0, 0] + products[1, 1] - 2 * r * products[0, 1]) / (s * (1 - r * r))
        return -n * np.log(2 * np.pi) - n * np.log(s) - 0.5 * n * np.log1p(-r * r) - 0.5 * quadratic

    uniform = "  t: uniform(low = -1, high = 1)\n"
    observed(add, "multivariate_normal_of_an_unknown_correlation", HEAD + "model:\n" + uniform +
             "  y[n]: multivariate_normal(0, covariance = [[1, t], [t, 1]], over = d)\n" + ON_GRID, columns_of(y, "ab"),
             lambda r: -np.log(2) + log_normal(r), -1.0, 1.0)
    r, s = Mesh.between(-1, 1, lambda x: 0 * x - np.log(2), 1200), Mesh.positive(log_gamma_prior, 1200)
    table = log_normal(r.x[:, None], s.x[None, :])
    table = np.where(np.abs(r.x[:, None]) < 1 - 1e-13, table, -1e6)

    def both():
        r.hear(table @ s.mass)
        s.hear(table.T @ r.mass)
        return r.mass @ table @ s.mass - r.kl - s.kl

    bound = ascend(both)
    add("multivariate_normal_of_an_unknown_correlation_and_variance", HEAD + "model:\n" + uniform + f"  s: {GAMMA}\n"
        "  y[n]: multivariate_normal(0, covariance = [[s, s * t], [s * t, s]], over = d)\n" + ON_GRID, columns_of(y, "ab"), bound=bound,
        tolerance=TOLERANCE, variables={"t": r.report(), "s": s.report()})
    # A mean whose correlation is unknown.
    q = Mesh.between(-0.95, 0.95, lambda x: 0 * x - np.log(1.9))

    def sweep():
        inverse, cross = q.expect(1 / (1 - q.x**2)), q.expect(-q.x / (1 - q.x**2))
        covariance = np.linalg.inv(np.array([[inverse, cross], [cross, inverse]]) + 2 * n * np.eye(2))
        mean = covariance @ (2 * y.sum(axis=0))
        second = covariance + np.outer(mean, mean)
        logs = -np.log(2 * np.pi) - 0.5 * np.log1p(-q.x**2) - 0.5 * (np.trace(second) - 2 * q.x * second[0, 1]) / (1 - q.x**2)
        q.hear(logs)
        sweep.mean = mean.tolist()
        likelihood = n * (np.log(2) - np.log(2 * np.pi)) - (np.trace(products) - 2 * y.sum(axis=0) @ mean + n * np.trace(second))
        return likelihood + q.expect(logs) - q.kl + 0.5 * np.linalg.slogdet(2 * np.pi * np.e * covariance)[1]

    bound = ascend(sweep)
    add("mean_of_an_unknown_correlation", HEAD + "model:\n  t: uniform(low = -0.95, high = 0.95)\n"
        "  mu: multivariate_normal(0, covariance = [[1, t], [t, 1]], over = d)\n  y[n]: multivariate_normal(mu, precision = 2, over = d)\n" +
        ON_GRID, columns_of(y, "ab"), bound=bound, tolerance=TOLERANCE,
        variables={"t": q.report(), "mu": {"mean": sweep.mean}}, families={"mu": "multivariate_normal"})
    observed(add, "multivariate_student_t_of_unknown_degrees_of_freedom", HEAD + f"model:\n  t: {GAMMA}\n"
             "  y[n]: multivariate_student_t(degrees_of_freedom = t, mean = [1, 0.5], scale_matrix = [[1, 0.3], [0.3, 2]], over = d)\n",
             columns_of(PLANE, "ab"), lambda t: log_gamma_prior(t) + st.multivariate_t.logpdf(PLANE, [1, 0.5], [[1, 0.3], [0.3, 2]], df=t).sum())


def levels(add):
    logits = lambda t: np.array([0 * t, t, 0.5 - t])  # noqa: E731
    head = "plates: {n: data, k: 3}\ndata:\n  file: data.csv\n"
    shares = lambda t: logits(t) - logsumexp(logits(t), axis=0)  # noqa: E731
    level = np.array(LEVELS) - 1
    normal = "  t: normal(0, stddev = 2)\n"
    log_prior = lambda t: st.norm.logpdf(t, 0, 2)  # noqa: E731
    observed(add, "categorical_of_an_unknown_logit", head + "  y[n]: {column: y, levels: k}\nmodel:\n" + normal +
             "  y[n]: categorical(logits = [0, t, 0.5 - t], over = k)\n", {"y": LEVELS}, lambda t: log_prior(t) + shares(t)[level].sum(), -40.0, 40.0)
    counts = COUNTS
    ways = gammaln(counts.sum(axis=1) + 1).sum() - gammaln(counts + 1).sum()
    observed(add, "multinomial_of_an_unknown_logit", SHARES_HEAD + "  m[n]: m\nmodel:\n" + normal +
             "  y[n]: multinomial(trials = m, logits = [0, t, 0.5 - t])\n", columns_of(counts) | {"m": counts.sum(axis=1).tolist()},
             lambda t: log_prior(t) + ways + (counts @ shares(t)).sum(), -40.0, 40.0)
    # Unknown levels, whose logits are unknown too.
    y, means = PLANE[:, 0], np.array([0.0, 3.0, 6.0])
    densities = st.norm.logpdf(y[:, None], means, 1)
    q = Mesh.line(log_prior, -30, 30)
    at_nodes = shares(q.x)

    def sweep():
        logs = densities + q.expect(at_nodes)
        r = np.exp(logs - logsumexp(logs, axis=1, keepdims=True))
        heard = r.sum(axis=0) @ at_nodes
        q.hear(heard)
        return (r * (densities - np.log(np.maximum(r, 1e-300)))).sum() + q.expect(heard) - q.kl

    add("levels_of_an_unknown_logit", head + f"  y[n]: a\n  mu[k]: {means.tolist()}\nmodel:\n" + normal +
        "  z[n]: categorical(logits = [0, t, 0.5 - t], over = k)\n  y[n]: normal(mu[z], precision = 1)\n", columns_of(PLANE, "ab"),
        bound=ascend(sweep), tolerance=TOLERANCE, variables={"t": q.report()})


def rates(add):
    """A beta's two parameters: the beta keeps its family, and hears of them by its statistics."""
    successes, trials = np.array([3, 5, 7, 9, 4, 6]), 10
    a, b = Mesh.positive(log_gamma_prior, 1500), Mesh.positive(log_gamma_prior, 1500)
    both = betaln(a.x[:, None], b.x[None, :])

    def sweep():
        alpha, beta = a.expect(a.x) + successes, b.expect(b.x) + trials - successes
        log_p, log_q = digamma(alpha) - digamma(alpha + beta), digamma(beta) - digamma(alpha + beta)
        n = len(successes)
        a.hear(a.x * log_p.sum() - n * (both @ b.mass))
        b.hear(b.x * log_q.sum() - n * (both.T @ a.mass))
        expected = (a.expect(a.x) - 1) * log_p.sum() + (b.expect(b.x) - 1) * log_q.sum() - n * (a.mass @ both @ b.mass)
        entropy = (betaln(alpha, beta) - (alpha - 1) * log_p - (beta - 1) * log_q).sum()
        ways = (gammaln(trials + 1) - gammaln(successes + 1) - gammaln(trials - successes + 1)).sum()
        sweep.mean = (alpha / (alpha + beta)).tolist()
        return ways + (successes * log_p + (trials - successes) * log_q).sum() + expected + entropy - a.kl - b.kl

    bound = ascend(sweep)
    add("beta_of_unknown_parameters", f"plates: {{n: data}}\ndata:\n  file: data.csv\n  y[n]: y\nmodel:\n  t: {GAMMA}\n  s: {GAMMA}\n"
        "  p[n]: beta(alpha = t, beta = s)\n  y[n]: binomial(trials = 10, probability = p)\n", {"y": successes.tolist()}, bound=bound,
        tolerance=TOLERANCE, variables={"t": a.report(), "s": b.report(), "p": {"mean": sweep.mean}}, families={"p": "beta"})


def rows(add):
    dirichlets(add)
    normals(add)
    levels(add)
    rates(add)
