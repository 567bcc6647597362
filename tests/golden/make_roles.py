#!/usr/bin/python3
"""Golden values for families in every role: as a prior, as a likelihood, as a component behind a gate, in the middle.

Scalars: scipy.stats densities on meshes (meshes.py). Vectors and matrices: closed forms, or a coordinate ascent written out.
Usage: make_roles.py > roles.json
"""
import json

import numpy as np
from scipy import stats as st
from scipy.special import expit

import concentration_roles
import vector_roles
from meshes import solve

ROWS = []


def add(name, model, data, **rest):
    """data: name of a column -> its values."""
    ROWS.append({"name": name, "model": model.strip("\n"), "data": data, **rest})


def scalar(name, model, data, unknown, *factors, report=None, start=None, tolerance=1e-8):
    """report: variable of the model -> names of its cells (its own name if it is one)."""
    bound, mean, stddev = solve(unknown, factors, start)
    report = {n: [n] for n in unknown} if report is None else report
    add(name, model, data, bound=bound, tolerance=tolerance,
        variables={v: {"mean": [mean[c] for c in cells], "stddev": [stddev[c] for c in cells]} for v, cells in report.items()})


def total(values, log_density):
    """Sum over rows, for arrays of parameters."""
    return sum(log_density(v) for v in values)


def refused(name, model, data, *words):
    add(name, model, data, refused=list(words))


HEAD = "plates: {n: data}\ndata:\n  file: data.csv\n  y[n]: y\nmodel:\n"

REAL, POSITIVE, COUNT = [1.3, 0.4, 2.2, -0.6, 1.9], [0.7, 2.1, 1.2, 0.3, 3.4], [3, 0, 2, 7, 1]
UNIT, BIT = [0.2, 0.7, 0.45, 0.9], [1, 0, 1, 1, 0]

# Priors of one number t: text, kind, log density.
PRIORS = {
    "normal": ("normal(0.5, stddev = 2)", "real", lambda t: st.norm.logpdf(t, 0.5, 2)),
    "normal_variance": ("normal(0.5, variance = 4)", "real", lambda t: st.norm.logpdf(t, 0.5, 2)),
    "normal_precision": ("normal(0.5, precision = 0.25)", "real", lambda t: st.norm.logpdf(t, 0.5, 2)),
    "gamma": ("gamma(shape = 2.5, rate = 0.8)", "positive", lambda t: st.gamma.logpdf(t, 2.5, scale=1 / 0.8)),
    "gamma_scale": ("gamma(shape = 2.5, scale = 1.25)", "positive", lambda t: st.gamma.logpdf(t, 2.5, scale=1 / 0.8)),
    "gamma_mean": ("gamma(shape = 2.5, mean = 3.125)", "positive", lambda t: st.gamma.logpdf(t, 2.5, scale=1 / 0.8)),
    "exponential": ("exponential(rate = 0.8)", "positive", lambda t: st.expon.logpdf(t, scale=1 / 0.8)),
    "exponential_mean": ("exponential(mean = 1.25)", "positive", lambda t: st.expon.logpdf(t, scale=1 / 0.8)),
    "chi_squared": ("chi_squared(degrees_of_freedom = 3)", "positive", lambda t: st.chi2.logpdf(t, 3)),
    "inverse_gamma": ("inverse_gamma(shape = 2.5, scale = 1.7)", "positive", lambda t: st.invgamma.logpdf(t, 2.5, scale=1.7)),
    "beta": ("beta(alpha = 1.5, beta = 2.5)", "unit", lambda t: st.beta.logpdf(t, 1.5, 2.5)),
    "beta_mean": ("beta(mean = 0.375, concentration = 4)", "unit", lambda t: st.beta.logpdf(t, 1.5, 2.5)),
    "uniform": ("uniform(low = 0, high = 1)", "unit", lambda t: 0 * t),
    "log_normal": ("log_normal(log_mean = 0.3, log_stddev = 0.8)", "positive",
                   lambda t: st.lognorm.logpdf(t, 0.8, scale=np.exp(0.3))),
    "half_cauchy": ("half_cauchy(scale = 1.5)", "positive", lambda t: st.halfcauchy.logpdf(t, scale=1.5)),
    "half_normal": ("half_normal(scale = 1.5)", "positive", lambda t: st.halfnorm.logpdf(t, scale=1.5)),
    "cauchy": ("cauchy(location = 0.5, scale = 1)", "real", lambda t: st.cauchy.logpdf(t, 0.5, 1)),
    "logistic": ("logistic(location = 0.5, scale = 1)", "real", lambda t: st.logistic.logpdf(t, 0.5, 1)),
    "student_t": ("student_t(degrees_of_freedom = 4, location = 0.5, scale = 1)", "real", lambda t: st.t.logpdf(t, 4, 0.5, 1)),
}

