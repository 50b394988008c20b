"""k-means of Spark MLlib and of scikit-learn over Parquet files, to compare with.

    peers.py spark|minibatch FOLDER K|sweep
    peers.py line NAME

All columns of the files are clustered as they are. spark is KMeans of MLlib with its
defaults (k-means||, 20 iterations, tolerance 1e-4) on local[2]; minibatch is
MiniBatchKMeans by partial_fit in one pass over batches of 100,000 rows. Both read the
files within the time; Spark's session is started before, and timed apart. The inertia
over all rows is taken behind that, untimed. One line of JSON is printed; the second
form makes of such a line one of a table in Markdown.
"""

import json
import resource
import sys
import time
from pathlib import Path

BATCH = 100_000  # larger is faster


def spark(folder, ks):
    from pyspark.ml.clustering import KMeans
    from pyspark.ml.feature import VectorAssembler
    from pyspark.sql import SparkSession

    begin = time.perf_counter()
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.driver.memory", "6g")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    session.range(10).count()
    start = time.perf_counter() - begin
    begin = time.perf_counter()
    table = session.read.parquet(str(folder))
    rows = VectorAssembler(inputCols=table.columns, outputCol="features").transform(table).select("features")
    models = []
    if len(ks) > 1:
        rows = rows.persist()
    for k in ks:
        models.append(KMeans(k=k, seed=1).fit(rows))
    seconds = time.perf_counter() - begin
    inertia = [m.summary.trainingCost for m in models]
    # The memory of the JVM is that of another process.
    pid = session.sparkContext._jvm.java.lang.ProcessHandle.current().pid()
    peak = next(int(line.split()[1]) / 1024 for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM"))
    n = table.count()
    session.stop()
    return n, seconds, start, inertia, peak


def minibatch(folder, ks):
    import numpy as np
    import pyarrow.dataset
    from sklearn.cluster import MiniBatchKMeans

    files = pyarrow.dataset.dataset(str(folder), format="parquet")

    def batches():
        for b in files.to_batches(batch_size=BATCH):
            if b.num_rows:
                yield np.column_stack([c.to_numpy() for c in b.columns])

    begin = time.perf_counter()
    models = [MiniBatchKMeans(k, random_state=1) for k in ks]
    n = 0
    for x in batches():
        n += len(x)
        for m in models:
            if len(x) >= m.n_clusters:
                m.partial_fit(x)
    seconds = time.perf_counter() - begin
    inertia = [0.0] * len(models)
    for x in batches():
        for i, m in enumerate(models):
            inertia[i] -= m.score(x)
    return n, seconds, 0.0, inertia, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(peer, folder, k):
    ks = list(range(2, 11)) if k == "sweep" else [int(k)]
    n, seconds, start, inertia, peak = {"spark": spark, "minibatch": minibatch}[peer](Path(folder), ks)
    answer = {"source": peer, "rows": n, "seconds": seconds, "start_seconds": start, "rows_per_second": n / seconds, "inertia": inertia, "peak_mb": peak}
    print(json.dumps(answer))


def line(name):
    a = json.load(sys.stdin)
    inertia = a["inertia"][0] if isinstance(a["inertia"], list) else a["inertia"]
    moved = f"{a['bytes_moved'] / 1e6:,.1f} MB" if "bytes_moved" in a else ""
    print(
        f"| {name} | {a['rows']:,} | {a['seconds']:.2f} s | {int(a['rows_per_second']):,} | {a.get('passes', '')} |"
        f" {moved} | {a['peak_mb']:,.0f} MB | {inertia:.9g} |"
    )


if sys.argv[1] == "line":
    line(sys.argv[2])
else:
    main(*sys.argv[1:])
