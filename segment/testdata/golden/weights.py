"""Writes weights.json: KMeans of scikit-learn with sample_weight, from given
centroids.

    pip install scikit-learn
    python3 weights.py > weights.json
"""

import json

import numpy as np
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs

x, _ = make_blobs(n_samples=120, n_features=3, centers=5, cluster_std=2.5, random_state=3)
x = np.round(x, 3)
weights = np.round(np.random.default_rng(4).exponential(size=120), 2)
weights[::17] = 0
init = x[[2, 30, 61, 90]]
k = KMeans(4, init=init, n_init=1, tol=0).fit(x, sample_weight=weights)
print(json.dumps({
    "X": x.tolist(), "Weights": weights.tolist(), "Init": init.tolist(),
    "Labels": k.labels_.tolist(), "Centers": k.cluster_centers_.tolist(), "Inertia": k.inertia_,
}))