# Likelihoods of one unknown number t: text, data, log density of a datum.
LIKELIHOODS = {
    "normal_mean_of_precision": ("normal(t, precision = 1.25)", REAL, lambda y, t: st.norm.logpdf(y, t, 0.8**0.5)),
    "normal_mean_of_variance": ("normal(t, variance = 0.8)", REAL, lambda y, t: st.norm.logpdf(y, t, 0.8**0.5)),
    "normal_mean_of_stddev": ("normal(t, stddev = 0.9)", REAL, lambda y, t: st.norm.logpdf(y, t, 0.9)),
    "normal_precision": ("normal(0.7, precision = t)", REAL, lambda y, t: st.norm.logpdf(y, 0.7, t**-0.5)),
    "normal_variance": ("normal(0.7, variance = t)", REAL, lambda y, t: st.norm.logpdf(y, 0.7, t**0.5)),
    "normal_stddev": ("normal(0.7, stddev = t)", REAL, lambda y, t: st.norm.logpdf(y, 0.7, t)),
    "normal_scaled_precision": ("normal(0.7, precision = 3 * t)", REAL, lambda y, t: st.norm.logpdf(y, 0.7, (3 * t)**-0.5)),
    "log_normal_location": ("log_normal(log_mean = t, log_stddev = 0.9)", POSITIVE,
                            lambda y, t: st.norm.logpdf(np.log(y), t, 0.9) - np.log(y)),
    "log_normal_precision": ("log_normal(log_mean = 0.2, log_precision = t)", POSITIVE,
                             lambda y, t: st.norm.logpdf(np.log(y), 0.2, t**-0.5) - np.log(y)),
    "log_normal_variance": ("log_normal(log_mean = 0.2, log_variance = t)", POSITIVE,
                            lambda y, t: st.norm.logpdf(np.log(y), 0.2, t**0.5) - np.log(y)),
    "log_normal_stddev": ("log_normal(log_mean = 0.2, log_stddev = t)", POSITIVE,
                          lambda y, t: st.norm.logpdf(np.log(y), 0.2, t) - np.log(y)),
    "gamma_rate": ("gamma(shape = 1.4, rate = t)", POSITIVE, lambda y, t: st.gamma.logpdf(y, 1.4, scale=1 / t)),
    "gamma_scale": ("gamma(shape = 1.4, scale = t)", POSITIVE, lambda y, t: st.gamma.logpdf(y, 1.4, scale=t)),
    "gamma_mean": ("gamma(shape = 1.4, mean = t)", POSITIVE, lambda y, t: st.gamma.logpdf(y, 1.4, scale=t / 1.4)),
    "gamma_shape": ("gamma(shape = t, rate = 0.9)", POSITIVE, lambda y, t: st.gamma.logpdf(y, t, scale=1 / 0.9)),
    "gamma_shape_of_mean": ("gamma(shape = t, mean = 1.6)", POSITIVE, lambda y, t: st.gamma.logpdf(y, t, scale=1.6 / t)),
    "inverse_gamma_scale": ("inverse_gamma(shape = 1.4, scale = t)", POSITIVE, lambda y, t: st.invgamma.logpdf(y, 1.4, scale=t)),
    "inverse_gamma_shape": ("inverse_gamma(shape = t, scale = 0.9)", POSITIVE, lambda y, t: st.invgamma.logpdf(y, t, scale=0.9)),
    "exponential_rate": ("exponential(rate = t)", POSITIVE, lambda y, t: st.expon.logpdf(y, scale=1 / t)),
    "exponential_scale": ("exponential(scale = t)", POSITIVE, lambda y, t: st.expon.logpdf(y, scale=t)),
    "exponential_mean": ("exponential(mean = t)", POSITIVE, lambda y, t: st.expon.logpdf(y, scale=t)),
    "poisson": ("poisson(rate = t)", COUNT, lambda y, t: st.poisson.logpmf(y, t)),
    "poisson_exposure": ("poisson(rate = 2.5 * t)", COUNT, lambda y, t: st.poisson.logpmf(y, 2.5 * t)),
    "bernoulli": ("bernoulli(probability = t)", BIT, lambda y, t: st.bernoulli.logpmf(y, t)),
    "bernoulli_logit": ("bernoulli(logit = t)", BIT, lambda y, t: st.bernoulli.logpmf(y, expit(t))),
    "binomial": ("binomial(trials = 9, probability = t)", COUNT, lambda y, t: st.binom.logpmf(y, 9, t)),
    "binomial_logit": ("binomial(trials = 9, logit = t)", COUNT, lambda y, t: st.binom.logpmf(y, 9, expit(t))),
    "negative_binomial": ("negative_binomial(successes = 2.5, probability = t)", COUNT, lambda y, t: st.nbinom.logpmf(y, 2.5, t)),
    "negative_binomial_mean": ("negative_binomial(mean = t, dispersion = 2)", COUNT,
                               lambda y, t: st.nbinom.logpmf(y, 2, 2 / (2 + t))),
    "negative_binomial_size": ("negative_binomial(successes = t, probability = 0.4)", COUNT,
                               lambda y, t: st.nbinom.logpmf(y, t, 0.4)),
    "geometric": ("geometric(probability = t)", COUNT, lambda y, t: st.geom.logpmf(y + 1, t)),
    "geometric_logit": ("geometric(logit = t)", COUNT, lambda y, t: st.geom.logpmf(y + 1, expit(t))),
    "beta_alpha": ("beta(alpha = t, beta = 1.2)", UNIT, lambda y, t: st.beta.logpdf(y, t, 1.2)),
    "beta_beta": ("beta(alpha = 1.2, beta = t)", UNIT, lambda y, t: st.beta.logpdf(y, 1.2, t)),
    "beta_mean": ("beta(mean = t, concentration = 3)", UNIT, lambda y, t: st.beta.logpdf(y, 3 * t, 3 * (1 - t))),
    "beta_concentration": ("beta(mean = 0.6, concentration = t)", UNIT, lambda y, t: st.beta.logpdf(y, 0.6 * t, 0.4 * t)),
}

