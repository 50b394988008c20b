"""The whole job of examples/train with pandas and scikit-learn, to compare with.

    job.py FILE

Reads the campaign file, engineers and cleans the columns, imputes, scales and
projects them, sweeps k = 2…10, looks for the knee, fits and writes labels.
"""

import sys

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.metrics import silhouette_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def knee(k, inertia):
    """Kneedle (Satopää et al. 2011) for a convex, falling curve."""
    x = (k - k.min()) / (k.max() - k.min())
    y = 1 - (inertia - inertia.min()) / (inertia.max() - inertia.min())
    return int(k[np.argmax(y - x)])


def main(path):
    t = pd.read_csv(path, sep=None, engine="python")
    t.columns = [c.strip().lower() for c in t.columns]
    enrolled = pd.to_datetime(t["dt_customer"], dayfirst=True)
    t["age"] = 2015 - t["year_birth"]
    t["spent"] = t[[c for c in t.columns if c.startswith("mnt")]].sum(axis=1)
    t["tenure"] = 12 * (2015 - enrolled.dt.year) + 1 - enrolled.dt.month
    t["children"] = t["kidhome"] + t["teenhome"]
    t = t[(t["age"] <= 100) & ~(t["income"] > 120_000)]
    rows = t[["age", "spent", "tenure", "children", "income"]].to_numpy(float)
    z = make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), PCA(3)).fit_transform(rows)
    k = np.arange(2, 11)
    models = [KMeans(n, n_init=10, random_state=1).fit(z) for n in k]
    best = knee(k, np.array([m.inertia_ for m in models]))
    labels = models[best - 2].labels_
    print(best, silhouette_score(z, labels), np.bincount(labels))


main(sys.argv[1])
