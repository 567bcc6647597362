"""Rows of make_roles.py about vectors and matrices: closed forms of evidences, and coordinate ascent written out."""
import numpy as np
from scipy.special import digamma, gammaln, multigammaln
from scipy.stats import multivariate_normal, t

PLANE = np.array([[0.4, -0.2], [1.1, 0.3], [-0.3, -0.9], [0.8, 0.7], [6.1, 5.2], [5.3, 5.9], [5.7, 4.4]])
COUNTS = np.array([[7, 2, 1], [5, 1, 2], [1, 8, 0], [0, 6, 3], [1, 9, 1], [2, 7, 2]])
LEVELS = [1, 1, 2, 3, 3, 3, 1, 3]
SHARES = np.array([[0.2, 0.5, 0.3], [0.1, 0.6, 0.3], [0.7, 0.2, 0.1], [0.6, 0.25, 0.15]])
HEAD = "plates: {n: data, d: 2, e: d, k: 2}\ndata:\n  file: data.csv\n  y[n, d]: {columns: [a, b]}\n"
WEIGHTS = np.array([0.35, 0.65])
S0 = np.array([[1.5, 0.4], [0.4, 0.8]])
SETTINGS = "  tolerance: 1e-14\n  max_sweeps: 20000\n"


def plane(rows):
    return {"a": rows[:, 0].tolist(), "b": rows[:, 1].tolist()}


def log_normalizer(v, inverse_scale):
    """Of a Wishart."""
    d = len(inverse_scale)
    return 0.5 * v * d * np.log(2) - 0.5 * v * np.linalg.slogdet(inverse_scale)[1] + multigammaln(0.5 * v, d)


def wishart_log_det(v, inverse_scale):
    d = len(inverse_scale)
    return digamma(0.5 * (v - np.arange(d))).sum() + d * np.log(2) - np.linalg.slogdet(inverse_scale)[1]


def wishart_kl(v, s, v0, s0):
    """Between two Wisharts by their inverse scales."""
    return (0.5 * (v - v0) * wishart_log_det(v, s) - 0.5 * np.trace((s - s0) @ (v * np.linalg.inv(s)))
            + log_normalizer(v0, s0) - log_normalizer(v, s))


def normal_kl(m, c, m0, p0):
    gap = m - m0
    return 0.5 * (np.trace(p0 @ c) + gap @ p0 @ gap - len(m) - np.linalg.slogdet(p0 @ c)[1])


def means(add):
    """A mean whose covariance is known, in every parametrization."""
    y = PLANE[:4]
    n = len(y)
    cases = {"covariance": np.array([[0.9, 0.3], [0.3, 0.5]]), "precision": np.array([[1.2, -0.5], [-0.5, 2.1]]),
             "stddev": np.array([0.9, 0.6])}
    prior_mean, prior = np.array([0.5, -0.5]), np.array([[2.0, 0.6], [0.6, 1.0]])
    for name, given in cases.items():
        covariance = given if name == "covariance" else np.linalg.inv(given) if name == "precision" else np.diag(given**2)
        whole = np.kron(np.eye(n), covariance) + np.kron(np.ones((n, n)), prior)
        evidence = multivariate_normal.logpdf(y.ravel(), np.tile(prior_mean, n), whole)
        precision = np.linalg.inv(prior) + n * np.linalg.inv(covariance)
        mean = np.linalg.solve(precision, np.linalg.solve(prior, prior_mean) + np.linalg.solve(covariance, y.sum(axis=0)))
        index = "d" if name == "stddev" else "d, e"
        model = HEAD + (f"  m[d]: {prior_mean.tolist()}\n  C[d, e]: {prior.tolist()}\n  G[{index}]: {given.tolist()}\nmodel:\n"
                        "  mu: multivariate_normal(m, covariance = C, over = d)\n"
                        f"  y[n]: multivariate_normal(mu, {name} = G, over = d)\n")
        add(f"multivariate_normal_mean_of_{name}", model, plane(y), bound=evidence, tolerance=1e-8,
            variables={"mu": {"mean": mean.tolist()}}, families={"mu": "multivariate_normal"})