LOCATION = ["normal_mean_of_precision", "normal_mean_of_variance", "normal_mean_of_stddev", "log_normal_location"]
PRECISION = ["normal_precision", "normal_scaled_precision", "log_normal_precision"]
RATE = PRECISION + ["gamma_rate", "inverse_gamma_scale", "exponential_rate", "poisson", "poisson_exposure"]
VARIANCE = ["normal_variance", "log_normal_variance", "gamma_scale", "gamma_mean", "exponential_scale", "exponential_mean"]
CHANCE = ["bernoulli", "binomial", "negative_binomial", "geometric"]
SHAPE = ["gamma_shape", "gamma_shape_of_mean", "inverse_gamma_shape", "beta_alpha", "beta_beta", "beta_concentration",
         "normal_stddev", "log_normal_stddev", "negative_binomial_mean", "negative_binomial_size"]

# The family of q where the pair is closed, and the pairs.
CLOSED = [
    ("normal", ["normal", "normal_variance", "normal_precision"], LOCATION),
    ("gamma", ["gamma", "gamma_scale", "gamma_mean", "exponential", "exponential_mean", "chi_squared"], RATE),
    ("inverse_gamma", ["inverse_gamma"], VARIANCE),
    ("beta", ["beta", "beta_mean", "uniform"], CHANCE),
]
GRIDS = [
    (["normal", "cauchy", "logistic", "student_t"], ["bernoulli_logit", "binomial_logit", "geometric_logit"]),
    (["cauchy", "logistic", "student_t"], LOCATION[2:]),
    (["gamma", "log_normal", "half_cauchy", "half_normal", "exponential"], SHAPE),
    (["log_normal", "half_cauchy", "half_normal", "inverse_gamma"], RATE),
    (["log_normal", "half_cauchy", "half_normal", "gamma"], VARIANCE),
    (["beta", "uniform"], ["beta_mean"]),
]


def pair(prior, likelihood, family):
    (prior_text, kind, log_prior), (text, data, log_density) = PRIORS[prior], LIKELIHOODS[likelihood]
    on_grid = family == "discrete_grid"
    model = HEAD + f"  t: {prior_text}\n  y[n]: {text}\n" + ("posterior:\n  t: discrete_grid\n" if on_grid else "")
    scalar(f"{prior}_prior_of_{likelihood}" + ("_on_a_grid" if on_grid else ""), model, {"y": data}, {"t": kind}, log_prior,
           lambda t: total(data, lambda y: log_density(y, t)), tolerance=1e-6 if on_grid else 1e-8)
    ROWS[-1]["families"] = {"t": family}


def pairs():
    for family, priors, likelihoods in CLOSED:
        for likelihood in likelihoods:
            for prior in priors:
                pair(prior, likelihood, family)
    for priors, likelihoods in GRIDS:
        for likelihood in likelihoods:
            for prior in priors:
                pair(prior, likelihood, "discrete_grid")


# Components of a mixture: unknown numbers (name -> prior), text of the likelihood, data, log density of a datum.
A_PRIORS = {"mu": "normal", "tau": "gamma", "v": "inverse_gamma", "rate": "gamma", "scale": "inverse_gamma", "p": "beta",
            "shape": "gamma", "mean": "inverse_gamma", "s": "half_normal"}
