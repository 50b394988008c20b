"""Writes knee.json: the knees that kneed 0.8.6 finds on its own test curves, on
forty random ones and on some over uneven x.

kneed makes a concave, decreasing or convex, increasing curve concave and
increasing by reversing y and not x (its issues 98 and 160). Over uneven x such a
curve is therefore mirrored here before kneed gets it, with the other direction,
which needs no reversing; what kneed finds itself is kept as "kneed_knee".

    pip install kneed==0.8.6 numpy scipy
    python3 knee.py > knee.json
"""

import json
import sys
import warnings

import kneed
import numpy as np
from kneed import DataGenerator, KneeLocator

warnings.simplefilter("ignore")  # polyfit warns where the degree is too high
SHAPES = [
    ("concave", "increasing"),
    ("concave", "decreasing"),
    ("convex", "increasing"),
    ("convex", "decreasing"),
]
cases = []


def plain(values):
    return [float(v) for v in values]


def number(value):
    return None if value is None else float(value)


def mirrored(x, curve="concave", direction="increasing", **_):
    """Whether the curve is one that kneed reverses, over uneven x."""
    steps = np.diff(x)
    reverses = (curve == "convex") != (direction == "decreasing")
    return reverses and np.ptp(steps) > 1e-9 * np.ptp(x)


def find(x, y, **options):
    """KneeLocator, and what leads from the x of its curve back to those given."""
    if not mirrored(x, **options):
        return KneeLocator(x, y, **options), lambda values: plain(values), 1
    other = dict(options)
    rises = options.get("direction", "increasing") == "increasing"
    other["direction"] = "decreasing" if rises else "increasing"
    turned = (x[0] + x[-1] - x)[::-1]
    k = KneeLocator(turned, y[::-1], **other)
    return k, lambda values: [float(x[::-1][np.argmin(abs(turned - v))]) for v in values], -1


def add(name, x, y, **options):
    x, y = np.array(x, dtype=float), np.array(y, dtype=float)
    k, back, step = find(x, y, **options)
    found = k.knee is not None
    cases.append(
        {
            "name": name,
            "x": plain(x),
            "y": plain(y),
            "s": float(options.get("S", 1.0)),
            "curve": options.get("curve", "concave"),
            "direction": options.get("direction", "increasing"),
            "online": bool(options.get("online", False)),
            "interpolation": options.get("interp_method", "interp1d"),
            "degree": options.get("polynomial_degree", 7),
            "found": found,
            "knee": back([k.knee])[0] if found else None,
            # kneed leaves these two empty for a knee at x = 0
            "knee_y": number(k.knee_y),
            "norm_knee": number(k.norm_knee),
            "norm_knee_y": number(k.norm_knee_y),
            "all_knees": sorted(back(k.all_knees)),
            "all_norm_knees": sorted(plain(k.all_norm_knees)),
            "all_knees_y": plain(k.all_knees_y),
            "all_norm_knees_y": plain(k.all_norm_knees_y),
        }
    )
    if step < 0:
        cases[-1]["kneed_knee"] = number(KneeLocator(x, y, **options).knee)
    if len(x) <= 60:  # the file stays small
        cases[-1]["curves"] = {
            "smooth_y": plain(k.Ds_y[::step]),
            "x_normalized": plain(k.x_normalized),
            "y_normalized": plain(k.y_normalized),
            "y_difference": plain(k.y_difference),
            "maxima": [int(i) for i in k.maxima_indices],
            "minima": [int(i) for i in k.minima_indices],
            "thresholds": plain(k.Tmx),
        }


def own_curves():
    for method in ("interp1d", "polynomial"):
        x, y = DataGenerator.figure2()
        add(f"figure2 {method}", x, y, interp_method=method)
        for curve, direction in SHAPES:
            x, y = getattr(DataGenerator, f"{curve}_{direction}")()
            options = dict(curve=curve, direction=direction, interp_method=method)
            add(f"{curve} {direction} {method}", x, y, **options)
            add(f"{curve} {direction} online {method}", x, y, online=True, **options)
            add(f"{curve} {direction} truncated {method}", x[:-3] / 10, y[:-3] / 10, **options)
            if direction == "decreasing":  # a direction given wrongly
                add(f"{curve} decreasing called increasing {method}", x, y, curve=curve, interp_method=method)
        x, y = DataGenerator.bumpy()
        for online in (False, True):
            for s in (0, 1, 3, 10):
                add(f"bumpy S={s} online={online} {method}", x, y, S=s, curve="convex",
                    direction="decreasing", interp_method=method, online=online)

    x, y = DataGenerator.noisy_gaussian(mu=50, sigma=10, N=1000, seed=42)
    add("noisy gaussian", x, y, interp_method="polynomial", polynomial_degree=11, online=True)
    x, y = DataGenerator.noisy_gaussian(mu=50, sigma=10, N=100, seed=42)
    for degree in (3, 7, 11):
        add(f"noisy gaussian of 100, degree {degree}", x, y, interp_method="polynomial", polynomial_degree=degree)
    add("noisy gaussian of 100", x, y)

    np.random.seed(23)
    y = sorted(np.random.gamma(0.5, 1.0, 1000), reverse=True)
    for online in (False, True):
        add(f"gamma online={online}", range(1, 1001), y, curve="convex", direction="decreasing", online=online)
    np.random.seed(23)
    y = sorted(np.random.gamma(0.5, 1.0, 300), reverse=True)
    for s in (0, 0.5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 100):
        add(f"gamma of 300, S={s}", range(1, 301), y, curve="convex", direction="decreasing", S=s)

    x = np.arange(0, 10, 0.1)
    for curve, direction in SHAPES:
        for online in (False, True):
            add(f"sine {curve} {direction} online={online}", x, np.sin(x), curve=curve, direction=direction, online=online)

    # the curve of kneed's test of flat maxima, where S = 0 and S = 1 differ
    y = [1, 0.787701317715959, 0.7437774524158126, 0.6559297218155198, 0.5065885797950219,
         0.36749633967789164, 0.2547584187408492, 0.16251830161054173, 0.10395314787701318,
         0.06734992679355783, 0.043923865300146414, 0.027818448023426062, 0.01903367496339678,
         0.013177159590043924, 0.010248901903367497, 0.007320644216691069, 0.005856515373352855,
         0.004392386530014641]
    for s in range(11):
        add(f"flat maxima S={s}", range(18), y, curve="convex", direction="decreasing", S=s)
    add("three points without a knee", [1, 2, 3], [0.90483742, 0.81873075, 0.74081822], curve="convex", direction="decreasing")
    x = np.arange(1.0, 99.0)
    add("logistic", x, 1 / (1 + np.exp(-(x - 78) / 1.3)), curve="convex", direction="increasing", online=True)