def matrices(add):
    """A precision or covariance matrix, the mean being known."""
    y, v0 = PLANE[:4], 4.0
    n, d = y.shape
    mean = np.array([0.3, 0.1])
    s, v = S0 + (y - mean).T @ (y - mean), v0 + n
    evidence = -0.5 * n * d * np.log(2 * np.pi) + log_normalizer(v, s) - log_normalizer(v0, S0)
    priors = {
        "wishart_by_inverse_scale": ("precision", "wishart(degrees_of_freedom = 4, inverse_scale = S, over = d)", S0, v * np.linalg.inv(s)),
        "wishart_by_scale": ("precision", "wishart(degrees_of_freedom = 4, scale = S, over = d)", np.linalg.inv(S0), v * np.linalg.inv(s)),
        "inverse_wishart": ("covariance", "inverse_wishart(degrees_of_freedom = 4, scale = S, over = d)", S0, s / (v - d - 1)),
    }
    for name, (role, prior, given, expected) in priors.items():
        model = HEAD + (f"  m[d]: {mean.tolist()}\n  S[d, e]: {given.tolist()}\nmodel:\n  M: {prior}\n"
                        f"  y[n]: multivariate_normal(m, {role} = M, over = d)\n")
        add(f"{name}_prior", model, plane(y), bound=evidence, tolerance=1e-8,
            variables={"M": {"mean": expected.ravel().tolist()}}, families={"M": prior[:prior.index("(")]})


def normal_ascent(y, weights, start):
    """Components with independent factors for their means and precisions."""
    n, d = y.shape
    r, m0, p0, v0 = np.array(start), np.zeros(d), 0.2 * np.eye(d), 3.0
    k = len(weights)
    precision = [np.eye(d) for _ in range(k)]
    last = -np.inf
    for _ in range(5000):
        bound, logits, means_, states = 0, np.zeros((n, k)), [], []
        for j in range(k):
            count = r[:, j].sum()
            c = np.linalg.inv(p0 + count * precision[j])
            m = c @ (p0 @ m0 + precision[j] @ (r[:, j] @ y))
            gap = y - m
            v, s = v0 + count, S0 + (r[:, j, None] * gap).T @ gap + count * c
            precision[j] = v * np.linalg.inv(s)
            square = np.einsum("ni,ij,nj->n", gap, precision[j], gap) + np.trace(precision[j] @ c)
            logits[:, j] = np.log(weights[j]) + 0.5 * wishart_log_det(v, s) - 0.5 * d * np.log(2 * np.pi) - 0.5 * square
            bound -= normal_kl(m, c, m0, p0) + wishart_kl(v, s, v0, S0)
            means_.append(m.tolist())
            states.append((v, s))
        top = logits.max(axis=1, keepdims=True)
        sums = np.exp(logits - top)
        bound += (top[:, 0] + np.log(sums.sum(axis=1))).sum()
        r = sums / sums.sum(axis=1, keepdims=True)
        if abs(bound - last) < 1e-14 * abs(bound):
            return bound, means_, states
        last = bound
    raise RuntimeError("not converged")


