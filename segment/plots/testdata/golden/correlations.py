#!/usr/bin/python3
"""Writes correlations.json: the correlations of pandas, pairwise without missing values.

    python3 correlations.py
"""
import json
import os

import numpy
import pandas

random = numpy.random.RandomState(7)
x = random.normal(size=(40, 4)) * [1, 1000, 1e-6, 3] + [0, 500, 0, 30]
x[:, 1] += 800 * x[:, 0]
x[3, 0] = x[5, 1] = x[6, 1] = x[9, 2] = numpy.nan
frame = pandas.DataFrame(x).assign(constant=5.0)
out = {
    "made_by": "segment/plots/testdata/golden/correlations.py, pandas %s, numpy %s" % (pandas.__version__, numpy.__version__),
    "x": [[None if numpy.isnan(v) else v for v in row] for row in frame.to_numpy().tolist()],
    "r": [[None if numpy.isnan(v) else v for v in row] for row in frame.corr().to_numpy().tolist()],
}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "correlations.json"), "w") as f:
    json.dump(out, f, indent=1)
    f.write("\n")
