"""Writes months.json: the names and abbreviations of the months in CLDR, by Babel.

    python3 -m venv venv && venv/bin/pip install babel==2.17.0 && venv/bin/python months.py > months.json
"""
import json

from babel import Locale

names = {}
for language in ("en", "de", "fr", "es", "pt", "it"):
    months = Locale(language).months
    names[language] = [
        sorted({months[context][width][m] for context in ("format", "stand-alone") for width in ("wide", "abbreviated")})
        for m in range(1, 13)
    ]
print(json.dumps(names, ensure_ascii=False, indent=1))
