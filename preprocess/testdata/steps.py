#!/usr/bin/env python3
"""Reference figures for the steps on columns, computed by scikit-learn.

    python3 -m venv v && v/bin/pip install -r preprocess/testdata/requirements.txt
    v/bin/python preprocess/testdata/steps.py > preprocess/testdata/steps.json

Seeded skewed, heavy-tailed, repeating, negative and constant columns, and what
FunctionTransformer(log1p), QuantileTransformer, PowerTransformer,
ColumnTransformer and OneHotEncoder of words make of them.
"""

import json
import sys

import numpy as np
import scipy.stats
import sklearn
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, PowerTransformer, QuantileTransformer, StandardScaler


def rows(a):
    return [[None if v != v else float(v) for v in row] for row in np.asarray(a, dtype=float)]


def columns(rng, n):
    """n rows of a column of each kind."""
    return np.column_stack([
        rng.lognormal(4, 1.2, n),
        rng.exponential(300, n).round(2),
        rng.integers(0, 6, n).astype(float),
        rng.normal(50, 12, n),
        -rng.lognormal(2, 1, n),
        rng.standard_t(3, n) * 1000,
        rng.poisson(0.4, n).astype(float),
        np.full(n, 3.5),
    ])


def beyond(x):
    """Rows to transform that were not seen: between, outside and at those that were."""
    low, high = x.min(axis=0), x.max(axis=0)
    return np.vstack([low - 1, low, low + (high - low) * 0.37, np.median(x, axis=0), high, high + 1])


def log1p(x):
    f = FunctionTransformer(np.log1p, inverse_func=np.expm1).fit(x)
    z = f.transform(x)
    return {"transformed": rows(z), "inverse": rows(f.inverse_transform(z))}


def quantile(x, n_quantiles, output):
    f = QuantileTransformer(n_quantiles=n_quantiles, output_distribution=output, subsample=None).fit(x)
    z = f.transform(x)
    far = beyond(x)
    between = np.full((5, x.shape[1]), np.array([[-0.2], [0.0], [0.3141], [0.77], [1.3]]))
    return {
        "quantiles": n_quantiles,
        "output": output,
        "fitted": rows(f.quantiles_.T),
        "transformed": rows(z),
        "far": rows(f.transform(far)),
        "inverse": rows(f.inverse_transform(z)),
        "between": rows(between),
        "between_inverse": rows(f.inverse_transform(between)),
    }


def power(x, standardize):
    f = PowerTransformer(standardize=standardize).fit(x)
    z = f.transform(x)
    return {
        "standardize": standardize,
        "lambdas": f.lambdas_.tolist(),
        "center": f._scaler.mean_.tolist() if standardize else None,
        "scale": f._scaler.scale_.tolist() if standardize else None,
        "transformed": rows(z),
        "inverse": rows(f.inverse_transform(z)),
    }


def mixed(rng, n):
    """Customers of numbers and words, some of them missing."""
    income = rng.lognormal(10, 0.8, n)
    income[rng.random(n) < 0.1] = np.nan
    age = rng.integers(18, 80, n).astype(float)
    age[rng.random(n) < 0.05] = np.nan
    spent = rng.exponential(500, n)
    gender = rng.choice(["Female", "Male"], n).astype(object)
    city = rng.choice(["Zürich", "Łódź", "Bern", "東京"], n, p=[0.6, 0.2, 0.15, 0.05]).astype(object)
    city[rng.random(n) < 0.1] = None
    return income, age, spent, gender, city


def signs(components):
    a = np.abs(components)
    first = np.argmax(a >= a.max(axis=1, keepdims=True) * (1 - 1e-9), axis=1)
    return np.where(components[np.arange(len(components)), first] < 0, -1.0, 1.0)


def table(rng):
    n = 60
    income, age, spent, gender, city = mixed(rng, n)
    x = np.column_stack([income.astype(object), age.astype(object), spent.astype(object), gender, city])
    unseen = np.array([[40000.0, 33.0, 120.5, "Male", "Paris"], [np.nan, 50.0, 0.0, "Female", None]], dtype=object)
    prepare = ColumnTransformer(
        [
            ("skewed", make_pipeline(SimpleImputer(strategy="median"), FunctionTransformer(np.log1p)), [0, 2]),
            ("words", make_pipeline(SimpleImputer(strategy="most_frequent", missing_values=None), OneHotEncoder(handle_unknown="ignore", sparse_output=False)), [3, 4]),
            ("age", SimpleImputer(strategy="median"), [1]),
        ]
    )
    prepared = prepare.fit_transform(x)
    whole = make_pipeline(prepare, StandardScaler(), PCA(n_components=0.9, svd_solver="full"))
    z = whole.fit_transform(x)
    s = signs(whole[-1].components_)
    passed = ColumnTransformer([("log", FunctionTransformer(np.log1p), [2])], remainder="passthrough").fit_transform(
        np.column_stack([np.nan_to_num(age), np.nan_to_num(income), spent])
    )
    words = lambda column: ["" if v is None else v for v in column]
    return {
        "income": rows(income[:, None]),
        "age": rows(age[:, None]),
        "spent": rows(spent[:, None]),
        "gender": words(gender),
        "city": words(city),
        "categories": [c.tolist() for c in prepare.named_transformers_["words"][-1].categories_],
        "prepared": rows(prepared),
        "whole": rows(z * s),
        "unseen": rows(prepare.transform(unseen)),
        "unseen_whole": rows(whole.transform(unseen) * s),
        "passed": rows(passed),
    }


def main():
    rng = np.random.default_rng(20150101)
    cases = []
    for n in [1, 2, 7, 40, 120]:
        x = columns(rng, n)
        amounts = np.abs(x)
        cases.append({
            "x": rows(x),
            "far": rows(beyond(x)),
            "skewness": [float(scipy.stats.skew(v)) if np.ptp(v) > 0 else 0.0 for v in x.T],
            "log1p": log1p(amounts),
            "quantile": [quantile(x, q, o) for q in sorted({min(n, 5), min(n, 33), n}) for o in ["uniform", "normal"]],
            "power": [power(x, s) for s in [False, True]] if n > 1 else [],
        })
    json.dump(
        {
            "made_by": f"preprocess/testdata/steps.py, scikit-learn {sklearn.__version__}, scipy {scipy.__version__}, numpy {np.__version__}",
            "cases": cases,
            "table": table(rng),
        },
        sys.stdout,
        allow_nan=False,
    )
    print()


if __name__ == "__main__":
    main()