def components(add):
    d = 2
    start = [[0.9, 0.1]] * 4 + [[0.1, 0.9]] * 3
    for name, role, prior in (("wishart", "precision", "wishart(degrees_of_freedom = 3, inverse_scale = S, over = d)"),
                              ("inverse_wishart", "covariance", "inverse_wishart(degrees_of_freedom = 3, scale = S, over = d)")):
        def moments(states):
            return [(v * np.linalg.inv(s) if name == "wishart" else s / (v - d - 1)).ravel().tolist() for v, s in states]
        bound, mean, states = normal_ascent(PLANE[:4], [1.0], [[1.0]] * 4)
        model = HEAD + (f"  S[d, e]: {S0.tolist()}\nmodel:\n  mu: multivariate_normal(0, precision = 0.2, over = d)\n  M: {prior}\n"
                        f"  y[n]: multivariate_normal(mu, {role} = M, over = d)\n")
        add(f"multivariate_normal_and_{name}", model, plane(PLANE[:4]), bound=bound, tolerance=1e-8,
            variables={"mu": {"mean": mean[0]}, "M": {"mean": moments(states)[0]}})
        bound, mean, states = normal_ascent(PLANE, WEIGHTS, start)
        model = HEAD + (f"  S[d, e]: {S0.tolist()}\n  w[k]: {WEIGHTS.tolist()}\nmodel:\n"
                        f"  mu[k]: multivariate_normal(0, precision = 0.2, over = d)\n  M[k]: {prior}\n  z[n]: categorical(w)\n"
                        f"  y[n]: multivariate_normal(mu[z], {role} = M[z], over = d)\n"
                        f"inference:\n  initialize:\n    z: {{cell: {start}}}\n" + SETTINGS)
        add(f"multivariate_normal_and_{name}_behind_a_gate", model, plane(PLANE), bound=bound, tolerance=1e-8,
            variables={"mu": {"mean": mean}, "M": {"mean": moments(states)}})


def joint_ascent(y, weights, start):
    """Components with joint normal-gamma factors: mu ~ normal(0, precision = 0.2 tau), tau ~ gamma(1.5, 0.8)."""
    kappa0, a0, b0 = 0.2, 1.5, 0.8
    r, last = np.array(start), -np.inf
    for _ in range(5000):
        count = r.sum(axis=0)
        kappa, a = kappa0 + count, a0 + 0.5 * count
        m = r.T @ y / kappa
        b = b0 + 0.5 * (r.T @ y**2 - kappa * m**2)
        log_tau = digamma(a) - np.log(b)
        square = 1 / kappa + (y[:, None] - m) ** 2 * a / b
        logits = np.log(weights) + 0.5 * log_tau - 0.5 * np.log(2 * np.pi) - 0.5 * square
        kl = 0.5 * (kappa0 / kappa - 1 - np.log(kappa0 / kappa)) + 0.5 * kappa0 * m**2 * a / b
        kl += (a - a0) * digamma(a) - gammaln(a) + gammaln(a0) + a0 * np.log(b / b0) + a * (b0 - b) / b
        top = logits.max(axis=1, keepdims=True)
        sums = np.exp(logits - top)
        bound = (top[:, 0] + np.log(sums.sum(axis=1))).sum() - kl.sum()
        r = sums / sums.sum(axis=1, keepdims=True)
        if abs(bound - last) < 1e-15 * abs(bound):
            return bound, m, a / b
        last = bound
    raise RuntimeError("not converged")


def joint_blocks(add):
    y = np.array([-0.3, 0.4, 5.1, 4.4, 5.6, 4.9])
    head = "plates: {n: data, k: 2}\ndata:\n  file: data.csv\n  y[n]: y\n"
    # The evidence from the densities of each row given those before it.
    m, kappa, a, b, evidence = 0.0, 0.2, 1.5, 0.8, 0.0
    for x in y:
        evidence += t.logpdf(x, 2 * a, m, np.sqrt(b * (kappa + 1) / (a * kappa)))
        b += 0.5 * kappa * (x - m) ** 2 / (kappa + 1)
        m, kappa, a = (kappa * m + x) / (kappa + 1), kappa + 1, a + 0.5
    block = "posterior:\n  joint: [[mu, tau]]\n"
    add("normal_gamma", head + "model:\n  mu: normal(0, precision = 0.2 * tau)\n  tau: gamma(shape = 1.5, rate = 0.8)\n"
        "  y[n]: normal(mu, precision = tau)\n" + block, {"y": y.tolist()}, bound=evidence, tolerance=1e-8,
        variables={"mu": {"mean": m}, "tau": {"mean": a / b, "stddev": np.sqrt(a) / b}})
    start = [[0.9, 0.1]] * 2 + [[0.1, 0.9]] * 4
    bound, m, tau = joint_ascent(y, WEIGHTS, start)
    add("normal_gamma_behind_a_gate", head + f"  w[k]: {WEIGHTS.tolist()}\nmodel:\n  mu[k]: normal(0, precision = 0.2 * tau)\n"
        "  tau[k]: gamma(shape = 1.5, rate = 0.8)\n  z[n]: categorical(w)\n  y[n]: normal(mu[z], precision = tau[z])\n" + block
        + f"inference:\n  initialize:\n    z: {{cell: {start}}}\n" + SETTINGS, {"y": y.tolist()}, bound=bound, tolerance=1e-8,
        variables={"mu": {"mean": m.tolist()}, "tau": {"mean": tau.tolist()}})


