"""The peers of the benchmark: scikit-learn and faiss.

Reads one JSON object a line from standard input and answers each with one on
standard output:

    {"load": path, "rows": n, "columns": d}           float64, row by row
    {"peer": "scikit-learn", "job": "sweep", "threads": 2, ...}
"""

import json
import sys
import time
import warnings

import numpy as np
import sklearn
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

try:
    import faiss
except ImportError:
    faiss = None

warnings.simplefilter("ignore", ConvergenceWarning)


def scikit(x, r):
    if r["job"] == "sweep":
        begin = time.perf_counter()
        inertia = [KMeans(k, n_init=10, random_state=r["seed"]).fit(x).inertia_ for k in range(2, 11)]
        return time.perf_counter() - begin, inertia
    if r["job"] == "best":
        begin = time.process_time()
        inertia = KMeans(r["k"], n_init=10, tol=0, random_state=r["seed"]).fit(x).inertia_
        return time.process_time() - begin, [inertia]
    init = np.array(r["init"]) if "init" in r else "k-means++"
    model = KMeans(r["k"], init=init, n_init=1, tol=0, random_state=r["seed"])
    if r["job"] == "fit":
        begin = time.perf_counter()
        model.fit(x)
        return time.perf_counter() - begin, [model.inertia_]
    model.fit(x[: min(len(x), 100_000)])
    model.predict(x)
    begin = time.perf_counter()
    for _ in range(r["calls"]):
        model.predict(x)
    return (time.perf_counter() - begin) / r["calls"], []


def facebook(x, r):
    faiss.omp_set_num_threads(r["threads"])
    k = r["k"]
    begin = time.perf_counter()
    model = faiss.Kmeans(x.shape[1], k, niter=25, seed=r["seed"], max_points_per_centroid=len(x))
    model.train(x)
    seconds = time.perf_counter() - begin
    nearest = model.index.search(x, 1)[1][:, 0]
    return seconds, [float(((x - model.centroids[nearest]).astype(np.float64) ** 2).sum())]


def main():
    print(json.dumps({"scikit-learn": sklearn.__version__, "faiss": faiss.__version__ if faiss else ""}), flush=True)
    x = single = None
    for line in sys.stdin:
        r = json.loads(line)
        if "load" in r:
            x = np.fromfile(r["load"], np.float64).reshape(r["rows"], r["columns"])
            single = x.astype(np.float32) if faiss else None
            print("{}", flush=True)
            continue
        with threadpool_limits(r["threads"]):
            seconds, inertia = scikit(x, r) if r["peer"] == "scikit-learn" else facebook(single, r)
        print(json.dumps({"seconds": seconds, "inertia": inertia}), flush=True)


main()
