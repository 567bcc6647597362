"""The other models that BayesPy has too, at sizes that it can hold: a sweep with its bound, CPU seconds."""
import numpy as np

from common import GAMMA, cpu_seconds

GOAL = 50


def timed(nodes, observed, sweeps):
    from bayespy.inference import VB

    q = VB(*nodes, *observed, autosave_filename=None)
    q.update(*nodes, repeat=1, tol=0, verbose=False)
    return cpu_seconds(lambda: q.update(*nodes, repeat=sweeps, tol=0, verbose=False))[0] / sweeps


def principal_components(bench, n):
    from bayespy.nodes import Gamma, GaussianARD, SumMultiply

    m, k = 20, 5
    random = np.random.RandomState(3)
    y = random.normal(size=(n, k)) @ random.normal(size=(k, m)) + 0.3 * random.normal(size=(n, m))
    bench.save("pca.npy", y)
    ours = bench.model("pca", f"""description: principal components
plates: {{n: data, m: {m}, k: {k}}}
data:
  y[n, m]: {{file: pca.npy}}
model:
  alpha[k]: {GAMMA}
  W[m]:     normal(0, precision = alpha, over = k)
  X[n]:     normal(0, precision = 1, over = k)
  tau:      {GAMMA}
  y[n, m]:  normal(dot(W, X), precision = tau)
inference:
  initialize: {{X: random}}
  tolerance: 1e-14
""", 20)
    alpha = Gamma(0.01, 0.01, plates=(k,))
    w = GaussianARD(0, alpha, shape=(k,), plates=(1, m))
    x = GaussianARD(0, 1, shape=(k,), plates=(n, 1))
    tau = Gamma(0.01, 0.01)
    node = GaussianARD(SumMultiply("d,d->", x, w), tau, plates=(n, m))
    node.observe(y)
    w.initialize_from_random()
    bench.line(f"principal components, {n} x {m}, 5 components", ours["sweep"], timed([x, w, alpha, tau], [node], 5), GOAL)


def mean_and_precision(bench, n):
    from bayespy.nodes import Gamma, GaussianARD

    y = np.random.RandomState(4).normal(3, 2, size=n)
    bench.save("line.npy", y)
    ours = bench.model("line", f"""description: mean and precision
plates: {{n: data}}
data:
  y[n]: {{file: line.npy}}
model:
  mu:   normal(0.5, precision = 0.01)
  tau:  {GAMMA}
  y[n]: normal(mu, precision = tau)
inference:
  tolerance: 1e-14
""", 8)
    mu, tau = GaussianARD(0.5, 0.01), Gamma(0.01, 0.01)
    node = GaussianARD(mu, tau, plates=(n,))
    node.observe(y)
    bench.line(f"mean and precision, {n} rows", ours["sweep"], timed([mu, tau], [node], 5), GOAL)


def bernoulli_mixture(bench, n):
    from bayespy.nodes import Bernoulli, Beta, Categorical, Dirichlet, Mixture

    d, k = 20, 10
    random = np.random.RandomState(5)
    y = (random.uniform(size=(n, d)) < random.uniform(size=(k, d))[random.randint(k, size=n)]).astype(int)
    bench.save("answers.npy", y.astype(float))
    ours = bench.model("answers", f"""description: a mixture of Bernoulli variables
plates: {{n: data, d: {d}, k: {k}}}
data:
  y[n, d]: {{file: answers.npy}}
model:
  weights: dirichlet(1, over = k)
  p[k, d]: beta(alpha = 0.5, beta = 0.7)
  z[n]:    categorical(weights)
  y[n, d]: bernoulli(p[z, d])
inference:
  initialize: {{z: random}}
  tolerance: 1e-14
""", 10)
    weights = Dirichlet(np.ones(k))
    z = Categorical(weights, plates=(n, 1))
    p = Beta([0.5, 0.7], plates=(d, k))
    node = Mixture(z, Bernoulli, p)
    z.initialize_from_random()
    node.observe(y)
    bench.line(f"mixture of Bernoulli variables, {n} x {d}, {k} components", ours["sweep"], timed([weights, p, z], [node], 5), GOAL)


def grouped_rates(bench, n):
    from bayespy.nodes import Gamma, Poisson

    groups = 100
    random = np.random.RandomState(6)
    y = random.poisson(random.gamma(2, 1, size=groups), size=(n // groups, groups))
    bench.save("counts.npy", y.astype(float))
    ours = bench.model("counts", f"""description: rates of groups
plates: {{n: data, g: {groups}}}
data:
  y[n, g]: {{file: counts.npy}}
model:
  b:       gamma(shape = 1, rate = 1)
  rate[g]: gamma(shape = 2, rate = b)
  y[n, g]: poisson(rate)
inference:
  tolerance: 1e-14
""", 8)
    b = Gamma(1, 1)
    rate = Gamma(2, b, plates=(groups,))
    node = Poisson(rate, plates=(n // groups, groups))
    node.observe(y)
    bench.line(f"Poisson rates of {groups} groups, {n} counts", ours["sweep"], timed([rate, b], [node], 5), GOAL)


def run(bench):
    if not bench.peer("bayespy"):
        return
    principal_components(bench, 1_000)
    principal_components(bench, 10_000)
    mean_and_precision(bench, 100_000)
    bernoulli_mixture(bench, 10_000)
    grouped_rates(bench, 100_000)