GATE_REAL, GATE_POSITIVE = [-0.3, 0.4, 5.1, 4.4, 5.6, 4.9], [0.06, 0.11, 5.1, 9.4, 4.6, 3.7]
GATE_COUNT, GATE_BIT, GATE_UNIT = [0, 1, 9, 7, 8, 8], [0, 0, 1, 1, 1, 1], [0.06, 0.11, 0.91, 0.85, 0.97, 0.93]
GATES = {
    "normal_mean": (["mu"], "normal(mu[z], variance = 0.3)", GATE_REAL, lambda y, mu: st.norm.logpdf(y, mu, 0.3**0.5)),
    "normal_precision": (["tau"], "normal(0.2, precision = tau[z])", GATE_REAL, lambda y, tau: st.norm.logpdf(y, 0.2, tau**-0.5)),
    "normal_variance": (["v"], "normal(0.2, variance = v[z])", GATE_REAL, lambda y, v: st.norm.logpdf(y, 0.2, v**0.5)),
    "normal_mean_and_precision": (["mu", "tau"], "normal(mu[z], precision = tau[z])", GATE_REAL,
                                  lambda y, mu, tau: st.norm.logpdf(y, mu, tau**-0.5)),
    "normal_mean_and_variance": (["mu", "v"], "normal(mu[z], variance = v[z])", GATE_REAL,
                                 lambda y, mu, v: st.norm.logpdf(y, mu, v**0.5)),
    "normal_stddev_on_a_grid": (["s"], "normal(0.2, stddev = s[z])", GATE_REAL, lambda y, s: st.norm.logpdf(y, 0.2, s)),
    "log_normal": (["mu", "tau"], "log_normal(log_mean = mu[z], log_precision = tau[z])", GATE_POSITIVE,
                   lambda y, mu, tau: st.norm.logpdf(np.log(y), mu, tau**-0.5) - np.log(y)),
    "gamma_rate": (["rate"], "gamma(shape = 2, rate = rate[z])", GATE_POSITIVE, lambda y, rate: st.gamma.logpdf(y, 2, scale=1 / rate)),
    "gamma_scale": (["scale"], "gamma(shape = 2, scale = scale[z])", GATE_POSITIVE,
                    lambda y, scale: st.gamma.logpdf(y, 2, scale=scale)),
    "gamma_mean": (["mean"], "gamma(shape = 2, mean = mean[z])", GATE_POSITIVE,
                   lambda y, mean: st.gamma.logpdf(y, 2, scale=mean / 2)),
    "gamma_shape_on_a_grid": (["shape"], "gamma(shape = shape[z], rate = 2)", GATE_POSITIVE,
                              lambda y, shape: st.gamma.logpdf(y, shape, scale=0.5)),
    "inverse_gamma": (["rate"], "inverse_gamma(shape = 2, scale = rate[z])", GATE_POSITIVE,
                      lambda y, rate: st.invgamma.logpdf(y, 2, scale=rate)),
    "exponential_rate": (["rate"], "exponential(rate = rate[z])", GATE_POSITIVE, lambda y, rate: st.expon.logpdf(y, scale=1 / rate)),
    "exponential_mean": (["mean"], "exponential(mean = mean[z])", GATE_POSITIVE, lambda y, mean: st.expon.logpdf(y, scale=mean)),
    "poisson": (["rate"], "poisson(rate = rate[z])", GATE_COUNT, lambda y, rate: st.poisson.logpmf(y, rate)),
    "bernoulli": (["p"], "bernoulli(p[z])", GATE_BIT, lambda y, p: st.bernoulli.logpmf(y, p)),
    "binomial": (["p"], "binomial(trials = 9, probability = p[z])", GATE_COUNT, lambda y, p: st.binom.logpmf(y, 9, p)),
    "negative_binomial": (["p"], "negative_binomial(successes = 2.5, probability = p[z])", GATE_COUNT,
                          lambda y, p: st.nbinom.logpmf(y, 2.5, p)),
    "geometric": (["p"], "geometric(probability = p[z])", GATE_COUNT, lambda y, p: st.geom.logpmf(y + 1, p)),
    "beta_on_a_grid": (["shape"], "beta(alpha = shape[z], beta = 1.2)", GATE_UNIT, lambda y, shape: st.beta.logpdf(y, shape, 1.2)),
    "beta_mean_on_a_grid": (["p"], "beta(mean = p[z], concentration = 5)", GATE_UNIT,
                            lambda y, p: st.beta.logpdf(y, 5 * p, 5 * (1 - p))),
}


def gate(name, unknown, text, data, log_density):
    """Two components with equal priors: the weights are known and differ, so that every optimum has one of its own."""
    weights = [0.35, 0.65]
    grid = name.endswith("_on_a_grid")
    model = "plates: {n: data, k: 2}\ndata:\n  file: data.csv\n  y[n]: y\n  w[k]: [0.35, 0.65]\nmodel:\n"
    model += "".join(f"  {u}[k]: {PRIORS[A_PRIORS[u]][0]}\n" for u in unknown)
    model += f"  z[n]: categorical(w)\n  y[n]: {text}\n"
    if grid:
        model += "posterior:\n" + "".join(f"  {u}: discrete_grid\n" for u in unknown)
    kinds, factors = {}, []
    for k in range(2):
        for u in unknown:
            kinds[f"{u}{k}"] = PRIORS[A_PRIORS[u]][1]
            factors.append(eval(f"lambda {u}{k}: f({u}{k})", {"f": PRIORS[A_PRIORS[u]][2]}))
    for n, y in enumerate(data):  # after the components, or their start would be lost
        kinds[f"z{n}"] = 2
        factors.append(eval(f"lambda z{n}: np.log(np.array(w))[z{n}.astype(int)]", {"np": np, "w": weights}))
        for k in range(2):
            names = ", ".join(f"{u}{k}" for u in unknown)
            factors.append(eval(f"lambda z{n}, {names}: np.where(z{n} == k, f(y, {names}), 0)",
                                {"np": np, "f": log_density, "k": k, "y": y}))
    best = None
    for first in (0.9, 0.1):  # the first two rows lie apart
        start = {f"z{n}": ([first, 1 - first] if n < 2 else [1 - first, first]) for n in range(len(data))}
        found = solve(kinds, factors, start)
        if best is None or found[0] > best[0]:
            best, cells = found, list(start.values())
    bound, mean, stddev = best
    model += f"inference:\n  initialize:\n    z: {{cell: {cells}}}\n  tolerance: 1e-14\n  max_sweeps: 20000\n"
    add(f"{name}_behind_a_gate", model, {"y": data}, bound=bound, tolerance=1e-6 if grid else 1e-8,
        variables={u: {"mean": [mean[f"{u}{k}"] for k in range(2)], "stddev": [stddev[f"{u}{k}"] for k in range(2)]}
                   for u in unknown})


def gates():
    for name, row in GATES.items():
        gate(name, *row)


def chain(name, statements, data, unknown, factors, report, posterior=(), tolerance=1e-8, families=None, start=None,
          inference=""):
    """Statements of unknown numbers that rest on one another; y[n] is data."""
    model = HEAD + "".join(f"  {s}\n" for s in statements)
    if posterior:
        model += "posterior:\n" + "".join(f"  {p}\n" for p in posterior)
    scalar(name, model + inference, {"y": data}, unknown, *factors, report=report, tolerance=tolerance, start=start)
    if families:
        ROWS[-1]["families"] = families


