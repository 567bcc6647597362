#!/usr/bin/python3
"""Golden values for probabilities that are 0 by structure and for comparisons of levels, written out with numpy.
- confusion: a mixture of categoricals whose rows are Dirichlets on different faces of the simplex, sweep by sweep;
- counts: a multinomial whose probabilities are a Dirichlet on a face: the exact log evidence;
- inflated: Poisson counts whose rate is 0 at one of two levels, at the fixed point;
- blocks: normal numbers of pairs, whose mean depends on whether the two have one level, at the fixed point.
Usage: make_structural_zeros.py > structural_zeros.json
"""
import itertools
import json

import numpy as np
from scipy.special import digamma, gammaln, softmax

random = np.random.default_rng(11)


def expected_log(concentration):
    """E[log x] where the concentration is positive; -inf elsewhere."""
    free = concentration > 0
    safe = np.where(free, concentration, 1)
    return np.where(free, digamma(safe) - digamma(concentration.sum(axis=-1, keepdims=True)), -np.inf)


def dirichlet_bound(prior, q):
    """E[log p] + H of one Dirichlet, over the coordinates that are free."""
    free = prior > 0
    a, b = prior[free], q[free]
    log_beta = lambda c: gammaln(c).sum() - gammaln(c.sum())
    return ((a - b) * (digamma(b) - digamma(b.sum()))).sum() + log_beta(b) - log_beta(a)


def confusion():
    prior = np.array([[2, 0, 0, 1], [1, 1, 0, 0], [0.5, 2, 3, 0]])
    start = np.array([[2.5, 0, 0, 1.5], [1.25, 3, 0, 0], [1, 2, 4, 0]])
    true = np.array([[0.7, 0, 0, 0.3], [0.4, 0.6, 0, 0], [0.2, 0.3, 0.5, 0]])
    levels = random.choice(3, 60, p=[0.3, 0.4, 0.3])
    y = np.array([random.choice(4, p=true[k]) for k in levels])
    one = np.ones(3)
    p, theta = one.copy(), start.copy()

    def responsibilities():
        logits = expected_log(p) + expected_log(theta)[:, y].T
        return softmax(logits, axis=1)

    r = responsibilities()
    bounds = []
    for _ in range(12):
        p = one + r.sum(axis=0)
        theta = prior + np.array([r[y == l].sum(axis=0) for l in range(4)]).T
        r = responsibilities()
        logits = expected_log(p) + expected_log(theta)[:, y].T
        some = r > 0
        rows = (r[some] * (logits[some] - np.log(r[some]))).sum()
        bounds.append(rows + dirichlet_bound(one, p) + sum(dirichlet_bound(a, b) for a, b in zip(prior, theta)))
    return {"y": (y + 1).tolist(), "prior": prior.tolist(), "start": start.tolist(), "bounds": bounds, "p": p.tolist(), "theta": theta.tolist()}


def counts():
    prior, x = np.array([1.5, 0, 2, 0.5]), np.array([5, 0, 12, 3])
    free = prior > 0
    a, n = prior[free], x[free]
    log_beta = lambda c: gammaln(c).sum() - gammaln(c.sum())
    evidence = gammaln(n.sum() + 1) - gammaln(n + 1).sum() + log_beta(a + n) - log_beta(a)
    return {"prior": prior.tolist(), "x": x.tolist(), "evidence": evidence}


def inflated():
    """y ~ poisson(r * (z == on)); r ~ gamma(1, 1); z ~ categorical(w); w ~ dirichlet(1, 1)."""
    y = np.array([0, 3, 0, 5, 4, 0, 0, 2])
    on = np.where(y > 0, 1.0, 0.5)  # the probability of the second level
    for _ in range(500):
        shape, rate = 1 + (on * y).sum(), 1 + on.sum()
        w = np.array([1 + (1 - on).sum(), 1 + on.sum()])
        log_w = expected_log(w)
        zero = 1 / (1 + np.exp(log_w[0] - log_w[1] + shape / rate))
        on = np.where(y > 0, 1.0, zero)
    log_r = digamma(shape) - np.log(rate)
    likelihood = (on * (y * log_r - shape / rate - gammaln(y + 1))).sum()
    some = y == 0
    entropy = -(on[some] * np.log(on[some]) + (1 - on[some]) * np.log1p(-on[some])).sum()
    gamma = -shape / rate + shape - np.log(rate) + gammaln(shape) + (1 - shape) * digamma(shape)
    levels = (on * log_w[1] + (1 - on) * log_w[0]).sum()
    return {"bound": likelihood + entropy + gamma + levels + dirichlet_bound(np.ones(2), w)}


def blocks():
    """y[e] ~ normal(a + b * (s[from] == s[to]), precision = 4); a, b ~ normal(0, 1); s ~ categorical(w)."""
    nodes, levels, tau = 6, 3, 4.0
    w = np.array([0.5, 0.3, 0.2])
    pairs = np.array(list(itertools.combinations(range(nodes), 2)))
    true = np.array([0, 0, 1, 1, 2, 0])
    y = np.round(0.5 + 1.5 * (true[pairs[:, 0]] == true[pairs[:, 1]]) + 0.4 * random.normal(size=len(pairs)), 3)
    q = softmax(random.normal(size=(nodes, levels)), axis=1).round(3)
    q /= q.sum(axis=1, keepdims=True)
    start = q.copy()
    a, b = np.array([0.0, 1.0]), np.array([1.0, 0.25])  # mean and variance
    begin = {"a": a.tolist(), "b": b.tolist()}
    for _ in range(3000):
        same = (q[pairs[:, 0]] * q[pairs[:, 1]]).sum(axis=1)
        va = 1 / (1 + tau * len(y))
        a = np.array([va * tau * (y - b[0] * same).sum(), va])
        vb = 1 / (1 + tau * same.sum())
        b = np.array([vb * tau * (same * (y - a[0])).sum(), vb])
        for i in range(nodes):  # E of the density where the two are one level, less where they are not
            gain = -0.5 * tau * (b[1] + b[0] ** 2) + tau * b[0] * (y - a[0])
            logits = np.log(w).copy()
            for e, (j, k) in enumerate(pairs):
                if i == j:
                    logits += gain[e] * q[k]
                elif i == k:
                    logits += gain[e] * q[j]
            q[i] = softmax(logits)
    same = (q[pairs[:, 0]] * q[pairs[:, 1]]).sum(axis=1)
    square = (y - a[0]) ** 2 + a[1] - 2 * (y - a[0]) * b[0] * same + (b[0] ** 2 + b[1]) * same
    likelihood = (0.5 * np.log(tau / (2 * np.pi)) - 0.5 * tau * square).sum()
    normal = sum(0.5 * (1 + np.log(v)) - 0.5 * (m * m + v) for m, v in (a, b))
    bound = likelihood + normal + (q * (np.log(w) - np.log(q))).sum()
    return {"y": y.tolist(), "from": (pairs[:, 0] + 1).tolist(), "to": (pairs[:, 1] + 1).tolist(), "w": w.tolist(), "start": start.tolist(),
            **begin, "bound": bound, "means": [a[0], b[0]], "q": q.tolist()}


print(json.dumps({"confusion": confusion(), "counts": counts(), "blocks": blocks(), "inflated": inflated()}))
