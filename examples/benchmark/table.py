"""Reading tables and counting orders with Python, to compare with.

    table.py pandas|openpyxl|DuckDB csv|csv1|xlsx|rfm FILE

Prints the seconds of the job and figures of what was read. The definitions of
recency, frequency and money are those of features.RFM.
"""

import json
import sys
import time


def csv_pandas(path):
    import pandas as pd

    begin = time.perf_counter()
    d = pd.read_csv(path, parse_dates=["joined"])
    seconds = time.perf_counter() - begin
    return seconds, [len(d), d["income"].sum(), d["spent"].sum()]


def xlsx_openpyxl(path):
    import openpyxl

    begin = time.perf_counter()
    sheet = openpyxl.load_workbook(path, read_only=True).worksheets[0]
    rows = list(sheet.iter_rows(values_only=True))
    seconds = time.perf_counter() - begin
    income, spent = rows[0].index("income"), rows[0].index("spent")
    return seconds, [len(rows) - 1, sum(r[income] for r in rows[1:]), sum(r[spent] for r in rows[1:])]


def rfm_pandas(path):
    import pandas as pd

    begin = time.perf_counter()
    d = pd.read_csv(path, usecols=["InvoiceNo", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"], dtype={"InvoiceNo": str}, parse_dates=["InvoiceDate"])
    d["day"] = d["InvoiceDate"].dt.normalize()
    d["amount"] = d["Quantity"] * d["UnitPrice"]
    back = (d["Quantity"] < 0) | d["InvoiceNo"].str.startswith("C")
    b, r = d[~back].groupby("CustomerID"), d[back].groupby("CustomerID")
    t = pd.DataFrame({"bought": b["amount"].sum(), "orders": b["InvoiceNo"].nunique(), "first": b["day"].min(), "last": b["day"].max()})
    back = pd.DataFrame({"returned": r["amount"].sum(), "first_back": r["day"].min(), "last_back": r["day"].max()})
    t = t.join(back, how="outer")
    today = d["day"].max()
    recency = (today - t["last"].fillna(t["last_back"])).dt.days
    money = t["bought"].fillna(0) + t["returned"].fillna(0)
    seconds = time.perf_counter() - begin
    return seconds, [len(t), recency.sum(), t["orders"].fillna(0).sum(), money.sum()]


def rfm_duckdb(path):
    import duckdb

    duckdb.execute("SET enable_progress_bar = false")
    begin = time.perf_counter()
    t = duckdb.sql(f"""
        WITH lines AS (
            SELECT CustomerID AS id, CAST(InvoiceDate AS DATE) AS day, Quantity * UnitPrice AS amount, InvoiceNo AS invoice,
                   Quantity < 0 OR starts_with(InvoiceNo, 'C') AS back
            FROM read_csv('{path}', types = {{'InvoiceNo': 'VARCHAR', 'UnitPrice': 'DOUBLE'}}))
        SELECT id, (SELECT max(day) FROM lines) - coalesce(max(day) FILTER (NOT back), max(day) FILTER (back)) AS recency,
               count(DISTINCT invoice) FILTER (NOT back) AS frequency, sum(amount) AS monetary,
               (SELECT max(day) FROM lines) - coalesce(min(day) FILTER (NOT back), min(day) FILTER (back)) AS tenure
        FROM lines GROUP BY id""").fetchnumpy()
    seconds = time.perf_counter() - begin
    return seconds, [len(t["id"]), float(t["recency"].sum()), float(t["frequency"].sum()), float(t["monetary"].sum())]


def main(peer, job, path):
    jobs = {"csv": csv_pandas, "csv1": csv_pandas, "xlsx": xlsx_openpyxl, "rfm": rfm_pandas if peer == "pandas" else rfm_duckdb}
    seconds, figures = jobs[job](path)
    print(json.dumps({"seconds": seconds, "inertia": [float(x) for x in figures]}))


main(sys.argv[1], sys.argv[2], sys.argv[3])