def rows_of(code, data, **names):
    """One function a row: `code` with # in the place of the row's number and y for its datum."""
    scope = {"np": np, "st": st, **names}
    return [eval(code.replace("#", str(n)), {**scope, "y": y}) for n, y in enumerate(data)]


def middles():
    gamma = lambda shape, rate: (lambda t: st.gamma.logpdf(t, shape, scale=1 / rate))  # noqa: E731
    few = COUNT[:4]
    cells = lambda name, data: [f"{name}{n}" for n in range(len(data))]  # noqa: E731
    t_poisson = rows_of("lambda t#: st.poisson.logpmf(y, t#)", few)
    chain("gamma_of_unknown_rate", ["b: gamma(shape = 2, rate = 1)", "t[n]: gamma(shape = 1.5, rate = b)", "y[n]: poisson(t)"], few,
          {"b": "positive", **{t: "positive" for t in cells("t", few)}},
          [lambda b: st.gamma.logpdf(b, 2)] + rows_of("lambda t#, b: st.gamma.logpdf(t#, 1.5, scale=1 / b)", few) + t_poisson,
          {"b": ["b"], "t": cells("t", few)}, families={"b": "gamma", "t": "gamma"})
    chain("gamma_of_unknown_scale", ["b: inverse_gamma(shape = 2, scale = 1)", "t[n]: gamma(shape = 1.5, scale = b)", "y[n]: poisson(t)"],
          few, {"b": "positive", **{t: "positive" for t in cells("t", few)}},
          [lambda b: st.invgamma.logpdf(b, 2)] + rows_of("lambda t#, b: st.gamma.logpdf(t#, 1.5, scale=b)", few) + t_poisson,
          {"b": ["b"], "t": cells("t", few)}, families={"b": "inverse_gamma", "t": "gamma"})
    chain("gamma_of_unknown_mean", ["b: inverse_gamma(shape = 2, scale = 1)", "t[n]: gamma(shape = 1.5, mean = b)", "y[n]: poisson(t)"],
          few, {"b": "positive", **{t: "positive" for t in cells("t", few)}},
          [lambda b: st.invgamma.logpdf(b, 2)] + rows_of("lambda t#, b: st.gamma.logpdf(t#, 1.5, scale=b / 1.5)", few) + t_poisson,
          {"b": ["b"], "t": cells("t", few)}, families={"b": "inverse_gamma", "t": "gamma"})
    chain("gamma_of_unknown_shape_and_rate",
          ["a: gamma(shape = 2, rate = 1)", "b: gamma(shape = 2, rate = 1)", "t[n]: gamma(shape = a, rate = b)", "y[n]: poisson(t)"], few,
          {"a": "positive", "b": "positive", **{t: "positive" for t in cells("t", few)}},
          [lambda a: st.gamma.logpdf(a, 2), lambda b: st.gamma.logpdf(b, 2)]
          + rows_of("lambda t#, a, b: st.gamma.logpdf(t#, a, scale=1 / b)", few) + t_poisson,
          {"a": ["a"], "b": ["b"], "t": cells("t", few)}, ["a: discrete_grid"], 1e-6, {"b": "gamma", "t": "gamma"})
    chain("exponential_of_unknown_rate", ["b: gamma(shape = 2, rate = 1)", "t[n]: exponential(rate = b)", "y[n]: poisson(t)"], few,
          {"b": "positive", **{t: "positive" for t in cells("t", few)}},
          [lambda b: st.gamma.logpdf(b, 2)] + rows_of("lambda t#, b: st.expon.logpdf(t#, scale=1 / b)", few) + t_poisson,
          {"b": ["b"], "t": cells("t", few)}, families={"b": "gamma", "t": "gamma"})
    chain("exponential_of_unknown_mean", ["b: inverse_gamma(shape = 2, scale = 1)", "t[n]: exponential(mean = b)", "y[n]: poisson(t)"], few,
          {"b": "positive", **{t: "positive" for t in cells("t", few)}},
          [lambda b: st.invgamma.logpdf(b, 2)] + rows_of("lambda t#, b: st.expon.logpdf(t#, scale=b)", few) + t_poisson,
          {"b": ["b"], "t": cells("t", few)}, families={"b": "inverse_gamma", "t": "gamma"})
    real = REAL[:4]
    chain("inverse_gamma_of_unknown_scale",
          ["b: gamma(shape = 2, rate = 1)", "v[n]: inverse_gamma(shape = 1.5, scale = b)", "y[n]: normal(0.5, variance = v)"], real,
          {"b": "positive", **{v: "positive" for v in cells("v", real)}},
          [lambda b: st.gamma.logpdf(b, 2)] + rows_of("lambda v#, b: st.invgamma.logpdf(v#, 1.5, scale=b)", real)
          + rows_of("lambda v#: st.norm.logpdf(y, 0.5, v#**0.5)", real),
          {"b": ["b"]}, families={"b": "gamma", "v": "inverse_gamma"})
    chain("inverse_gamma_of_the_inverse_of_an_inverse_gamma",  # a half-Cauchy on the standard deviation
          ["a: inverse_gamma(shape = 0.5, scale = 0.25)", "v: inverse_gamma(shape = 0.5, scale = 1 / a)", "y[n]: normal(0.5, variance = v)"],
          real, {"a": "positive", "v": "positive"},
          [lambda a: st.invgamma.logpdf(a, 0.5, scale=0.25), lambda v, a: st.invgamma.logpdf(v, 0.5, scale=1 / a),
           lambda v: total(real, lambda y: st.norm.logpdf(y, 0.5, v**0.5))],
          {}, families={"a": "inverse_gamma", "v": "inverse_gamma"})
    chain("normal_of_unknown_mean_and_precision",
          ["m: normal(0, variance = 4)", "t: gamma(shape = 2, rate = 1)", "x[n]: normal(m, precision = t)", "y[n]: normal(x, stddev = 0.5)"], real,
          {"m": "real", "t": "positive", **{x: "real" for x in cells("x", real)}},
          [lambda m: st.norm.logpdf(m, 0, 2), gamma(2, 1)] + rows_of("lambda x#, m, t: st.norm.logpdf(x#, m, t**-0.5)", real)
          + rows_of("lambda x#: st.norm.logpdf(y, x#, 0.5)", real),
          {"m": ["m"], "t": ["t"], "x": cells("x", real)}, families={"m": "normal", "t": "gamma", "x": "normal"})
    chain("normal_of_unknown_mean_and_variance",
          ["m: normal(0, variance = 4)", "v: inverse_gamma(shape = 2, scale = 1)", "x[n]: normal(m, variance = v)",
           "y[n]: normal(x, stddev = 0.5)"], real,
          {"m": "real", "v": "positive", **{x: "real" for x in cells("x", real)}},
          [lambda m: st.norm.logpdf(m, 0, 2), lambda v: st.invgamma.logpdf(v, 2)]
          + rows_of("lambda x#, m, v: st.norm.logpdf(x#, m, v**0.5)", real) + rows_of("lambda x#: st.norm.logpdf(y, x#, 0.5)", real),
          {"m": ["m"], "x": cells("x", real)}, families={"m": "normal", "v": "inverse_gamma", "x": "normal"})
    chain("normal_of_unknown_mean_and_stddev",
          ["m: normal(0, variance = 4)", "s: half_cauchy(scale = 1)", "x[n]: normal(m, stddev = s)", "y[n]: normal(x, stddev = 0.5)"], real,
          {"m": "real", "s": "positive", **{x: "real" for x in cells("x", real)}},
          [lambda m: st.norm.logpdf(m, 0, 2), lambda s: st.halfcauchy.logpdf(s)]
          + rows_of("lambda x#, m, s: st.norm.logpdf(x#, m, s)", real) + rows_of("lambda x#: st.norm.logpdf(y, x#, 0.5)", real),
          {"m": ["m"], "x": cells("x", real)}, ["s: discrete_grid"], 1e-6, {"m": "normal", "x": "normal"})
    positive = POSITIVE[:4]
    chain("log_normal_of_unknown_parameters",
          ["m: normal(0, variance = 4)", "t: gamma(shape = 2, rate = 1)", "x[n]: log_normal(log_mean = m, log_precision = t)",
           "y[n]: log_normal(log_mean = log(x), log_stddev = 0.5)"], positive,
          {"m": "real", "t": "positive", **{x: "positive" for x in cells("x", positive)}},
          [lambda m: st.norm.logpdf(m, 0, 2), gamma(2, 1)]
          + rows_of("lambda x#, m, t: st.norm.logpdf(np.log(x#), m, t**-0.5) - np.log(x#)", positive)
          + rows_of("lambda x#: st.norm.logpdf(np.log(y), np.log(x#), 0.5) - np.log(y)", positive),
          {"m": ["m"], "t": ["t"], "x": cells("x", positive)}, families={"m": "normal", "t": "gamma", "x": "log_normal"})
    chain("normal_at_the_logarithm_of_a_log_normal",
          ["x: log_normal(log_mean = 0.3, log_variance = 2)", "y[n]: normal(log(x), precision = 2)"], real, {"x": "positive"},
          [lambda x: st.lognorm.logpdf(x, 2**0.5, scale=np.exp(0.3)), lambda x: total(real, lambda y: st.norm.logpdf(y, np.log(x), 0.5**0.5))],
          {"x": ["x"]}, families={"x": "log_normal"})
    bit = BIT[:4]
    chain("beta_of_unknown_alpha_on_grids",
          ["a: gamma(shape = 2, rate = 1)", "p[n]: beta(alpha = a, beta = 2)", "y[n]: binomial(trials = 9, probability = p)"], few,
          {"a": "positive", **{p: "unit" for p in cells("p", few)}},
          [lambda a: st.gamma.logpdf(a, 2)] + rows_of("lambda p#, a: st.beta.logpdf(p#, a, 2)", few)
          + rows_of("lambda p#: st.binom.logpmf(y, 9, p#)", few),
          {"a": ["a"], "p": cells("p", few)}, (), 1e-6)
    chain("bernoulli_of_unknown_probability",
          ["p: beta(alpha = 1, beta = 2)", "s[n]: bernoulli(p)", "a: normal(0, variance = 4)", "y[n]: normal(a + 2 * s, precision = 1.5)"],
          real, {"p": "unit", "a": "real", **{s: 2 for s in cells("s", real)}},
          [lambda p: st.beta.logpdf(p, 1, 2), lambda a: st.norm.logpdf(a, 0, 2)]
          + rows_of("lambda s#, p: np.where(s# == 1, np.log(p), np.log1p(-p))", real)
          + rows_of("lambda a, s#: st.norm.logpdf(y, a + 2 * s#, 1.5**-0.5)", real),
          {"p": ["p"], "a": ["a"], "s": cells("s", real)}, families={"p": "beta", "a": "normal", "s": "bernoulli"})
    chain("gamma_likelihood_of_unknown_shape_and_rate",
          ["a: exponential(rate = 1)", "b: gamma(shape = 2, rate = 1)", "y[n]: gamma(shape = a, rate = b)"], positive,
          {"a": "positive", "b": "positive"},
          [lambda a: st.expon.logpdf(a), lambda b: st.gamma.logpdf(b, 2),
           lambda a, b: total(positive, lambda y: st.gamma.logpdf(y, a, scale=1 / b))],
          {"a": ["a"], "b": ["b"]}, ["a: discrete_grid"], 1e-6, {"b": "gamma"})
    chain("beta_likelihood_of_two_unknown_parameters",
          ["a: gamma(shape = 2, rate = 1)", "b: gamma(shape = 2, rate = 1)", "y[n]: beta(alpha = a, beta = b)"], UNIT,
          {"a": "positive", "b": "positive"},
          [lambda a: st.gamma.logpdf(a, 2), lambda b: st.gamma.logpdf(b, 2),
           lambda a, b: total(UNIT, lambda y: st.beta.logpdf(y, a, b))],
          {"a": ["a"], "b": ["b"]}, (), 1e-6)
    chain("negative_binomial_of_two_unknown_parameters",
          ["a: gamma(shape = 2, rate = 1)", "p: beta(alpha = 1, beta = 2)", "y[n]: negative_binomial(successes = a, probability = p)"], COUNT,
          {"a": "positive", "p": "unit"},
          [lambda a: st.gamma.logpdf(a, 2), lambda p: st.beta.logpdf(p, 1, 2),
           lambda a, p: total(COUNT, lambda y: st.nbinom.logpmf(y, a, p))],
          {"a": ["a"], "p": ["p"]}, (), 1e-6)
    chain("student_t_by_a_gamma_scale",
          ["m: normal(0, variance = 4)", "u[n]: gamma(shape = 2, rate = 2)", "y[n]: normal(m, precision = 1.5 * u)"], real,
          {"m": "real", **{u: "positive" for u in cells("u", real)}},
          [lambda m: st.norm.logpdf(m, 0, 2)] + rows_of("lambda u#: st.gamma.logpdf(u#, 2, scale=0.5)", real)
          + rows_of("lambda m, u#: st.norm.logpdf(y, m, (1.5 * u#)**-0.5)", real),
          {"m": ["m"], "u": cells("u", real)}, families={"m": "normal", "u": "gamma"})


