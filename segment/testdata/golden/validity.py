"""Writes validity.json: the validity indices of scikit-learn 1.2.1.

    apt-get install python3-sklearn
    python3 validity.py > validity.json
"""

import json
import sys

import numpy as np
import sklearn
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs
from sklearn.metrics import (
    adjusted_rand_score,
    calinski_harabasz_score,
    davies_bouldin_score,
    silhouette_samples,
)
from sklearn.metrics.cluster import _unsupervised

cases = []
rands = []


def add(name, x, *labelings, exact=False):
    """Without exact, scikit-learn computes distances in its own way, by dot
    products, in which rows that coincide, or lie far from the origin, keep few
    digits. With it, distances come from SciPy, which subtracts."""
    x = np.asarray(x, dtype=float)
    case = {"name": name, "x": x.tolist(), "labelings": []}
    if exact:
        own_distances = _unsupervised.pairwise_distances
        _unsupervised.pairwise_distances = lambda a, b=None, **_: cdist(a, a if b is None else b)
    for labels in labelings:
        labels = np.asarray(labels)
        if exact:
            s = silhouette_samples(cdist(x, x), labels, metric="precomputed")
        else:
            s = silhouette_samples(x, labels)
        names = np.unique(labels)
        case["labelings"].append(
            {
                "labels": labels.tolist(),
                "per_row": s.tolist(),
                "mean": float(s.mean()),
                "clusters": names.tolist(),
                "per_cluster": [float(s[labels == c].mean()) for c in names],
                "calinski_harabasz": float(calinski_harabasz_score(x, labels)),
                "davies_bouldin": float(davies_bouldin_score(x, labels)),
            }
        )
    if exact:
        _unsupervised.pairwise_distances = own_distances
    cases.append(case)


def rand(name, a, b):
    a, b = np.asarray(a), np.asarray(b)
    rands.append({"name": name, "a": a.tolist(), "b": b.tolist(), "score": float(adjusted_rand_score(a, b))})


def kmeans(x, k):
    return KMeans(k, n_init=3, random_state=1).fit_predict(x)


rng = np.random.default_rng(5)
for d in (1, 2, 3, 4, 5, 7, 8, 11, 30):
    x, truth = make_blobs(n_samples=90, n_features=d, centers=4, cluster_std=2.5, random_state=d)
    add(f"blobs in {d} dimensions", x, truth, *(kmeans(x, k) for k in (2, 3, 5, 9)), rng.integers(0, 6, 90))
x, truth = make_blobs(n_samples=[3, 1, 40, 1, 15], n_features=3, random_state=3)
add("clusters of one row", x, truth, exact=True)
add("labels with gaps", x, truth * 1000 + 7, exact=True)
add("nearly as many clusters as rows", x[:12], np.r_[np.arange(11), 0], exact=True)
x = rng.integers(0, 4, (80, 3))
add("whole numbers with duplicates", x, kmeans(x, 4), rng.integers(0, 3, 80))
x = np.repeat([[0.0, 0.0], [3.0, 4.0], [9.0, 0.0]], 5, axis=0)
add("all rows on their centroids", x, np.repeat([0, 1, 2], 5))
add("coinciding rows in two clusters", x, np.tile([0, 1, 2], 5))
x, truth = make_blobs(n_samples=100, n_features=2, centers=3, random_state=8)
add("far from the origin", x + 1e6, truth, exact=True)
add("columns of different size", x * [1e-3, 1e5], truth)
add("two rows and one", [[0, 0], [0, 1], [5, 5]], [0, 0, 1])
x = make_blobs(n_samples=1100, n_features=4, centers=2, random_state=9)[0].round(2)
add("a cluster of more rows than a block", x, (x[:, 0] > np.quantile(x[:, 0], 0.03)).astype(int))

a = rng.integers(0, 5, 200)
rand("the same", a, a)
rand("renamed", a, (a * 7 + 3) % 11)
rand("unrelated", a, rng.integers(0, 7, 200))
rand("one cluster each", np.zeros(9, int), np.ones(9, int))
rand("one against single rows", np.zeros(9, int), np.arange(9))
rand("single rows each", np.arange(9), np.arange(9)[::-1])
rand("half agreed", a, np.where(np.arange(200) % 2, a, rng.integers(0, 5, 200)))
rand("negative labels", a - 3, np.minimum(a, 2))
rand("one row", [4], [9])
rand("worse than chance", [0, 0, 1, 1], [0, 1, 0, 1])

head = {"made_by": "validity.py", "sklearn": sklearn.__version__, "numpy": np.__version__}
sys.stdout.write(json.dumps(head)[:-1] + ', "cases": [\n')
sys.stdout.write(",\n".join(json.dumps(c) for c in cases))
sys.stdout.write('\n], "adjusted_rand": [\n')
sys.stdout.write(",\n".join(json.dumps(r) for r in rands))
sys.stdout.write("\n]}\n")
