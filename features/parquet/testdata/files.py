#!/usr/bin/env python3
"""Parquet files for the tests of package parquet, and what pandas reads in them.

    python3 features/parquet/testdata/files.py

It makes itself an environment of requirements.txt under .venv the first time,
writes the files beside it with pyarrow and pandas, and columns.json: of every
file the columns that can be read, as lists. Days are ISO text, shares of a day
stand for times of day. With "bench ROWS FILE" it writes a file of ROWS × 5
numbers and prints the rows a second that pyarrow, on one thread, and
BenchmarkBlocks read in it, and their ratio.
"""

import datetime
import decimal
import json
import math
import os
import re
import subprocess
import sys
import time

here = os.path.dirname(os.path.abspath(__file__))
venv = os.path.join(here, ".venv")
if os.path.realpath(sys.prefix) != os.path.realpath(venv):
    python = os.path.join(venv, "bin", "python")
    if not os.path.exists(python):
        subprocess.check_call([sys.executable, "-m", "venv", venv])
        subprocess.check_call([python, "-m", "pip", "install", "-q", "-r", os.path.join(here, "requirements.txt")])
    os.execv(python, [python, *sys.argv])

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

ROWS = 250


def kinds():
    """Every type that is read, with nulls in each."""
    rng = np.random.default_rng(17)
    null = rng.random(ROWS) < 0.15

    def some(values):
        return [None if n else v for v, n in zip(values, null)]

    day = [datetime.date(1899, 1, 1) + datetime.timedelta(days=int(d)) for d in rng.integers(0, 80000, ROWS)]
    moment = [datetime.datetime(1965, 1, 1) + datetime.timedelta(seconds=int(s), microseconds=int(u)) for s, u in zip(rng.integers(0, 2_000_000_000, ROWS), rng.integers(0, 1_000_000, ROWS))]
    clock = [datetime.time(int(s) // 3600, int(s) // 60 % 60, int(s) % 60) for s in rng.integers(0, 86400, ROWS)]
    words = [["Ana", "José", "李明", "", "a b"][i] for i in rng.integers(0, 5, ROWS)]
    small = rng.integers(-100, 100, ROWS)
    cols = {
        "int8": pa.array(some(small.tolist()), pa.int8()),
        "int16": pa.array(some((small * 300).tolist()), pa.int16()),
        "int32": pa.array(some((small * 20_000_000).tolist()), pa.int32()),
        "int64": pa.array(some((small.astype("int64") * 90_000_000_000).tolist()), pa.int64()),
        "uint8": pa.array(some(np.abs(small).tolist()), pa.uint8()),
        "uint32": pa.array(some((np.abs(small).astype("int64") * 42_000_000).tolist()), pa.uint32()),
        "uint64": pa.array(some((np.abs(small)).tolist()), pa.uint64()),
        "float": pa.array(some(rng.normal(size=ROWS).astype("float32").tolist()), pa.float32()),
        "double": pa.array(some(rng.normal(size=ROWS).tolist()), pa.float64()),
        "half": pa.array([None if n else np.float16(v) for v, n in zip(rng.normal(size=ROWS) * 1e-3, null)], pa.float16()),
        "flag": pa.array(some((small > 0).tolist()), pa.bool_()),
        "binary": pa.array(some((small > 0).astype(int).tolist()), pa.int32()),
        "decimal9": pa.array(some([decimal.Decimal(int(x)).scaleb(-2) for x in small * 12345]), pa.decimal128(9, 2)),
        "decimal38": pa.array(some([decimal.Decimal(int(x) * 10**20 + 7).scaleb(-19) for x in small]), pa.decimal128(38, 19)),
        "date": pa.array(some(day), pa.date32()),
        "seconds": pa.array(some(moment), pa.timestamp("ms")),
        "micros": pa.array(some(moment), pa.timestamp("us", "UTC")),
        "nanos": pa.array(some(moment), pa.timestamp("ns")),
        "time": pa.array(some(clock), pa.time64("us")),
        "word": pa.array(some(words), pa.string()),
        "category": pa.array(some(words), pa.string()).dictionary_encode(),
        "large": pa.array(some([f"text {i} of some length" for i in range(ROWS)]), pa.large_string()),
        "big": pa.array(some([9_100_000_000_000_000_000 + i for i in range(ROWS)]), pa.int64()),
        "bigger": pa.array(some([18_100_000_000_000_000_000 + i for i in range(ROWS)]), pa.uint64()),
        "wide": pa.array(some([decimal.Decimal(10**30 + i) * (1 - 2 * (i % 2)) for i in range(ROWS)]), pa.decimal128(38, 0)),
        "none": pa.array([None] * ROWS, pa.float64()),
    }
    return pa.table(cols)


def nested():
    return pa.table({"id": [1, 2], "tags": [["a"], []], "address": [{"city": "x"}, {"city": "y"}], "amount": [1.5, 2.5]})


def mall():
    """As pandas writes a frame that was filtered: its index is a column."""
    rng = np.random.default_rng(3)
    n = 200
    frame = pd.DataFrame(
        {
            "Customer ID": [f"C{i:04d}" for i in range(n)],
            "Gender": pd.Categorical(rng.choice(["Female", "Male"], n)),
            "Age": rng.integers(18, 70, n),
            "Annual Income (k$)": np.where(rng.random(n) < 0.05, np.nan, rng.integers(15, 137, n)),
            "Since": pd.to_datetime("2019-01-01") + pd.to_timedelta(rng.integers(0, 1500, n), "D"),
            "Last order": rng.choice(["2023-05-06", "2023-12-31", "2022-01-15"], n),
        }
    )
    return pa.Table.from_pandas(frame[frame.Age > 20])


def plain(v):
    if v is None or isinstance(v, (bool, int, str)):
        return v
    if isinstance(v, np.floating):
        v = float(v)
    if isinstance(v, float):
        return None if math.isnan(v) else v
    if isinstance(v, decimal.Decimal):
        return float(v) if v.as_tuple().exponent < 0 else int(v)
    if isinstance(v, datetime.datetime):
        return v.date().isoformat()
    if isinstance(v, datetime.date):
        return v.isoformat()
    if isinstance(v, datetime.time):
        return (v.hour * 3600 + v.minute * 60 + v.second + v.microsecond / 1e6) / 86400
    raise TypeError(type(v))


def bench(n, path):
    if not os.path.exists(path):
        rng = np.random.default_rng(1)
        schema = pa.schema([(f"x{j}", pa.float64()) for j in range(5)])
        with pq.ParquetWriter(path, schema) as w:
            for start in range(0, n, 1 << 20):
                rows = min(1 << 20, n - start)
                w.write_table(pa.table([rng.normal(size=rows) for _ in range(5)], schema=schema))
    start, rows = time.time(), 0
    for batch in pq.ParquetFile(path).iter_batches(batch_size=65536, use_threads=False):
        rows += batch.num_rows
    theirs = rows / (time.time() - start)
    out = subprocess.check_output(["go", "test", "-run", "^$", "-bench", "Blocks", "-benchtime", "3x", "."], cwd=os.path.dirname(here), env={**os.environ, "PARQUET": os.path.abspath(path)}, text=True)
    ours = float(re.search(r"([0-9.e+]+) rows/s", out).group(1))
    print(f"pyarrow {pa.__version__}: {theirs:,.0f} rows/s, parquet.Blocks: {ours:,.0f} rows/s, ratio {ours / theirs:.1f}")


def main():
    made = {
        "kinds.parquet": (kinds(), {"row_group_size": 90, "data_page_size": 512}),
        "plain.parquet": (kinds(), {"use_dictionary": False, "compression": "none"}),
        "v2.parquet": (kinds(), {"data_page_version": "2.0", "compression": "zstd", "row_group_size": 200, "column_encoding": {"int32": "DELTA_BINARY_PACKED", "double": "BYTE_STREAM_SPLIT", "large": "DELTA_BYTE_ARRAY", "word": "DELTA_LENGTH_BYTE_ARRAY"}, "use_dictionary": False}),
        "v2snappy.parquet": (kinds().select(["int64", "double", "word", "large"]), {"data_page_version": "2.0"}),
        "gzip96.parquet": (kinds().select(["int32", "seconds", "micros", "nanos", "word"]), {"compression": "gzip", "use_deprecated_int96_timestamps": True}),
        "mall.parquet": (mall(), {}),
        "nested.parquet": (nested(), {}),
        "brotli.parquet": (kinds().select(["int64", "double", "word", "large"]), {"compression": "brotli", "data_page_version": "2.0"}),
        "lz4.parquet": (kinds().select(["int32", "double", "word", "large"]), {"compression": "lz4", "row_group_size": 100}),
    }
    golden = {"pyarrow": pa.__version__, "files": {}}
    for name, (table, options) in made.items():
        path = os.path.join(here, name)
        pq.write_table(table, path, **options)
        back = pq.read_table(path)
        golden["files"][name] = {c: [plain(v) for v in back[c].to_pylist()] for c in back.column_names if not pa.types.is_nested(back[c].type)}
    with open(os.path.join(here, "columns.json"), "w", encoding="utf-8") as f:
        json.dump(golden, f, ensure_ascii=False, separators=(",", ":"))
        f.write("\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["bench"]:
        bench(int(sys.argv[2]), sys.argv[3])
    else:
        main()
