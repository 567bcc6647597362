#!/usr/bin/python3
"""Golden values for iterations of local factors inside a sweep: latent Dirichlet allocation written out with numpy, every document's
responsibilities as a matrix, nothing rests and nothing is rescaled. A sweep moves theta once by the responsibilities as they are, then
theta and z in turn until theta stands still, then phi. With fresh starts every document also starts from equal responsibilities.
Usage: make_inner_iterations.py > inner_iterations.json
"""
import json

import numpy as np
from scipy.special import digamma, gammaln

DOCUMENTS, WORDS, TOPICS, ALPHA, ETA, SWEEPS = 8, 12, 3, 0.3, 0.2, 6
random = np.random.default_rng(5)
counts = random.poisson(2 * random.gamma(0.5, 1, (DOCUMENTS, WORDS)))
counts[counts.sum(axis=1) == 0, 0] = 1
counts[0, counts.sum(axis=0) == 0] = 1
start = np.round(1 + random.random((TOPICS, WORDS)), 3)


def expected_log(concentration):
    return digamma(concentration) - digamma(concentration.sum(axis=-1, keepdims=True))


def dirichlet_bound(prior, concentration):
    """E[log p] + H, summed over the rows."""
    k = concentration.shape[-1]
    log_beta = lambda c: gammaln(c).sum(axis=-1) - gammaln(c.sum(axis=-1))
    return ((prior - concentration) * expected_log(concentration)).sum(axis=-1) + log_beta(concentration) - log_beta(np.full(k, prior))


def responsibilities(theta, phi):
    """q(z) of every document and word: documents by words by topics."""
    logits = expected_log(theta)[:, None, :] + expected_log(phi).T[None]
    r = np.exp(logits - logits.max(axis=2, keepdims=True))
    return r / r.sum(axis=2, keepdims=True)


def iterate(theta, phi, tolerance, most):
    theta = theta.copy()
    for d in range(DOCUMENTS):
        for _ in range(most):
            r = responsibilities(theta[d:d + 1], phi)[0]
            new = ALPHA + counts[d] @ r
            change = np.abs(new - theta[d]).mean()
            theta[d] = new
            if change <= tolerance:
                break
    return theta


def document_bounds(theta, phi):
    logits = expected_log(theta)[:, None, :] + expected_log(phi).T[None]
    return (counts * np.log(np.exp(logits).sum(axis=2))).sum(axis=1) + dirichlet_bound(ALPHA, theta)


def bound(theta, phi, r):
    logits = expected_log(theta)[:, None, :] + expected_log(phi).T[None]
    words = (counts[:, :, None] * r * (logits - np.log(np.maximum(r, 1e-300)))).sum()
    return words + dirichlet_bound(ALPHA, theta).sum() + dirichlet_bound(ETA, phi).sum()


def run(tolerance, most, fresh):
    phi, theta = start.copy(), np.full((DOCUMENTS, TOPICS), ALPHA)
    r = responsibilities(theta, phi)
    bounds, each = [], 0
    for _ in range(SWEEPS):
        theta = ALPHA + np.einsum("dw,dwk->dk", counts, r)
        standing = theta
        if fresh:
            tried = iterate(ALPHA + np.repeat(counts.sum(axis=1, keepdims=True) / TOPICS, TOPICS, axis=1), phi, tolerance, most)
            gain = document_bounds(tried, phi) - document_bounds(standing, phi)
            if gain.sum() >= 0:
                theta = tried
            else:
                each += 1
                theta = np.where(gain[:, None] >= 0, tried, iterate(standing, phi, tolerance, most))
        else:
            theta = iterate(standing, phi, tolerance, most)
        r = responsibilities(theta, phi)
        phi = ETA + np.einsum("dw,dwk->kw", counts, r)
        bounds.append(bound(theta, phi, r))
    return {"tolerance": tolerance, "max_iterations": most, "fresh_start": fresh, "bounds": bounds, "theta": theta.tolist(),
            "phi": phi.tolist(), "sweeps_document_by_document": each}


rows = [(d, w) for d in range(DOCUMENTS) for w in range(WORDS) if counts[d, w] > 0]
print(json.dumps({"documents": [d for d, w in rows], "words": [w for d, w in rows], "counts": [int(counts[d, w]) for d, w in rows],
                  "alpha": ALPHA, "eta": ETA, "start": start.tolist(),
                  "runs": [run(tolerance, most, fresh) for tolerance, most in ((1e-13, 4), (1e-12, 100000)) for fresh in (False, True)]}, indent=1))
