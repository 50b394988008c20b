"""Writes outliers.json: the inertia of scikit-learn's KMeans(n_init=10), for
three seeds each, of rows with outliers and skew.

    apt-get install python3-sklearn
    python3 outliers.py > outliers.json

The rows are made here and in outliers_test.go by the same integer generator and
the same operations of IEEE 754, so that both have the same bits.
"""

import json
import sys

import numpy as np
import sklearn
from sklearn.cluster import KMeans

DRAWS = 64  # random numbers of each row


def uniform(seed, n, draw):
    """Returns the draw-th number in [0, 1) of each of n rows: splitmix64."""
    with np.errstate(over="ignore"):
        i = np.arange(n, dtype=np.uint64) * np.uint64(DRAWS) + np.uint64(draw + 1)
        z = np.uint64(seed) + i * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)).astype(np.float64) * 2.0**-53


def bell(seed, n, draw):
    """Returns nearly normal numbers of mean 0 and variance 1/3."""
    return ((uniform(seed, n, draw) + uniform(seed, n, draw + 1)) + uniform(seed, n, draw + 2)) + uniform(seed, n, draw + 3) - 2


def grown(v):
    """Returns nearly exp(v)."""
    v = 1 + v / 64
    for _ in range(6):
        v = v * v
    return v


def rows(kind, seed, n, d):
    group = np.floor(uniform(seed, n, 0) * 4)
    far = uniform(seed, n, 1)
    x = np.empty((n, d))
    for j in range(d):
        b = bell(seed, n, 8 + 4 * j)
        u = uniform(seed, n, 2 + j % 4)
        centre = np.floor(group * (j + 3) * 5 / 4) % 7
        if kind == "tails":  # one row of a hundred lies far
            v = np.where(far < 0.01, b * 50, b)
        elif kind == "one column":  # far in one column alone
            v = np.where(far < 0.01, 2 / (u + 0.001), b) if j == 0 else b
        elif kind == "one":
            v = b + centre
            v[n // 3] = 1000
        elif kind == "sides":  # few far rows on two sides
            v = np.where(far < 0.002, b + 100, np.where(far < 0.004, b - 100, b))
        elif kind == "lognormal":
            v = grown(2 * b)
        elif kind == "zeros":
            v = np.where(u < 0.8, 0, grown(3 * b))
        elif kind == "duplicates":
            v = np.floor(far * 60) * (j + 7) % 61 / 4
        elif kind == "few":  # some 20 of a million lie far
            v = np.where(far < 2e-5, b * 400, b + centre)
        x[:, j] = v
    return x


def main():
    cases = []
    todo = [(kind, 20_000, 3, k) for kind in ["tails", "one column", "one", "sides", "lognormal", "zeros", "duplicates"] for k in [4, 8]]
    todo += [("tails", 200_000, 8, 8), ("lognormal", 200_000, 8, 4), ("few", 1_000_000, 3, 8)]
    for kind, n, d, k in todo:
        x = rows(kind, 7, n, d)
        inertia = [float(KMeans(k, n_init=10, random_state=seed).fit(x).inertia_) for seed in range(3)]
        cases.append({"kind": kind, "rows": n, "cols": d, "k": k, "sum": float(np.sum(np.abs(x))), "inertia": inertia})
        print(kind, n, d, k, inertia, file=sys.stderr)
    json.dump({"sklearn": sklearn.__version__, "cases": cases}, sys.stdout, indent=1)
    print()


main()