def chain_of_matrices(add):
    """Lambda ~ wishart(5, inverse_scale = S), S ~ wishart(4, inverse_scale = S0); the same by inverse matrices."""
    y, v0, v1 = PLANE[:4], 4.0, 5.0
    n, d = y.shape
    scale, a, b = np.eye(d), v0 + v1, v1 + n
    for _ in range(5000):
        inner = scale + y.T @ y
        precision = b * np.linalg.inv(inner)
        outer = S0 + precision
        before, scale = scale, a * np.linalg.inv(outer)
        if abs(scale - before).max() < 1e-15:
            break
    log_det = wishart_log_det(b, inner)
    bound = 0.5 * n * log_det - 0.5 * n * d * np.log(2 * np.pi) - 0.5 * np.trace(y @ precision @ y.T)
    # E[log p(Lambda | S)] and the entropy of Lambda
    bound += 0.5 * v1 * wishart_log_det(a, outer) - 0.5 * v1 * d * np.log(2) - multigammaln(0.5 * v1, d)
    bound += 0.5 * (v1 - d - 1) * log_det - 0.5 * np.trace(scale @ precision)
    bound += log_normalizer(b, inner) - 0.5 * (b - d - 1) * log_det + 0.5 * b * d
    bound -= wishart_kl(a, outer, v0, S0)
    forms = {
        "wishart_of_unknown_inverse_scale": ("wishart(degrees_of_freedom = 4, inverse_scale = R, over = d)",
                                             "wishart(degrees_of_freedom = 5, inverse_scale = S, over = d)", "precision"),
        "wishart_of_unknown_scale": ("inverse_wishart(degrees_of_freedom = 4, scale = R, over = d)",
                                     "wishart(degrees_of_freedom = 5, scale = S, over = d)", "precision"),
        "inverse_wishart_of_unknown_scale": ("wishart(degrees_of_freedom = 4, inverse_scale = R, over = d)",
                                             "inverse_wishart(degrees_of_freedom = 5, scale = S, over = d)", "covariance"),
    }
    for name, (top, middle, role) in forms.items():
        model = HEAD + (f"  R[d, e]: {S0.tolist()}\nmodel:\n  S: {top}\n  M: {middle}\n"
                        f"  y[n]: multivariate_normal(0, {role} = M, over = d)\n")
        add(name, model, plane(y), bound=bound, tolerance=1e-8, variables={})


def dirichlet_evidence(prior, counts):
    return gammaln(prior.sum()) - gammaln(prior.sum() + counts.sum()) + (gammaln(prior + counts) - gammaln(prior)).sum()


def log_ways(counts):
    return (gammaln(counts.sum(axis=1) + 1) - gammaln(counts + 1).sum(axis=1))


