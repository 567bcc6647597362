#!/usr/bin/env python3
"""Golden values of KL's non-negative integrand p (r - 1 + exp(-r)), by mpmath with 50 digits.

Writes kl_integrand.json: [[log p, log q, value], ...]; the logarithms are exact doubles.
"""
import json
import os
from mpmath import mp, mpf, exp

mp.dps = 50
rows = []
for log_p in (-700.0, -300.5, -30.0, -1.25, 0.0, 0.5, 3.0, 200.0):
    for r in (1e-12, 1e-8, 1e-5, 1e-3, 0.01, 0.1, 0.2, 0.2499, 0.25, 0.2501, 0.3, 0.5, 1.0, 2.0, 10.0, 50.0, 300.0, 1000.0):
        for s in (1, -1):
            log_q = log_p - s * r
            if log_q > 700:
                continue
            exact = mpf(log_p) - mpf(log_q)
            rows.append([log_p, log_q, float(exp(mpf(log_p)) * (exact - 1 + exp(-exact)))])
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "kl_integrand.json"), "w") as out:
    out.write("[\n" + ",\n".join(" " + json.dumps(row) for row in rows) + "\n]\n")
