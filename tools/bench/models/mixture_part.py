"""A normal mixture with full covariances, 10 dimensions, 20 components."""
import json
import os
import subprocess
import sys
import time
import warnings

import numpy as np

from common import cpu_seconds

D, K = 10, 20


def text(file, start="random", tolerance=1e-14):
    return f"""description: a normal mixture
plates: {{n: data, k: {K}, d: {D}}}
data:
  y[n]: {{file: {file}, over: d}}
model:
  weights:   dirichlet(0.05, over = k)
  mu[k]:     multivariate_normal(mean = 0, precision = 0.01, over = d)
  Lambda[k]: wishart(degrees_of_freedom = {D}, scale = 1, over = d)
  z[n]:      categorical(weights)
  y[n]:      multivariate_normal(mean = mu[z], precision = Lambda[z])
inference:
  initialize: {{z: {start}}}
  tolerance: {tolerance}
  max_sweeps: 500
"""


def data(n):
    random = np.random.RandomState(1)
    centers = 4 * random.normal(size=(K, D))
    shapes = 0.3 * random.normal(size=(K, D, D)) + np.eye(D)
    z = random.randint(K, size=n)
    x = random.normal(size=(n, D))
    for k in range(K):
        x[z == k] = centers[k] + x[z == k] @ shapes[k].T
    return x


def sklearn_sweep(x, clock=time.process_time):
    """Seconds an iteration: the difference of two runs from the same random start."""
    from sklearn.mixture import BayesianGaussianMixture

    def run(iterations):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = BayesianGaussianMixture(n_components=K, covariance_type="full", max_iter=iterations, tol=0, init_params="random", random_state=1,
                                            weight_concentration_prior_type="dirichlet_distribution", weight_concentration_prior=0.05)
            begin = clock()
            model.fit(x)
            return clock() - begin

    few, many = 1, 4
    return (run(many) - run(few)) / (many - few)


def sklearn_by_the_clock(file, threads, repeats):
    """The least of several, in a process of its own: BLAS takes its number of threads when it is loaded."""
    environment = os.environ | {name: str(threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    command = [sys.executable, __file__, str(file), str(repeats)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)


def bayespy_model(x, responsibilities):
    from bayespy.inference import VB
    from bayespy.nodes import Categorical, Dirichlet, Gaussian, Mixture, Wishart

    weights = Dirichlet(0.05 * np.ones(K))
    z = Categorical(weights, plates=(len(x),))
    mu = Gaussian(np.zeros(D), 0.01 * np.eye(D), plates=(K,))
    precision = Wishart(D, np.eye(D), plates=(K,))
    y = Mixture(z, Gaussian, mu, precision)
    z.initialize_from_parameters(responsibilities)
    y.observe(x)
    return VB(weights, mu, precision, z, y, autosave_filename=None), (weights, mu, precision, z)


def equal_bound(bench):
    """BayesPy from this project's fixed point: its bound there is the same number."""
    x = data(10_000)
    bench.save("same.npy", x)
    (bench.folder / "same.yaml").write_text(text("same.npy", "kmeans", 1e-13))
    out = bench.folder / "same"
    subprocess.run([str(bench.build / "bin" / "kullback"), "run", "-q", str(bench.folder / "same.yaml"), "--out", str(out)], check=True)
    ours = json.loads((out / "result.json").read_text())["bound"]
    probabilities = np.load(out / "z.probabilities.npy")
    responsibilities = (probabilities if probabilities.shape == (len(x), K) else probabilities.T) + 1e-300
    q, nodes = bayespy_model(x, responsibilities / responsibilities.sum(axis=1, keepdims=True))
    q.update(*nodes, repeat=5, tol=0, verbose=False)
    bound = q.L[4]
    bench.note(f"bound of 10^4 rows at the fixed point: this {ours:.6f}, BayesPy {bound:.6f}")
    bench.fact("  the same bound as BayesPy to 1e-7", abs(ours - bound) < 1e-7 * abs(bound))


def run(bench):
    if bench.peer("bayespy"):
        equal_bound(bench)
    for n in (100_000, 1_000_000):
        name = f"10^{len(str(n)) - 1} rows"
        x = data(n)
        bench.save("mixture.npy", x)
        ours = bench.model("mixture", text("mixture.npy"), 8)
        sweep = ours["sweep"]
        limit = bench.program("mixture_limit_bench", n)
        bench.line(f"mixture, {name}: a sweep against the loop written for it", sweep, limit["limit_cpu"], 2, at_most=True,
                   ratio=sweep / limit["limit_cpu"])
        memory = x.nbytes / 2**20
        bench.line(f"mixture, {name}: peak memory beyond the data (data / peak)", ours["peak"], memory, 100, unit="M", at_most=True,
                   ratio=ours["peak"] - memory)
        if bench.peer("sklearn") and (n <= 100_000 or bench.large):
            bench.line(f"mixture, {name}: a sweep against scikit-learn", sweep, sklearn_sweep(x), 25)
            two = bench.model("mixture", text("mixture.npy"), 8, threads=2)["sweep_wall_least"]
            repeats = 3 if n <= 100_000 else 2
            peers = {threads: sklearn_by_the_clock(bench.folder / "mixture.npy", threads, repeats) for threads in (1, 2)}
            bench.line(f"mixture, {name}: two threads by the clock (peer: its better of 1, 2)", two, min(peers.values()), 25)
            bench.note(f"scikit-learn by the clock with one and two threads: {peers[1]:.4g}, {peers[2]:.4g} s an iteration")
        if bench.peer("bayespy") and n <= 100_000:
            q, nodes = bayespy_model(x, np.random.RandomState(3).dirichlet(np.ones(K), size=n))
            seconds = cpu_seconds(lambda: q.update(*nodes, repeat=2, tol=0, verbose=False))[0] / 2
            bench.line(f"mixture, {name}: a sweep against BayesPy", sweep, seconds, 350)
            del q, nodes


if __name__ == "__main__":
    print(min(sklearn_sweep(np.load(sys.argv[1]), time.perf_counter) for _ in range(int(sys.argv[2]))))
