"""Linear regression with a precision of its own for each weight. scikit-learn maximizes the evidence over the precisions, so that bounds
cannot be compared with it: the weights are; with BayesPy the bound is."""
import json
import subprocess
import time

import numpy as np

from common import cpu_seconds

SMALL = 1e-6  # shapes and rates of all priors, as scikit-learn has them


def text(d, tolerance):
    prior = f"gamma(shape = {SMALL:.7f}, rate = {SMALL:.7f})"
    return f"""description: a regression with relevance determination
plates: {{n: data, j: {d}}}
data:
  x[n]: {{file: x.npy, over: j}}
  y[n]: {{file: y.npy}}
model:
  alpha[j]: {prior}
  w:        normal(0, precision = alpha, over = j)
  tau:      {prior}
  y[n]:     normal(dot(w, x), precision = tau)
inference:
  schedule: [w, alpha, tau]
  tolerance: {tolerance}
  max_sweeps: 2000
"""


def bayespy_sweeps(x, y, sweeps):
    from bayespy.inference import VB
    from bayespy.nodes import Gamma, GaussianARD, SumMultiply

    def work():
        alpha = Gamma(SMALL, SMALL, plates=(x.shape[1],))
        w = GaussianARD(0, alpha, shape=(x.shape[1],))
        tau = Gamma(SMALL, SMALL)
        node = GaussianARD(SumMultiply("i,i", w, x), tau, plates=(len(y),))
        node.observe(y)
        q = VB(w, alpha, tau, node, autosave_filename=None)
        q.update(w, alpha, tau, repeat=sweeps, tol=0, verbose=False)
        return q.L[sweeps - 1]

    return cpu_seconds(work)


def run(bench):
    n, d = 100_000, 200
    random = np.random.RandomState(2)
    x = random.normal(size=(n, d))
    y = x @ np.where(random.uniform(size=d) < 0.3, random.normal(size=d), 0) + 0.5 * random.normal(size=n)
    bench.save("x.npy", x)
    bench.save("y.npy", y)
    ten = bench.model("regression", text(d, 1e-14), 10)
    to_end = bench.model("regression", text(d, 1e-9), 2000)
    if bench.peer("sklearn"):
        from sklearn.linear_model import ARDRegression

        # A first fit is slower, by as much as the memory it is the first to touch costs.
        fits = []
        for _ in range(4):
            model = ARDRegression(fit_intercept=False, compute_score=False)
            begin = time.perf_counter()
            cpu = cpu_seconds(lambda: model.fit(x, y))[0]
            fits.append((cpu, time.perf_counter() - begin))
        first, least, clock = fits[0][0], min(cpu for cpu, _ in fits[1:]), min(wall for _, wall in fits[1:])
        ours = to_end["compile"] + to_end["total"]
        what = "regression, 10^5 x 200: data in memory to the fixed point against scikit-learn's ARDRegression"
        bench.line(f"{what}, its first fit", ours, first, 6)
        bench.line(f"{what}, the least of three more", ours, least, 6)
        two = bench.model("regression", text(d, 1e-9), 2000, threads=2)
        bench.line(f"{what}, two threads by the clock", two["compile_wall"] + two["total_wall"], clock, 6)
        bench.note(f"{to_end['sweeps']:.0f} sweeps; scikit-learn: {getattr(model, 'n_iter_', 'unknown')} iterations")
        out = bench.folder / "regression"
        subprocess.run([str(bench.build / "bin" / "kullback"), "run", "-q", str(bench.folder / "regression.yaml"), "--out", str(out)],
                       check=True)
        w = np.array(json.loads((out / "result.json").read_text())["variables"]["w"]["mean"])
        bench.note(f"largest difference of a weight: {np.abs(w - model.coef_).max():.1e}")
    if bench.peer("bayespy"):
        few = 2  # of BayesPy, which reads the data anew in each: ten take minutes
        seconds, bound = bayespy_sweeps(x, y, few)
        bench.line(f"regression, 10^5 x 200: ten sweeps, the first reading of the data included, against {10 // few} times {few} of BayesPy",
                   ten["compile"] + ten["total"], 10 / few * seconds, 300)
        bench.note(f"a sweep once the data are read: {ten['sweep'] * 1e3:.2f} ms")
        ours = ten.bounds[few - 1][1]
        bench.note(f"bound after {few} sweeps: this {ours:.4f}, BayesPy {bound:.4f}")
        bench.fact("  the same bound as BayesPy to 1e-7", abs(ours - bound) < 1e-7 * abs(bound))
