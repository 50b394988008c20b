#!/usr/bin/env python3
"""What pandas reads in the files beside, and what scikit-learn makes of it.

    v/bin/python testdata/any/figures.py        # see files.py for v

writes figures.json and rfm.csv beside itself. Each file is read by pandas with all
that has to be said about it, so that what our readers find by themselves can be held
against it. Of every file: count and sum of each column of numbers, the frequency of
each word; then the preparation that segmentation.Train documents for the features
that are named here (SimpleImputer: median, of words the most frequent; log1p of
numbers whose scipy.stats.skew is above 1 where none is negative and that of the
logarithm is smaller; OneHotEncoder; StandardScaler; of more than five features PCA
for 90 % of the variance), and the inertia of the best of 50 restarts of KMeans.

rfm.csv is the table of customers that features.RFM documents, by pandas groupby.
"""

import json
import os

import numpy as np
import pandas as pd
import scipy.stats
import sklearn
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

HERE = os.path.dirname(os.path.abspath(__file__))


def path(name):
    return os.path.join(HERE, name)


def number(text):
    return float(text.replace("R$", "").replace("%", "").strip().replace(".", "").replace(",", "."))


def read():
    id_text = {"CustomerID": str}
    yield "mall.csv", pd.read_csv(path("mall.csv"), dtype=id_text)
    yield "mall.jsonl", pd.read_json(path("mall.jsonl"), lines=True, dtype=id_text)
    yield "mall.parquet", pd.read_parquet(path("mall.parquet")).astype({"City": object})
    d = pd.read_csv(path("clientes.csv"), sep=";", encoding="latin-1", dtype=str)
    for name in ("Idade", "Renda Anual", "Gasto Médio", "Desconto"):
        d[name] = d[name].map(number)
    d["Cliente desde"] = pd.to_datetime(d["Cliente desde"], format="%d/%m/%Y")
    yield "clientes.csv", d
    yield "customers.csv", pd.read_csv(path("customers.csv"), encoding="gbk")
    d = pd.read_excel(path("report.xlsx"), sheet_name="Customers", skiprows=2)
    yield "report.xlsx", d[:-2].astype({"Orders": float, "Joined": "datetime64[ns]"})


FEATURES = {
    "mall.csv": ["Gender", "Age", "Annual Income (k$)", "Spending Score (1-100)", "City", "Purchases"],
    "clientes.csv": ["Gênero", "Idade", "Renda Anual", "Gasto Médio", "Região", "Desconto"],
    "customers.csv": ["性别", "年龄", "年收入（千元）", "消费评分", "会员等级"],
    "report.xlsx": ["Branch", "Orders", "Revenue", "Returns"],
}
FEATURES["mall.jsonl"] = FEATURES["mall.parquet"] = FEATURES["mall.csv"]


def columns(d):
    out = {}
    for name in d.columns:
        s = d[name].dropna()
        if pd.api.types.is_datetime64_any_dtype(s):
            out[name] = {"count": len(s), "days": int((s - pd.Timestamp("1970-01-01")).dt.days.sum())}
        elif pd.api.types.is_numeric_dtype(s):
            out[name] = {"count": len(s), "sum": float(s.sum())}
        else:
            words = s.value_counts()
            out[name] = {"count": len(s), "words": {k: int(v) for k, v in words.items()} if len(words) <= 20 else None}
    return out


def prepare(d):
    """Returns the matrix behind the preparation and the columns of which it took the logarithm."""
    words = [c for c in d.columns if not pd.api.types.is_numeric_dtype(d[c])]
    numbers = [c for c in d.columns if c not in words]
    logs = []
    for c in numbers:
        s = d[c].dropna()
        skew = scipy.stats.skew(s)
        if skew > 1 and s.nunique() > 2 and s.min() >= 0 and abs(scipy.stats.skew(np.log1p(s))) < skew:
            logs.append(c)
    rest = [c for c in numbers if c not in logs]
    take = []
    if rest:
        take.append(("rest", SimpleImputer(strategy="median"), rest))
    if logs:
        take.append(("logs", make_pipeline(SimpleImputer(strategy="median"), FunctionTransformer(np.log1p)), logs))
    if words:
        d = d.copy()
        d[words] = d[words].astype(object).where(d[words].notna(), np.nan)
        take.append(("words", make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(sparse_output=False)), words))
    steps = [ColumnTransformer(take), StandardScaler()]
    if d.shape[1] > 5:
        steps.append(PCA(n_components=0.9, svd_solver="full"))
    return make_pipeline(*steps).fit_transform(d), logs


