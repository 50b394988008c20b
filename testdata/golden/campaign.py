#!/usr/bin/env python3
"""Reference figures for the public marketing campaign file.

    python3 testdata/golden/campaign.py DATA_FILE > testdata/golden/campaign.json

DATA_FILE is the tab-separated marketing_campaign.csv of 2,240 customers. Ages and
tenure count up to 2015-01-01. Customers older than 100 and those with an income
above 120,000 go; a missing income stays and is imputed. On the five columns age,
spent, tenure, children and income: SimpleImputer(median), StandardScaler,
PCA(3, full solver) with the library's rule of signs (the largest absolute loading
of each component is positive), then for k = 1 to 10 the best of 100 restarts of
KMeans and scikit-learn's validity figures of its labels.
"""

import json
import sys

import numpy as np
import pandas as pd
import sklearn
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_score
from sklearn.preprocessing import StandardScaler

YEAR, MONTH = 2015, 1
COLUMNS = ["age", "spent", "tenure", "children", "income"]


def engineer(path):
    raw = pd.read_csv(path, sep="\t")
    day = pd.to_datetime(raw["Dt_Customer"], format="%d-%m-%Y")
    products = ["MntWines", "MntFruits", "MntMeatProducts", "MntFishProducts", "MntSweetProducts", "MntGoldProds"]
    return len(raw), pd.DataFrame(
        {
            "age": YEAR - raw["Year_Birth"],
            "spent": raw[products].sum(axis=1),
            "tenure": 12 * (YEAR - day.dt.year) + (MONTH - day.dt.month),
            "children": raw["Kidhome"] + raw["Teenhome"],
            "income": raw["Income"],
        }
    )[COLUMNS]


def main():
    read, table = engineer(sys.argv[1])
    old = table["age"] > 100
    rich = table["income"] > 120000  # false where the income is missing
    table = table[~old & ~rich]
    x = table.to_numpy(dtype=float)

    imputer = SimpleImputer(strategy="median")
    full = imputer.fit_transform(x)
    scaler = StandardScaler()
    scaled = scaler.fit_transform(full)
    pca = PCA(n_components=3, svd_solver="full").fit(scaled)
    largest = np.argmax(np.abs(pca.components_), axis=1)
    signs = np.where(pca.components_[np.arange(3), largest] < 0, -1.0, 1.0)
    z = pca.transform(scaled) * signs

    sweep = []
    for k in range(1, 11):
        model = KMeans(n_clusters=k, n_init=100, random_state=0, tol=0, max_iter=1000, algorithm="lloyd").fit(z)
        figures = {"k": k, "inertia": float(model.inertia_), "sizes": sorted(np.bincount(model.labels_).tolist(), reverse=True)}
        if k > 1:
            figures["silhouette"] = float(silhouette_score(z, model.labels_))
            figures["calinski_harabasz"] = float(calinski_harabasz_score(z, model.labels_))
            figures["davies_bouldin"] = float(davies_bouldin_score(z, model.labels_))
            figures["centroids"] = model.cluster_centers_.tolist()
        sweep.append(figures)

    json.dump(
        {
            "made_by": f"testdata/golden/campaign.py, scikit-learn {sklearn.__version__}, numpy {np.__version__}, pandas {pd.__version__}",
            "as_of": f"{YEAR}-{MONTH:02d}-01",
            "columns": COLUMNS,
            "rows_read": read,
            "dropped_age": int(old.sum()),
            "dropped_income": int((rich & ~old).sum()),
            "rows": len(x),
            "missing_income": int(np.isnan(x[:, 4]).sum()),
            "medians": imputer.statistics_.tolist(),
            "means": scaler.mean_.tolist(),
            "scales": scaler.scale_.tolist(),
            "components": (pca.components_ * signs[:, None]).tolist(),
            "explained_variance": pca.explained_variance_.tolist(),
            "explained_variance_ratio": pca.explained_variance_ratio_.tolist(),
            "singular_values": pca.singular_values_.tolist(),
            "first_rows": z[:5].tolist(),
            "sweep": sweep,
        },
        sys.stdout,
        allow_nan=False,
        indent=1,
    )
    print()


if __name__ == "__main__":
    main()
