"""Reference for Engineer, Clean and Encode: pandas and scikit-learn.

Usage: python3 engineered.py CAMPAIGN.csv > engineered.json

CAMPAIGN.csv is the tab-separated campaign file. The columns are worked out
here from their definitions, with pandas; the words are encoded by
scikit-learn's LabelEncoder. Written are the sizes, the sum and the sum of
i * value of each encoded column (i the row from 1; missing incomes count 0),
the classes, and the counts of the columns that are words.
"""
import json
import sys

import numpy as np
import pandas as pd
import sklearn
from sklearn.preprocessing import LabelEncoder

d = pd.read_csv(sys.argv[1], sep="\t")
rows_read = len(d)
d.columns = [
    "id", "year_birth", "education", "marital_status", "income", "kidhome", "teenhome", "dt_customer", "recency",
    "mnt_wines", "mnt_fruits", "mnt_meat_products", "mnt_fish_products", "mnt_sweet_products", "mnt_gold_prods",
    "num_deals_purchases", "num_web_purchases", "num_catalog_purchases", "num_store_purchases", "num_web_visits_month",
    "accepted_cmp3", "accepted_cmp4", "accepted_cmp5", "accepted_cmp1", "accepted_cmp2", "complain",
    "z_cost_contact", "z_revenue", "response",
]
day = pd.to_datetime(d.dt_customer, format="%d-%m-%Y")
d["tenure"] = 12 * (2015 - day.dt.year) + 1 - day.dt.month
d["age"] = 2015 - d.year_birth
d["spent"] = d.filter(like="mnt_").sum(axis=1)
d["living_with"] = d.marital_status.map(lambda s: "Partner" if s in ("Married", "Together") else "Single")
d["children"] = d.kidhome + d.teenhome
d["family_size"] = d.living_with.map({"Single": 1, "Partner": 2})
d["is_parent"] = (d.children > 0).astype(int)
d["education_level"] = d.education.replace({
    "Basic": "Undergraduate", "2n Cycle": "Undergraduate", "Graduation": "Graduate",
    "Master": "Postgraduate", "PhD": "Postgraduate"})
d["age_group"] = pd.cut(d.age, [-1, 19, 39, 59, 1000],
                        labels=["Teen", "Adult", "Middle-Aged Adult", "Senior Adult"]).astype(str)

too_old = d.age > 100
too_rich = ~too_old & (d.income > 120000)
d = d[~too_old & ~too_rich].reset_index(drop=True)
counts = {c: d[c].value_counts().to_dict() for c in ["living_with", "education_level", "age_group"]}

e = d.drop(columns=["id", "year_birth", "marital_status", "dt_customer", "z_cost_contact", "z_revenue",
                    "living_with", "age_group"])
classes = {}
for c in ["education", "education_level"]:
    le = LabelEncoder()
    e[c] = le.fit_transform(e[c])
    classes[c] = list(le.classes_)
v = e.fillna(0).to_numpy(float)
i = np.arange(1, len(e) + 1)
print(json.dumps({
    "made_with": "pandas %s, scikit-learn %s" % (pd.__version__, sklearn.__version__),
    "as_of": "2015-01-01",
    "rows_read": rows_read,
    "rows": len(e),
    "dropped": {"age": int(too_old.sum()), "income": int(too_rich.sum())},
    "missing_income": int(d.income.isna().sum()),
    "columns": list(e.columns),
    "sums": v.sum(axis=0).tolist(),
    "weighted_sums": (i[:, None] * v).sum(axis=0).tolist(),
    "classes": classes,
    "counts": counts,
}, indent=1))
