"""The Python stack's way to serve the same prediction, to compare with.

A scikit-learn pipeline (median imputer, scaler, PCA, k-means with five
clusters) on the five columns, behind the http.server of the standard library,
a thread for each connection.

    python3 reference.py CAMPAIGN_FILE PORT
"""

import http.server
import json
import sys

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

COLUMNS = ["age", "spent", "tenure", "children", "income"]
TIERS = ["Platinum", "Gold", "Silver", "Silver", "Bronze"]


def table(path):
    raw = pd.read_csv(path, sep="\t")
    day = pd.to_datetime(raw["Dt_Customer"], dayfirst=True)
    out = pd.DataFrame()
    out["age"] = 2015 - raw["Year_Birth"]
    out["spent"] = raw[[c for c in raw if c.startswith("Mnt")]].sum(axis=1)
    out["tenure"] = 12 * (2015 - day.dt.year) + 1 - day.dt.month
    out["children"] = raw["Kidhome"] + raw["Teenhome"]
    out["income"] = raw["Income"]
    return out[(out["age"] <= 100) & ~(out["income"] > 120000)]


model = make_pipeline(
    SimpleImputer(strategy="median"),
    StandardScaler(),
    PCA(3),
    KMeans(5, n_init=10, random_state=1),
).fit(table(sys.argv[1])[COLUMNS].to_numpy())


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        row = np.array([[asked.get(c, np.nan) for c in COLUMNS]], dtype=float)
        distances = np.sort(model.transform(row)[0])
        cluster = int(model.predict(row)[0])
        body = json.dumps(
            {
                "cluster": cluster,
                "tier": TIERS[cluster],
                "distance": distances[0],
                "margin": distances[1] - distances[0],
                "warnings": [],
            }
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128


Server(("127.0.0.1", int(sys.argv[2])), Handler).serve_forever()
