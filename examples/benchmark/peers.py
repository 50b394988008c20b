"""The peers of the benchmark: scikit-learn, the same with Intel's extension, and faiss.

Reads one JSON object a line from standard input and answers each with one on
standard output:

    {"load": path, "rows": n, "columns": d}           float64, row by row
    {"peer": "scikit-learn", "job": "sweep", "threads": 2, ...}
"""

import json
import logging
import sys
import time
import warnings
from importlib.metadata import version

import numpy as np
import sklearn
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

try:
    import faiss
except ImportError:
    faiss = None

try:
    import sklearnex
    from sklearnex.cluster import KMeans as IntelKMeans
except ImportError:
    sklearnex = None

warnings.simplefilter("ignore", ConvergenceWarning)


class Ways(logging.Handler):
    """What the extension says of how its jobs are done."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def emit(self, record):
        self.seen.append(record.getMessage())

    def fell_back(self):
        """Whether scikit-learn itself did any of them."""
        return not self.seen or not all("accelerated" in message for message in self.seen)


ways = Ways()
log = logging.getLogger("sklearnex")
log.setLevel(logging.INFO)
log.handlers = [ways]
log.propagate = False


def timed(job):
    """Seconds of the clock and of the processors."""
    begin, processor = time.perf_counter(), time.process_time()
    job()
    return time.perf_counter() - begin, time.process_time() - processor


def repeat(job, times):
    for _ in range(times):
        job()


def scikit(x, r, KMeans):
    if r["job"] == "sweep":
        models = []
        return *timed(lambda: models.extend(KMeans(k, n_init=10, random_state=r["seed"]).fit(x) for k in range(2, 11))), [m.inertia_ for m in models]
    if r["job"] == "best":
        model = KMeans(r["k"], n_init=10, tol=0, random_state=r["seed"])
        _, processor = timed(lambda: model.fit(x))
        return processor, processor, [model.inertia_]
    init = np.array(r["init"]) if "init" in r else "k-means++"
    model = KMeans(r["k"], init=init, n_init=1, tol=0, random_state=r["seed"])
    if r["job"] == "fit":
        return *timed(lambda: model.fit(x)), [model.inertia_]
    model.fit(x[: min(len(x), 100_000)])
    model.predict(x)
    seconds, processor = timed(lambda: repeat(lambda: model.predict(x), r["calls"]))
    return seconds / r["calls"], processor / r["calls"], []


def facebook(x, r):
    faiss.omp_set_num_threads(r["threads"])
    k = r["k"]
    model = faiss.Kmeans(x.shape[1], k, niter=25, seed=r["seed"], max_points_per_centroid=len(x))
    seconds = timed(lambda: model.train(x))
    nearest = model.index.search(x, 1)[1][:, 0]
    return *seconds, [float(((x - model.centroids[nearest]).astype(np.float64) ** 2).sum())]


def intel(x, r):
    ways.seen = []
    # oneDAL has threads of its own, which threadpool_limits does not know.
    return scikit(x, r, lambda *a, **b: IntelKMeans(*a, **b, n_jobs=r["threads"]))


def main():
    jobs = {"scikit-learn": lambda r: scikit(x, r, KMeans), "Intel's extension": lambda r: intel(x, r), "faiss": lambda r: facebook(single, r)}
    versions = {"scikit-learn": sklearn.__version__}
    if sklearnex:
        versions["Intel's extension"] = version("scikit-learn-intelex")
    if faiss:
        versions["faiss"] = faiss.__version__
    print(json.dumps(versions), flush=True)
    x = single = None
    for line in sys.stdin:
        r = json.loads(line)
        if "load" in r:
            x = np.fromfile(r["load"], np.float64).reshape(r["rows"], r["columns"])
            single = x.astype(np.float32) if faiss else None
            print("{}", flush=True)
            continue
        with threadpool_limits(r["threads"]):
            seconds, processor, inertia = jobs[r["peer"]](r)
        fell_back = r["peer"] == "Intel's extension" and ways.fell_back()
        print(json.dumps({"seconds": seconds, "processor": processor, "inertia": inertia, "fell_back": fell_back}), flush=True)


main()
