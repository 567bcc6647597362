#!/usr/bin/env python3
"""KL between normals with 50 digits, from the doubles as they are. Writes normal_kl.csv: mean_p, stddev_p, mean_q, stddev_q, kl."""
import pathlib
import random

import mpmath

mpmath.mp.dps = 60


def kl(mp, sp, mq, sq):
    mp, sp, mq, sq = (mpmath.mpf(v) for v in (mp, sp, mq, sq))
    r = sp / sq
    return (((mp - mq) / sq) ** 2 + r**2 - 1 - 2 * mpmath.log(r)) / 2


random.seed(1)
cases = [
    (0.0, 1.0, 1.0, 2.0), (0.0, 1.0, 1e-9, 1.0), (0.0, 1.0, 0.0, 1 + 1e-9), (0.0, 1.0, 0.0, 1 - 1e-12),
    (0.0, 1e-100, 0.0, 1e100), (0.0, 1e-300, 0.0, 1e300), (0.0, 5e-324, 0.0, 1.0), (1e308, 1e308, -1e308, 1e308),
    (0.0, 1.7e308, 0.0, 1.698e308), (1e4, 1.0, 0.0, 1e4), (0.0, 1e150, 0.0, 1e-4), (3.0, 2 ** 0.5, 3.0, 1.0),
]
for scale in (1e-12, 1e-6, 1e-3, 0.1, 0.34, 0.5, 2.0, 20.0):
    for _ in range(25):
        sq = mpmath.e ** random.uniform(-20, 20)
        sp = sq * mpmath.e ** random.uniform(-scale, scale)
        mq = random.uniform(-5, 5)
        mp = mq + float(sq) * random.uniform(-scale, scale)
        cases.append((mp, float(sp), mq, float(sq)))
with open(pathlib.Path(__file__).with_suffix("").parent / "normal_kl.csv", "w") as out:
    for case in cases:
        out.write(",".join(f"{v!r}" for v in case) + "," + mpmath.nstr(kl(*case), 20) + "\n")