def counts_in_the_middle():
    """Whole numbers that are not known: empty cells that another statement reads, or the size of a population."""
    head = "plates: {n: data}\ndata:\n  file: data.csv\n  y[n]: y\n  x[n]: x\nmodel:\n"
    x, y = [2, None, 3, 1, None], REAL
    gaps = [n for n, value in enumerate(x) if value is None]
    families = {
        "poisson": ("rate", "gamma", "poisson(r)", lambda v, r: st.poisson.logpmf(v, r), 60, "gamma"),
        "geometric": ("chance", "beta", "geometric(r)", lambda v, r: st.geom.logpmf(v + 1, r), 200, "beta"),
        "binomial": ("chance", "beta", "binomial(trials = 5, probability = r)", lambda v, r: st.binom.logpmf(v, 5, r), 6, "beta"),
        "negative_binomial": ("chance", "beta", "negative_binomial(successes = 2, probability = r)",
                              lambda v, r: st.nbinom.logpmf(v, 2, r), 100, "beta"),
    }
    for name, (_, prior, text, log_mass, most, family) in families.items():
        prior_text, kind, log_prior = PRIORS[prior]
        unknown = {"r": kind, **{f"x{n}": most for n in gaps}}
        factors = [lambda r: log_prior(r), lambda r: total([v for v in x if v is not None], lambda v: log_mass(v, r))]
        factors += [eval(f"lambda x{n}, r: f(x{n}, r)", {"f": log_mass}) for n in gaps]
        factors += [eval(f"lambda x{n}: f(y, x{n}, 1)", {"f": st.norm.logpdf, "y": y[n]}) for n in gaps]
        factors += [eval("lambda r: 0 * r + c", {"c": st.norm.logpdf(y[n], x[n], 1)}) for n in range(len(x)) if x[n] is not None]
        scalar(f"{name}_with_empty_cells_that_are_read",
               head + f"  r: {prior_text}\n  x[n]: {text}\n  y[n]: normal(x, precision = 1)\nposterior:\n  x: discrete_grid\n",
               {"y": y, "x": x}, unknown, *factors, report={"r": ["r"], "x": [f"x{n}" for n in gaps]})
        ROWS[-1]["families"] = {"r": family}
        if name != "poisson":
            continue
        refused("poisson_that_is_read_and_not_on_a_grid", head + f"  r: {prior_text}\n  x[n]: {text}\n  y[n]: normal(x, precision = 1)\n",
                {"y": y, "x": x}, "its factor is a poisson with statistics (x)", "posterior: {x: discrete_grid}")
    caught = [17, 21, 15, 19]
    chain("population_size_of_binomials", ["N: poisson(40)", "y[n]: binomial(trials = N, probability = 0.5)"], caught, {"N": 200},
          [lambda N: st.poisson.logpmf(N, 40), lambda N: total(caught, lambda v: st.binom.logpmf(v, N, 0.5))], {"N": ["N"]},
          ["N: discrete_grid"])
    far = [960.0, 1010.0, 985.0]
    chain("a_count_far_from_zero", ["N: poisson(1000)", "y[n]: normal(N, stddev = 30)"], far, {"N": 3000},
          [lambda N: st.poisson.logpmf(N, 1000), lambda N: total(far, lambda v: st.norm.logpdf(v, N, 30))], {"N": ["N"]},
          ["N: discrete_grid"])


