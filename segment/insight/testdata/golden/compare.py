"""Writes compare.json: matchings and Kolmogorov-Smirnov statistics by SciPy 1.10.1.

    apt-get install python3-scipy
    python3 compare.py > compare.json
"""

import json
import sys

import numpy as np
import scipy
from scipy.optimize import linear_sum_assignment
from scipy.stats import ks_2samp

rng = np.random.default_rng(6)
matchings = []
for rows, columns in [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (8, 8), (12, 12), (3, 5), (5, 3), (1, 4), (4, 1), (10, 7), (20, 20)]:
    for most in (3, 1000):  # few different gains: many ties
        gain = rng.integers(0, most, (rows, columns))
        i, j = linear_sum_assignment(gain, maximize=True)
        matchings.append({"gain": gain.tolist(), "best": int(gain[i, j].sum())})

pairs = []
for a, b in [
    (rng.normal(0, 1, 50), rng.normal(0.5, 1, 70)),
    (rng.integers(0, 4, 40), rng.integers(0, 5, 30)),  # ties
    (rng.normal(0, 1, 5), rng.normal(9, 1, 3)),  # apart
    (np.arange(10.0), np.arange(10.0)),
    (np.array([1.0]), np.array([1.0, 2.0])),
]:
    a, b = a.astype(float), b.astype(float)
    pairs.append({"a": a.tolist(), "b": b.tolist(), "ks": float(ks_2samp(a, b).statistic)})

json.dump({"made_by": f"compare.py, SciPy {scipy.__version__}", "matchings": matchings, "pairs": pairs}, sys.stdout, allow_nan=False)
print()
