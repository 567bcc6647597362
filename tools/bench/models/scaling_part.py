"""Cost by number of rows, by threads, and of reading. The two threads are measured by the clock: other work on the machine spoils it."""
import math

import numpy as np

from mixture_part import data, text


def run(bench):
    sizes = [10_000, 100_000, 1_000_000] + ([10_000_000] if bench.large else [])
    seconds = []
    for n in sizes:
        bench.save("rows.npy", data(n))
        seconds.append(bench.model("rows", text("rows.npy"), 30 if n <= 100_000 else 6)["sweep"])
    slope = np.polyfit(np.log(sizes), np.log(seconds), 1)[0]
    bench.note("a sweep of the mixture: " + ", ".join(f"{n:.0e} rows {s:.4g} s" for n, s in zip(sizes, seconds)))
    bench.line(f"exponent of the cost of a sweep, 10^4 to 10^{round(math.log10(sizes[-1]))} rows: distance from 1", seconds[0], seconds[-1], 0.05,
               at_most=True, ratio=abs(slope - 1))
    bench.save("rows.npy", data(100_000))
    best = {1: math.inf, 2: math.inf}
    for _ in range(5):
        for threads in best:
            best[threads] = min(best[threads], bench.model("rows", text("rows.npy"), 40, threads)["sweep_wall_least"])
    bench.line("a sweep of 10^5 rows, two threads against one, by the clock", best[2], best[1], 1.7)
    n = 1_000_000
    x = data(n)
    names = [f"c{i}" for i in range(x.shape[1])]
    with open(bench.folder / "rows.csv", "w") as file:
        file.write(",".join(names) + "\n")
        np.savetxt(file, x, fmt="%.6f", delimiter=",")
    size = (bench.folder / "rows.csv").stat().st_size / 1e6
    experiment = text("rows.csv").replace("over: d", f"columns: [{', '.join(names)}], over: d")
    ours = min((bench.model("csv", experiment, 1) for _ in range(3)), key=lambda r: r["read"])
    bench.line(f"reading 10^6 x 10 numbers from {size:.0f} MB of CSV, the model with them: MB/s", ours["read"], size, 100, ratio=size / ours["read"])
