#!/usr/bin/env python3
"""Reference figures for k-prototypes, computed by the Python package kmodes.

    python3 -m venv v && v/bin/pip install kmodes==0.12.2 numpy==2.4.6
    v/bin/python segment/testdata/golden/kprototypes.py > segment/testdata/golden/kprototypes.json

Seeded customers of numbers and words, from given prototypes (one restart) and the
least cost of 30 restarts by Huang's seeding.
"""

import importlib.metadata
import json
import sys

import numpy as np
from kmodes.kprototypes import KPrototypes


def customers(rng, n, d, m, groups, far):
    group = rng.integers(groups, size=n)
    x = rng.normal(size=(n, d)) + far * rng.normal(size=(groups, d))[group]
    liked = rng.integers(5, size=(groups, m))[group]
    other = rng.integers(5, size=(n, m))
    words = np.array(["Łódź", "bern", "Zürich", "", "bär"])[np.where(rng.random((n, m)) < 0.7, liked, other)]
    return np.round(x * 10.0 ** rng.integers(-1, 2, size=d), 3), words


def case(rng, n, d, m, k, far, gamma):
    x, words = customers(rng, n, d, m, k, far)
    rows = rng.choice(n, k, replace=False)
    codes = np.column_stack([np.unique(words[:, j], return_inverse=True)[1] for j in range(m)])
    data = np.column_stack([x.astype(object), words.astype(object)])
    columns = list(range(d, d + m))
    one = KPrototypes(n_clusters=k, init=[x[rows].copy(), codes[rows].copy()], n_init=1, gamma=gamma, random_state=0).fit(data, categorical=columns)
    best = KPrototypes(n_clusters=k, init="Huang", n_init=30, gamma=gamma, random_state=0).fit(data, categorical=columns)
    fresh, other = customers(rng, 20, d, m, k, far)
    other[0, 0] = "Genève"
    return {
        "x": x.tolist(),
        "words": words.T.tolist(),
        "init": rows.tolist(),
        "asked_gamma": gamma or 0,
        "gamma": float(one.gamma),
        "centroids": one.cluster_centroids_[:, :d].astype(float).tolist(),
        "modes": one.cluster_centroids_[:, d:].tolist(),
        "labels": one.labels_.tolist(),
        "cost": float(one.cost_),
        "passes": int(one.n_iter_),
        "best_cost": float(best.cost_),
        "fresh": fresh.tolist(),
        "fresh_words": other.T.tolist(),
        "predicted": one.predict(np.column_stack([fresh.astype(object), other.astype(object)]), categorical=columns).tolist(),
    }


def main():
    rng = np.random.default_rng(20150101)
    cases = [case(rng, *c) for c in [
        (12, 1, 1, 2, 4, None), (60, 2, 2, 3, 3, None), (60, 2, 2, 3, 1, 0.5), (120, 3, 4, 5, 1.5, None),
        (120, 1, 6, 4, 0.5, 2.0), (150, 4, 1, 3, 2, 0.01), (150, 2, 3, 6, 1, 100.0), (14, 2, 2, 4, 2, None),
    ]]
    versions = ", ".join(f"{p} {importlib.metadata.version(p)}" for p in ["kmodes", "numpy"])
    json.dump({"made_by": f"segment/testdata/golden/kprototypes.py, {versions}", "cases": cases}, sys.stdout, allow_nan=False)
    print()


if __name__ == "__main__":
    main()
