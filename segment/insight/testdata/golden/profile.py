"""Writes profile.json: summaries of groups by pandas 1.5.3.

    apt-get install python3-pandas
    python3 profile.py > profile.json
"""

import json
import sys

import numpy as np
import pandas as pd

rng = np.random.default_rng(4)
n = 60
frame = pd.DataFrame(
    {
        "label": rng.integers(0, 4, n) * 2,  # 0, 2, 4, 6
        "amount": np.round(rng.lognormal(5, 1, n), 2),
        "count": rng.integers(0, 4, n).astype(float),
        "balance": np.round(rng.normal(-3, 20, n), 3),
        "constant": np.full(n, 3.0),
        "home": rng.choice(["flat", "house", "boat", ""], n, p=[0.5, 0.3, 0.1, 0.1]),
    }
)
frame.loc[rng.choice(n, 7, replace=False), "amount"] = np.nan
frame.loc[frame["label"] == 6, "balance"] = np.nan  # a group without any value
NUMERIC = ["amount", "count", "balance", "constant"]


def plain(v):
    return None if not np.isfinite(v) else float(v)


def summary(part):
    numeric = []
    for name in NUMERIC:
        values, everybody = part[name], frame[name]
        d = values.describe()
        numeric.append(
            {
                "column": name,
                "count": int(d["count"]),
                "missing": int(values.isna().sum()),
                "mean": plain(d["mean"]),
                "sd": plain(d["std"]),
                "min": plain(d["min"]),
                "q1": plain(d["25%"]),
                "median": plain(d["50%"]),
                "q3": plain(d["75%"]),
                "max": plain(d["max"]),
                "difference": plain((d["mean"] - everybody.mean()) / everybody.std()) if everybody.std() > 0 else 0.0,
                "percent": plain(100 * (d["mean"] - everybody.mean()) / abs(everybody.mean())),
            }
        )
    words = part["home"].replace("", None)
    everybody = frame["home"].replace("", None).value_counts(normalize=True)
    counts, shares = words.value_counts(), words.value_counts(normalize=True)
    return {
        "count": len(part),
        "share": len(part) / n,
        "revenue": float(part["amount"].sum()),
        "revenue_share": float(part["amount"].sum() / frame["amount"].sum()),
        "numeric": numeric,
        "levels": {
            v: {"count": int(counts.get(v, 0)), "share": float(shares.get(v, 0)), "lift": float(shares.get(v, 0) / q)}
            for v, q in everybody.items()
        },
        "missing": int(words.isna().sum()),
    }


json.dump(
    {
        "made_by": f"profile.py, pandas {pd.__version__}, numpy {np.__version__}",
        "columns": NUMERIC,
        "x": [[plain(v) for v in row] for row in frame[NUMERIC].to_numpy()],
        "labels": frame["label"].tolist(),
        "home": frame["home"].tolist(),
        "everybody": summary(frame),
        "clusters": [summary(frame[frame["label"] == label]) for label in (0, 2, 4, 6)],
        # Labels 2 and 6 are one tier.
        "tier": summary(frame[frame["label"].isin([2, 6])]),
    },
    sys.stdout,
    allow_nan=False,
    indent=1,
)
print()
