#!/usr/bin/env python3
"""Reference figures for package preprocess, computed by scikit-learn.

    python3 testdata/golden/preprocess.py > testdata/golden/preprocess.json

Seeded matrices with and without missing values (null in the JSON), and what
SimpleImputer, StandardScaler, MinMaxScaler, RobustScaler, PCA, OneHotEncoder,
LabelEncoder and a Pipeline of them make of them. Signs of components follow the
rule of the library: the largest absolute loading is positive, loadings within
1e-9 of the largest count as equal and the first of them decides.
"""

import json
import sys

import numpy as np
import sklearn
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, MinMaxScaler, OneHotEncoder, RobustScaler, StandardScaler


def rows(a):
    return [[None if np.isnan(v) else float(v) for v in row] for row in np.asarray(a)]


def signs(components):
    a = np.abs(components)
    first = np.argmax(a >= a.max(axis=1, keepdims=True) * (1 - 1e-9), axis=1)
    return np.where(components[np.arange(len(components)), first] < 0, -1.0, 1.0)


def pca(x, n_components):
    p = PCA(n_components=n_components, svd_solver="full").fit(x)
    s = signs(p.components_)
    return {
        "mean": p.mean_.tolist(),
        "components": (p.components_ * s[:, None]).tolist(),
        "explained_variance": p.explained_variance_.tolist(),
        "explained_variance_ratio": p.explained_variance_ratio_.tolist(),
        "singular_values": p.singular_values_.tolist(),
        "transformed": rows(p.transform(x) * s),
        "inverse": rows(p.inverse_transform(p.transform(x))),
    }


def scaler(s, x):
    s.fit(x)
    if isinstance(s, MinMaxScaler):
        center, scale = s.data_min_, 1 / s.scale_
    elif isinstance(s, RobustScaler):
        center, scale = s.center_, s.scale_
    else:
        center, scale = s.mean_, s.scale_
    return {"center": center.tolist(), "scale": scale.tolist(), "transformed": rows(s.transform(x))}


def matrix(rng, n, d, kind):
    x = rng.normal(size=(n, d)) @ rng.normal(size=(d, d))
    if kind == "offset":
        x = x * 10.0 ** rng.integers(-3, 5, size=d) + 1000 * rng.normal(size=d)
    if kind == "integers":
        x = np.round(x)
    if kind == "constant":
        x[:, d // 2] = 0.1
    return x


def case(rng, n, d, kind, missing):
    x = matrix(rng, n, d, kind)
    holes = x.copy()
    if missing:
        mask = rng.random((n, d)) < missing
        mask[rng.integers(0, n, size=d), np.arange(d)] = False
        holes[mask] = np.nan
    out = {"name": f"{n}x{d} {kind}, {missing:.0%} missing", "x": rows(holes)}
    out["imputer"] = {}
    for strategy in ["median", "mean", "most_frequent", "constant"]:
        s = SimpleImputer(strategy=strategy, fill_value=-7.5 if strategy == "constant" else None).fit(holes)
        out["imputer"][strategy] = {"statistics": s.statistics_.tolist(), "transformed": rows(s.transform(holes))}
    full = SimpleImputer(strategy="median").fit_transform(holes)
    out["scaler"] = {
        "standard": scaler(StandardScaler(), full),
        "min_max": scaler(MinMaxScaler(), full),
        "robust": scaler(RobustScaler(), full),
    }
    out["pca"], out["share"] = {}, {}
    rank = min(n - 1, d - (kind == "constant"))
    if n >= 2:
        for k in sorted({1, min(2, rank), rank}):
            out["pca"][str(k)] = pca(full, k)
        # Of few rows, the last component is that of rounding alone.
        if n > d:
            for share in [0.5, 0.9, 0.99]:
                out["share"][str(share)] = int(PCA(n_components=share, svd_solver="full").fit(full).n_components_)
            p = make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), PCA(n_components=min(3, rank), svd_solver="full"))
            z = p.fit_transform(holes)
            out["pipeline"] = {"components": min(3, rank), "transformed": rows(z * signs(p[-1].components_))}
    return out


def main():
    rng = np.random.default_rng(20150101)
    shapes = [
        (1, 3, "plain", 0), (2, 3, "plain", 0), (4, 6, "plain", 0), (7, 5, "plain", 0.2), (40, 5, "plain", 0.1),
        (60, 1, "plain", 0.1), (50, 4, "integers", 0.3), (60, 5, "offset", 0.1), (30, 3, "constant", 0),
        (90, 12, "plain", 0.05), (31, 2, "offset", 0),
    ]
    cases = [case(rng, *s) for s in shapes]

    codes = rng.integers(0, [3, 1, 5], size=(25, 3)).astype(float)
    hot = OneHotEncoder(sparse_output=False).fit(codes)
    labels = [str(s) for s in rng.choice(["Graduate", "Undergraduate", "Postgraduate", "unknown", "été", "Zoë", "2n Cycle", ""], size=40)]
    coder = LabelEncoder().fit(labels)
    json.dump(
        {
            "made_by": f"testdata/golden/preprocess.py, scikit-learn {sklearn.__version__}, numpy {np.__version__}",
            "cases": cases,
            "one_hot": {
                "x": rows(codes),
                "categories": [c.tolist() for c in hot.categories_],
                "transformed": rows(hot.transform(codes)),
            },
            "labels": {
                "labels": labels,
                "classes": [str(c) for c in coder.classes_],
                "codes": coder.transform(labels).tolist(),
            },
        },
        sys.stdout,
        allow_nan=False,
    )
    print()


if __name__ == "__main__":
    main()
