#!/usr/bin/env python3
"""Values of elementary functions, computed by mpmath 1.3.0 at 50 digits.

    python3 internal/num/testdata/elementary.py > internal/num/testdata/elementary.json
"""

import json
import random
import sys

from mpmath import exp, expm1, log1p, mp, mpf, ncdf, sqrt, erfinv, findroot, log


def quantile(p):
    x = mpf(p)
    if x > mpf("1e-12"):
        return sqrt(2) * erfinv(2 * x - 1)
    return findroot(lambda z: log(ncdf(z)) - log(x), -sqrt(-2 * log(x)))


def main():
    mp.dps = 50
    rng = random.Random(1)
    spread = lambda low, high: [rng.choice([-1, 1]) * 10 ** rng.uniform(low, high) for _ in range(150)]
    cases = {
        "exp": (exp, spread(-8, 2.84) + [709.7, -700.0, 1.0, 0.3465, 0.3466]),
        "expm1": (expm1, spread(-12, 2.84) + [709.7, 1.0, -1.0, 0.3465, 0.3466, -0.34657, 1.03972, -1.03972, 42.0]),
        "log1p": (log1p, [v for v in spread(-12, 8) if v > -1] + [1e-20, 1e300, -0.5, 1.0, 2.0**53, 2.0**52 + 1, 1 - 2**-53, -1 + 2**-53]),
        "normal": (ncdf, [rng.uniform(-3, 9) for _ in range(150)] + [rng.uniform(-37, -3) for _ in range(50)] + [3.0, -3.0]),
        "normal quantile": (quantile, [rng.random() for _ in range(150)] + [10 ** rng.uniform(-300, -1) for _ in range(50)] + [0.075, 0.925, 1e-7, 1 - 1e-7]),
    }
    json.dump({name: [[x, float(f(mpf(x)))] for x in values] for name, (f, values) in cases.items()}, sys.stdout, indent=0)
    print()


if __name__ == "__main__":
    main()