def inertia(z):
    return {str(k): float(KMeans(n_clusters=k, n_init=50, random_state=0, tol=0, max_iter=1000).fit(z).inertia_) for k in (3, 4, 5)}


def rfm():
    d = pd.read_csv(path("orders.csv"), dtype={"InvoiceNo": str})
    lines = len(d)
    d["day"] = pd.to_datetime(d["InvoiceDate"]).dt.normalize()
    d["amount"] = d["Quantity"] * d["UnitPrice"]
    left = {"NoCustomer": int(d["CustomerID"].isna().sum())}
    d = d[d["CustomerID"].notna()]
    left["NoDay"] = int(d["day"].isna().sum())
    d = d[d["day"].notna()]
    left["NoAmount"] = int(d["amount"].isna().sum())
    d = d[d["amount"].notna()]
    d["id"] = d["CustomerID"].astype(int).astype(str)
    today = d["day"].max()
    back = (d["Quantity"] < 0) | (d["amount"] < 0) | d["InvoiceNo"].str.fullmatch(r"C\d+")
    bought, returned = d[~back], d[back]
    everyone = pd.Index(sorted(d["id"].unique()), name="id")
    b, r = bought.groupby("id"), returned.groupby("id")
    purchases = b["amount"].sum().reindex(everyone, fill_value=0)
    returns = r["amount"].apply(lambda s: s.abs().sum()).reindex(everyone, fill_value=0)
    last = b["day"].max().reindex(everyone).fillna(r["day"].max().reindex(everyone))
    first = b["day"].min().reindex(everyone).fillna(r["day"].min().reindex(everyone))
    n = b["InvoiceNo"].nunique().reindex(everyone, fill_value=0)
    t = pd.DataFrame({"recency": (today - last).dt.days, "frequency": n, "monetary": purchases - returns})
    t["basket"] = (t["monetary"] / n).where(n > 0)
    t["tenure"] = (today - first).dt.days
    t["days_between"] = ((last - first).dt.days / (n - 1)).where(n > 1)
    t["returns"] = (100 * returns / purchases).where(purchases > 0)
    t.to_csv(path("rfm.csv"), float_format="%.12g")
    return t, {"lines": lines, "left": left, "returns": int(back.sum()), "only_back": int((n == 0).sum()), "as_of": str(today.date())}


def campaign():
    d = pd.read_csv(path("onehot.csv"))
    t = pd.DataFrame({
        "age": d["Age"], "spent": d["MntTotal"], "tenure": np.floor(d["Customer_Days"] / 30.4375),
        "children": d["Kidhome"] + d["Teenhome"], "income": d["Income"]})
    t = t[~(t["age"] > 100) & ~(t["income"] > 120000)]
    z = make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), PCA(3, svd_solver="full")).fit_transform(t)
    return {"rows": len(t), "columns": columns(t), "inertia": inertia(z)}


def main():
    out = {"versions": {"pandas": pd.__version__, "scikit-learn": sklearn.__version__}, "files": {}}
    for name, d in read():
        z, logs = prepare(d[FEATURES[name]])
        out["files"][name] = {"rows": len(d), "columns": columns(d), "features": FEATURES[name], "logs": logs, "width": z.shape[1], "inertia": inertia(z)}
    t, told = rfm()
    z, logs = prepare(t[["recency", "frequency", "monetary"]])
    out["orders"] = {**told, "logs": logs, "inertia": inertia(z)}
    out["onehot"] = campaign()
    with open(path("figures.json"), "w", encoding="utf-8") as f:
        json.dump(out, f, indent=1, ensure_ascii=False)
        f.write("\n")


if __name__ == "__main__":
    main()