def edges():
    add("two points", [0, 1], [0, 1])
    add("two points falling", [0, 1], [1, 0])
    add("straight", range(12), range(12))
    for n in (5, 9, 10, 11, 17, 50, 137, 200, 1030):
        # saturated: flat behind the knee, so that the threshold is met to the last bit
        y = np.minimum(np.arange(n), n // 3)
        add(f"saturated {n}", range(n), y)
        add(f"saturated {n} on thirds", np.arange(n) / 3, y, S=2)
    # inertia of k-means over k = 2…10 and 1…10, with rounded figures
    y = [5836.6, 4671.2, 4081.7, 3608.0, 3297.4, 3042.6, 2847.9, 2676.3, 2531.4]
    add("inertia", range(2, 11), y, curve="convex", direction="decreasing")
    add("inertia from one", range(1, 11), [9400.5] + y, curve="convex", direction="decreasing")


def uneven_curves():
    add("uneven concave decreasing", [0, 2, 4, 6, 7, 7.5, 7.8, 7.9, 8], [10, 9.9, 9.8, 9.5, 8.5, 7, 5, 3, 0],
        direction="decreasing")
    add("uneven convex increasing", [0, 1, 2, 3, 4, 10, 20], [0, 0.05, 0.1, 0.2, 0.3, 4, 30], curve="convex")
    x = np.concatenate([np.arange(1, 10), np.arange(10, 100, 10), np.arange(100, 1001, 100)]).astype(float)
    for curve, direction in SHAPES:
        u = (x - 1) / 999
        y = {"concave increasing": u**0.3, "concave decreasing": 1 - u**4,
             "convex increasing": u**4, "convex decreasing": 1 - u**0.3}[f"{curve} {direction}"]
        for online in (False, True):
            add(f"decades {curve} {direction} online={online}", x, y, curve=curve, direction=direction, online=online)
    # spaced by thirds: even, but for rounding
    for curve, direction in SHAPES:
        x = np.arange(17) / 3
        y = np.minimum(np.arange(17), 5.0) * (1 if curve == "concave" else -1)
        if (curve == "convex") != (direction == "decreasing"):
            y = y[::-1]
        add(f"thirds {curve} {direction}", x, y, curve=curve, direction=direction)


def random_curves():
    rng = np.random.default_rng(2011)
    for i in range(40):
        n = int(rng.integers(5, 120))
        x = np.sort(rng.choice(10000, n, replace=False)) / 100 if i % 2 else np.arange(n) + float(rng.integers(0, 3))
        u = (x - x[0]) / (x[-1] - x[0])
        y = u ** rng.uniform(0.1, 0.9)
        curve, direction = SHAPES[i % 4]
        if curve == "convex":
            y = 1 - y[::-1]
        if direction == "decreasing":
            y = y[::-1]
        y = y * 10 ** rng.uniform(1 if i % 5 == 0 else -3, 6) + rng.normal() * 10
        if i % 3:
            y = y + rng.normal(size=n) * np.ptp(y) * rng.choice([0.001, 0.01, 0.05])
        if i % 5 == 0:
            y = np.round(y)
        method = "polynomial" if i % 8 in (2, 3, 4, 5) else "interp1d"
        add(f"random {i}", x, y, S=round(float(rng.uniform(0, 6)), 2) if i % 4 else float(rng.integers(0, 4)),
            curve=curve, direction=direction, online=bool(rng.integers(2)), interp_method=method,
            polynomial_degree=int(rng.integers(2, 10)))


if __name__ == "__main__":
    own_curves()
    edges()
    uneven_curves()
    random_curves()
    head = {"made_by": "knee.py", "kneed": kneed.__version__, "numpy": np.__version__}
    sys.stdout.write(json.dumps(head)[:-1] + ', "cases": [\n')
    sys.stdout.write(",\n".join(json.dumps(c) for c in cases))
    sys.stdout.write("\n]}\n")