def probabilities(add):
    prior = np.array([1.5, 0.7, 2.0])
    counts = np.bincount(LEVELS, minlength=4)[1:].astype(float)
    head = "plates: {n: data, k: 3, c: 2}\ndata:\n  file: data.csv\n"
    posterior = prior + counts
    add("dirichlet_prior_of_categorical", head + "  a[k]: [1.5, 0.7, 2]\n  y[n]: {column: y, levels: k}\nmodel:\n"
        "  p: dirichlet(a, over = k)\n  y[n]: categorical(p)\n", {"y": LEVELS}, bound=dirichlet_evidence(prior, counts),
        tolerance=1e-8, variables={"p": {"mean": (posterior / posterior.sum()).tolist()}}, families={"p": "dirichlet"})
    columns = {c: COUNTS[:, i].tolist() for i, c in enumerate("abc")}
    columns["t"] = COUNTS.sum(axis=1).tolist()
    counting = head + "  y[n, k]: {columns: [a, b, c]}\n  t[n]: t\n"
    posterior = prior + COUNTS.sum(axis=0)
    add("dirichlet_prior_of_multinomial", counting + "  prior[k]: [1.5, 0.7, 2]\nmodel:\n  p: dirichlet(prior, over = k)\n"
        "  y[n]: multinomial(trials = t, probabilities = p)\n", columns,
        bound=dirichlet_evidence(prior, COUNTS.sum(axis=0)) + log_ways(COUNTS).sum(), tolerance=1e-8,
        variables={"p": {"mean": (posterior / posterior.sum()).tolist()}}, families={"p": "dirichlet"})
    # A mixture of two.
    start = [[0.9, 0.1]] * 2 + [[0.1, 0.9]] * 4
    r, last = np.array(start), -np.inf
    while True:
        a = prior + r.T @ COUNTS
        log_p = digamma(a) - digamma(a.sum(axis=1, keepdims=True))
        logits = np.log(WEIGHTS) + COUNTS @ log_p.T + log_ways(COUNTS)[:, None]
        bound = sum(dirichlet_evidence(prior, r[:, j] @ COUNTS) - (a[j] - prior) @ log_p[j] for j in range(2))
        top = logits.max(axis=1, keepdims=True)
        sums = np.exp(logits - top)
        bound += (top[:, 0] + np.log(sums.sum(axis=1))).sum()
        r = sums / sums.sum(axis=1, keepdims=True)
        if abs(bound - last) < 1e-15 * abs(bound):
            break
        last = bound
    add("multinomial_behind_a_gate", counting + f"  prior[k]: [1.5, 0.7, 2]\n  w[c]: {WEIGHTS.tolist()}\nmodel:\n"
        "  p[c]: dirichlet(prior, over = k)\n  z[n]: categorical(w)\n  y[n]: multinomial(trials = t, probabilities = p[z])\n"
        f"inference:\n  initialize:\n    z: {{cell: {start}}}\n" + SETTINGS, columns, bound=bound, tolerance=1e-8,
        variables={"p": {"mean": (a / a.sum(axis=1, keepdims=True)).tolist()}})
    # Shares: a dirichlet as likelihood, its parameters known, behind a gate whose selector is exact.
    known = np.array([[2.0, 5.0, 3.0], [6.0, 2.0, 1.5]])
    logs = np.log(WEIGHTS) + gammaln(known.sum(axis=1)) - gammaln(known).sum(axis=1) + np.log(SHARES) @ (known - 1).T
    evidence = np.logaddexp(logs[:, 0], logs[:, 1]).sum()
    columns = {c: SHARES[:, i].tolist() for i, c in enumerate("abc")}
    add("dirichlet_behind_a_gate", head + f"  y[n, k]: {{columns: [a, b, c]}}\n  g[c, k]: {known.tolist()}\n  w[c]: {WEIGHTS.tolist()}\n"
        "model:\n  z[n]: categorical(w)\n  y[n]: dirichlet(g[z], over = k)\n", columns, bound=evidence, tolerance=1e-8,
        variables={})


def rows(add):
    means(add)
    matrices(add)
    components(add)
    joint_blocks(add)
    chain_of_matrices(add)
    probabilities(add)