def flags():
    """Numbers that are 0 or 1 as factors: a variable that is in a model or not."""
    few = REAL[:3]
    chain("a_normal_that_counts_or_not", ["b: bernoulli(0.3)", "m: normal(0, stddev = 2)", "y[n]: normal(m * b, precision = 2)"], few,
          {"b": 2, "m": "real"},
          [lambda b: np.where(b == 1, np.log(0.3), np.log(0.7)), lambda m: st.norm.logpdf(m, 0, 2),
           lambda m, b: total(few, lambda y: st.norm.logpdf(y, m * b, 0.5**0.5))], {"b": ["b"], "m": ["m"]},
          families={"b": "bernoulli", "m": "normal"}, start={"m": 1.25},
          inference="inference:\n  initialize:\n    m: {x: 1.25, x2: 1.6}\n  tolerance: 1e-14\n  max_sweeps: 20000\n")


def over_a_dimension():
    """Families of one number over a dimension: a factor for each of them where their products have no family."""
    head = "plates: {n: data, d: 2}\ndata:\n  file: data.csv\n  y[n, d]: {columns: [a, b]}\nmodel:\n"
    a, b = REAL[:4], [0.2, 0.5, -0.7, 1.4]
    data, pair_of = {"a": a, "b": b}, {"s": ["s0", "s1"]}
    for name, prior in (("exponentials", "exponential"), ("gammas", "gamma")):
        text, kind, log_prior = PRIORS[prior]
        scalar(f"{name}_over_a_dimension", head + f"  s: {text[:-1]}, over = d)\n  y[n, d]: normal(0, precision = s)\n", data,
               {"s0": kind, "s1": kind}, lambda s0: log_prior(s0), lambda s1: log_prior(s1),
               lambda s0: total(a, lambda y: st.norm.logpdf(y, 0, s0**-0.5)), lambda s1: total(b, lambda y: st.norm.logpdf(y, 0, s1**-0.5)),
               report=pair_of)
        ROWS[-1]["families"] = {"s": "gamma"}
    flag = lambda s: np.where(s == 1, np.log(0.3), np.log(0.7))  # noqa: E731
    scalar("bernoullis_over_a_dimension", head + "  s: bernoulli(0.3, over = d)\n  y[n, d]: normal(2 * s, precision = 1)\n", data,
           {"s0": 2, "s1": 2}, lambda s0: flag(s0), lambda s1: flag(s1), lambda s0: total(a, lambda y: st.norm.logpdf(y, 2 * s0, 1)),
           lambda s1: total(b, lambda y: st.norm.logpdf(y, 2 * s1, 1)), report=pair_of)
    ROWS[-1]["families"] = {"s": "bernoulli"}


