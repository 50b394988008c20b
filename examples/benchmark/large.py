"""scikit-learn over a column file that need not fit in memory, to compare with.

    large.py fit|sweep FILE ROWS COLUMNS

Trains MiniBatchKMeans by partial_fit in one pass, for k = 4 or for k = 2…10
together, and then, untimed, takes the inertia in another.
"""

import json
import sys
import time

import numpy as np
from sklearn.cluster import MiniBatchKMeans

BATCH = 100_000  # larger is faster


def main(job, path, rows, columns):
    x = np.memmap(path, np.float64, "r", shape=(columns, rows))

    def batches():
        for a in range(0, rows, BATCH):
            yield np.ascontiguousarray(x[:, a : a + BATCH].T)

    models = [MiniBatchKMeans(k, random_state=1) for k in ([4] if job == "fit" else range(2, 11))]
    begin = time.perf_counter()
    for rows_of_batch in batches():
        for m in models:
            m.partial_fit(rows_of_batch)
    seconds = time.perf_counter() - begin
    inertia = [0.0] * len(models)
    for rows_of_batch in batches():
        for i, m in enumerate(models):
            inertia[i] -= m.score(rows_of_batch)
    print(json.dumps({"seconds": seconds, "inertia": inertia}))


main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
