#!/usr/bin/env python3
"""KL between multivariate normals with 50 digits, from the doubles as they are. One case a line:
form_p form_q d mean_p... matrix_p... mean_q... matrix_q... kl, with forms c (covariance) and p (precision), separated by blanks."""
import pathlib
import random

import mpmath

mpmath.mp.dps = 50
random.seed(2)


def random_matrix(d, ridge):
    a = [[random.gauss(0, 1) for _ in range(d)] for _ in range(d)]
    s = [[0.0] * d for _ in range(d)]
    for i in range(d):
        for j in range(i + 1):
            s[i][j] = s[j][i] = sum(a[i][k] * a[j][k] for k in range(d)) + (ridge if i == j else 0.0)
    return s


def nudge(s, scale):
    d = len(s)
    out = [row[:] for row in s]
    for i in range(d):
        for j in range(i + 1):
            out[i][j] = out[j][i] = s[i][j] + scale * random.gauss(0, 1)
    return out


def kl(form_p, form_q, mean_p, p, mean_q, q):
    d = len(mean_p)
    sp = mpmath.matrix(p) if form_p == "c" else mpmath.matrix(p) ** -1
    pq = mpmath.matrix(q) ** -1 if form_q == "c" else mpmath.matrix(q)
    m = mpmath.matrix([mpmath.mpf(a) - mpmath.mpf(b) for a, b in zip(mean_p, mean_q)])
    product = pq * sp
    trace = sum(product[i, i] for i in range(d))
    return ((m.T * pq * m)[0] + trace - d - mpmath.log(mpmath.det(product))) / 2


lines = []
for d in (1, 2, 3, 5, 10):
    for forms in ("cc", "pp", "cp", "pc"):
        for scale in (None, 1e-3, 1e-8):
            p = random_matrix(d, 0.5)
            mean_p = [random.gauss(0, 1) for _ in range(d)]
            if scale is None:
                q, mean_q = random_matrix(d, 0.5), [random.gauss(0, 1) for _ in range(d)]
            elif forms in ("cc", "pp"):
                q, mean_q = nudge(p, scale), [m + scale * random.gauss(0, 1) for m in mean_p]
            else:
                continue
            numbers = mean_p + [v for row in p for v in row] + mean_q + [v for row in q for v in row]
            value = kl(forms[0], forms[1], mean_p, p, mean_q, q)
            lines.append(f"{forms[0]} {forms[1]} {d} " + " ".join(repr(v) for v in numbers) + " " + mpmath.nstr(value, 20))
pathlib.Path(__file__).with_name("multivariate_normal_kl.txt").write_text("\n".join(lines) + "\n")