def expressions():
    """Scales and locations by expressions that keep closed rules."""
    for name, prior, text, log_density in (
            ("stddev_by_the_inverse_root_of_a_precision", "gamma", "normal(0.7, stddev = 1 / sqrt(t))", lambda y, t: st.norm.logpdf(y, 0.7, t**-0.5)),
            ("stddev_by_a_power_of_a_precision", "gamma", "normal(0.7, stddev = t^-0.5)", lambda y, t: st.norm.logpdf(y, 0.7, t**-0.5)),
            ("variance_by_the_inverse_of_a_precision", "gamma", "normal(0.7, variance = 1 / t)", lambda y, t: st.norm.logpdf(y, 0.7, t**-0.5)),
            ("stddev_by_the_root_of_a_variance", "inverse_gamma", "normal(0.7, stddev = sqrt(t))", lambda y, t: st.norm.logpdf(y, 0.7, t**0.5)),
            ("precision_by_the_inverse_of_a_variance", "inverse_gamma", "normal(0.7, precision = 1 / t)", lambda y, t: st.norm.logpdf(y, 0.7, t**0.5))):
        prior_text, kind, log_prior = PRIORS[prior]
        chain(name, [f"t: {prior_text}", f"y[n]: {text}"], REAL, {"t": kind},
              [lambda t: log_prior(t), lambda t: total(REAL, lambda y: log_density(y, t))], {"t": ["t"]}, families={"t": prior})


if __name__ == "__main__":
    pairs()
    gates()
    middles()
    counts_in_the_middle()
    flags()
    over_a_dimension()
    expressions()
    vector_roles.rows(add)
    concentration_roles.rows(add)
    print(json.dumps(ROWS, indent=1))
