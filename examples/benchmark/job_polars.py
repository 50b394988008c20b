"""The whole job of examples/train with polars and Intel's extension, to compare with.

    job_polars.py FILE

As job.py, but for the libraries.
"""

import sys

import numpy as np
import polars as pl
from sklearnex import patch_sklearn

patch_sklearn(verbose=False)

from sklearn.cluster import KMeans  # noqa: E402
from sklearn.decomposition import PCA  # noqa: E402
from sklearn.impute import SimpleImputer  # noqa: E402
from sklearn.metrics import silhouette_score  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402


def knee(k, inertia):
    """Kneedle (Satopää et al. 2011) for a convex, falling curve."""
    x = (k - k.min()) / (k.max() - k.min())
    y = 1 - (inertia - inertia.min()) / (inertia.max() - inertia.min())
    return int(k[np.argmax(y - x)])


def main(path):
    with open(path, encoding="utf-8") as file:
        header = file.readline()
    separator = max("\t;,", key=header.count)
    c = pl.col
    t = pl.read_csv(path, separator=separator, null_values=[""]).rename(lambda name: name.strip().lower())
    enrolled = c("dt_customer").str.to_date("%d-%m-%Y")
    t = t.with_columns(
        age=2015 - c("year_birth"),
        spent=pl.sum_horizontal(pl.selectors.starts_with("mnt")),
        tenure=12 * (2015 - enrolled.dt.year()) + 1 - enrolled.dt.month(),
        children=c("kidhome") + c("teenhome"),
    ).filter((c("age") <= 100) & (c("income").is_null() | (c("income") <= 120_000)))
    rows = t.select(c("age", "spent", "tenure", "children", "income").cast(pl.Float64).fill_null(float("nan"))).to_numpy()
    z = make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), PCA(3)).fit_transform(rows)
    k = np.arange(2, 11)
    models = [KMeans(n, n_init=10, random_state=1).fit(z) for n in k]
    best = knee(k, np.array([m.inertia_ for m in models]))
    labels = models[best - 2].labels_
    print(best, silhouette_score(z, labels), np.bincount(labels))


main(sys.argv[1])
