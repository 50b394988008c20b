"""Figures of statsmodels for the tests of power.go: python3 power.py > power.json
(statsmodels 0.15.0)."""

import itertools
import json

from statsmodels.stats.proportion import power_proportions_2indep

out = []
for p1, p2 in [(0.15, 0.09), (0.15, 0.12), (0.05, 0.03), (0.5, 0.4), (0.9, 0.95), (0.15, 0.0), (0.02, 0.02)]:
    for n1, n2 in [(380, 20), (7600, 400), (500, 500), (90, 10), (2, 2), (95000, 5000)]:
        r = power_proportions_2indep(p1 - p2, p2, n1, ratio=n2 / n1, alpha=0.05, value=0, alternative="two-sided", return_results=True)
        out.append({"p1": p1, "p2": p2, "n1": n1, "n2": n2, "power": float(r.power)})
print(json.dumps(out, indent=1))
