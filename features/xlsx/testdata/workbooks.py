#!/usr/bin/env python3
"""Workbooks for the tests of package xlsx, and what openpyxl reads in them.

    python3 features/xlsx/testdata/workbooks.py

It makes itself an environment of requirements.txt under .venv the first time,
writes the workbooks beside it with XlsxWriter and openpyxl, and cells.json: of
every sheet the cells that openpyxl reads (data_only, so that a formula is its
value), row by row from the first that has a value. Days are ISO text with a T,
times of day shares of a day. With "bench N FILE" it writes a workbook of N rows
and prints the values a second that openpyxl (read_only) and BenchmarkRead read in
it, and their ratio.
"""

import datetime
import json
import os
import random
import re
import subprocess
import sys
import time
import zipfile

here = os.path.dirname(os.path.abspath(__file__))
venv = os.path.join(here, ".venv")
if os.path.realpath(sys.prefix) != os.path.realpath(venv):
    python = os.path.join(venv, "bin", "python")
    if not os.path.exists(python):
        subprocess.check_call([sys.executable, "-m", "venv", venv])
        subprocess.check_call([python, "-m", "pip", "install", "-q", "-r", os.path.join(here, "requirements.txt")])
    os.execv(python, [python, *sys.argv])

import openpyxl
import xlsxwriter

MADE = datetime.datetime(2026, 1, 1)


def customers(rng, n):
    for i in range(n):
        yield (
            f"C{i + 1:05d}",
            rng.choice(["Ana", "José", "李明", "O'Neil & Sons", 'say "hi"', "a<b"]),
            rng.choice(["Female", "Male"]),
            rng.randint(18, 70),
            round(rng.uniform(15, 140), 2),
            datetime.date(2019, 1, 1) + datetime.timedelta(days=rng.randrange(1500)),
        )


HEADER = ["Customer ID", "Name", "Gender", "Age", "Annual Income (k$)", "Member since"]


def mall(path):
    """A title, a subtitle, a blank row, the header in C5, notes on another sheet, a hidden one."""
    rng = random.Random(17)
    book = xlsxwriter.Workbook(path)
    book.set_properties({"created": MADE})
    about = book.add_worksheet("About")
    about.write("A1", "Export of the loyalty programme, made for the marketing team")
    sheet = book.add_worksheet("Customers")
    hidden = book.add_worksheet("Old")
    hidden.hide()
    hidden.write_row(0, 0, ["a", "b"])
    hidden.write_row(1, 0, [1, 2])
    day = book.add_format({"num_format": 'dd/mm/yyyy'})
    sheet.merge_range("C1:H1", "Customers of the mall 2023", book.add_format({"bold": True}))
    sheet.write("C2", "as of 31 December")
    sheet.write_row("C5", HEADER)
    for i, row in enumerate(customers(rng, 200)):
        for j, value in enumerate(row):
            if isinstance(value, datetime.date):
                sheet.write_datetime(5 + i, 2 + j, datetime.datetime(value.year, value.month, value.day), day)
            elif (i * 7 + j) % 41 != 40:
                sheet.write(5 + i, 2 + j, value)
    book.close()


def kinds(path, mac):
    """Every kind of cell and of number format, in a workbook that counts from 1900 or 1904."""
    book = xlsxwriter.Workbook(path, {"date_1904": mac})
    book.set_properties({"created": MADE})
    sheet = book.add_worksheet("Kinds")
    sheet.write_row(0, 0, ["format", "number", "day", "flag", "formula", "rich"])
    formats = [
        "General", "0", "0.00", "#,##0 €", "0%", "0.00E+00", "@", "dd/mm/yyyy", "yyyy-mm-dd hh:mm:ss", "d-mmm-yy",
        "[$-409]mmmm d, yyyy;@", 'yyyy"年"m"月"d"日"', "mmm yy", "DD.MM.YYYY", "m/d/yy h:mm", "hh:mm", "h:mm AM/PM",
        "[h]:mm:ss", '0 "days"', "[Red]0.00", '#,##0.00\\ "dh"', "00000", "[Blue]yyyy", "mm:ss.0", "dddd", "# ?/?",
        '_-* #,##0.00\\ "€"_-', '"year "0',
    ]
    numbers = [1.5, 2, 59.75, 61, 367.25, 20000, 41000.123456789, 44927.5, 45291.999988426, 73050, 12345.678, 1e5]
    bold = book.add_format({"bold": True})
    row = 1
    for code in formats:
        style = book.add_format({"num_format": code})
        for k, x in enumerate(numbers):
            sheet.write(row, 0, code)
            sheet.write_number(row, 1, x)
            sheet.write_number(row, 2, x, style)
            sheet.write_boolean(row, 3, k % 2 == 0)
            sheet.write_formula(row, 4, f"=B{row + 1}*2", None, x * 2)
            sheet.write_rich_string(row, 5, bold, "bold ", "and not")
            row += 1
    for value in ["#N/A", "#DIV/0!", "#REF!"]:
        sheet.write(row, 0, "error")
        sheet.write_formula(row, 4, "=NA()", None, value)
        row += 1
    sheet.write(row, 0, "text of a formula")
    sheet.write_formula(row, 4, '="a"&"b"', None, "ab")
    sheet.write(row + 1, 0, " blanks  around ")
    sheet.write(row + 1, 1, -0.1)
    sheet.write(row + 2, 0, "lines\nin a cell\tand a tab")
    sheet.write(row + 2, 1, 123456789012345)
    sheet.write(row + 3, 0, "flag of a formula")
    sheet.write_formula(row + 3, 4, "=TRUE()", None, "TRUE")
    book.close()


def uncomputed(path):
    """As openpyxl writes: formulas have no values; ids have 18 digits; a merged label; a filter hides rows."""
    book = openpyxl.Workbook()
    book.properties.created = book.properties.modified = MADE
    sheet = book.active
    sheet.title = "Sales"
    sheet.append(["shop", "customer", "amount", "double", None])
    for i in range(12):
        sheet.append(["North" if i == 0 else "South" if i == 6 else None, 200000000000000000 + i, i * 1.25, f"=C{i + 2}*2", "x" if i == 3 else None])
    sheet.merge_cells("A2:A7")
    sheet.merge_cells("A8:A13")
    for i in (4, 5, 6):
        sheet.row_dimensions[i].hidden = True
    book.save(path)


def without_references(path):
    """What few programs write: no r attributes, prefixed names, inline strings, ISO days, escapes, phonetic runs."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
        '<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
        "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{package}"><Relationship Id="rId1" Type="{rel}/officeDocument" Target="/xl/workbook.xml"/></Relationships>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}"><Relationship Id="a" Type="{rel}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="b" Type="{rel}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/workbook.xml": f'<x:workbook xmlns:x="{main}" xmlns:r="{rel}"><x:sheets><x:sheet name="Tom &amp; Co" sheetId="1" r:id="a"/></x:sheets></x:workbook>',
        "xl/sharedStrings.xml": f'<sst xmlns="{main}"><si><t>姓名</t><rPh sb="0" eb="2"><t>せいめい</t></rPh></si><si><r><t>two </t></r><r><t xml:space="preserve">runs </t></r></si></sst>',
        "xl/worksheets/sheet1.xml": f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<!-- a comment <row> -->\n<x:worksheet xmlns:x="{main}"><x:sheetData>'
        '<x:row><x:c t="s"><x:v>0</x:v></x:c><x:c t="inlineStr"><x:is><x:t>day</x:t></x:is></x:c><x:c t="s"><x:v>1</x:v></x:c></x:row>'
        '<x:row><x:c t="inlineStr"><x:is><x:t>A&#233;&lt;&#x4e2d;</x:t></x:is></x:c><x:c t="d"><x:v>2023-05-06T07:08:09</x:v></x:c><x:c><x:v> 1.5e3 </x:v></x:c></x:row>'
        "<x:row><x:c/><x:c t='d'><x:v>2024-02-29</x:v></x:c><x:c t=\"n\"><x:f>1+1</x:f><x:v>2</x:v></x:c></x:row>"
        "</x:sheetData></x:worksheet>",
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        for name, text in parts.items():
            z.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text)


def value(cell):
    v = cell.value
    if isinstance(v, bool) or v is None or isinstance(v, (int, float)):
        return v
    if cell.data_type == "e":
        return {"error": v}
    if isinstance(v, datetime.datetime):
        return {"time": v.isoformat(timespec="milliseconds")}
    if isinstance(v, datetime.date):
        return {"time": datetime.datetime(v.year, v.month, v.day).isoformat(timespec="milliseconds")}
    if isinstance(v, datetime.time):
        return {"clock": (v.hour * 3600 + v.minute * 60 + v.second + v.microsecond / 1e6) / 86400}
    if isinstance(v, datetime.timedelta):
        return {"clock": v.total_seconds() / 86400}
    return v


def cells(path):
    book = openpyxl.load_workbook(path, data_only=True)
    return {sheet.title: [[value(c) for c in row] for row in sheet.iter_rows()] for sheet in book.worksheets}


def bench(n, path):
    rng = random.Random(1)
    if not os.path.exists(path):
        book = xlsxwriter.Workbook(path, {"constant_memory": False})
        sheet = book.add_worksheet("Customers")
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        sheet.write_row(0, 0, HEADER + ["Spent", "Orders", "Score", "City"])
        for i, row in enumerate(customers(rng, n)):
            row = (*row, rng.random() * 1000, rng.randint(0, 90), rng.gauss(0, 1), rng.choice(["Lisboa", "Porto", "Braga"]))
            for j, v in enumerate(row):
                if isinstance(v, datetime.date):
                    sheet.write_datetime(i + 1, j, datetime.datetime(v.year, v.month, v.day), day)
                else:
                    sheet.write(i + 1, j, v)
        book.close()
    start = time.time()
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    count = sum(1 for row in book["Customers"].iter_rows(values_only=True) for v in row if v is not None)
    theirs = count / (time.time() - start)
    out = subprocess.check_output(["go", "test", "-run", "^$", "-bench", "Read$", "-benchtime", "3x", "."], cwd=os.path.dirname(here), env={**os.environ, "XLSX": os.path.abspath(path)}, text=True)
    ours = float(re.search(r"([0-9.e+]+) values/s", out).group(1))
    print(f"openpyxl {openpyxl.__version__}: {theirs:,.0f} values/s, xlsx.Reader: {ours:,.0f} values/s, ratio {ours / theirs:.1f}")


def main():
    made = {
        "mall.xlsx": mall,
        "kinds.xlsx": lambda path: kinds(path, False),
        "kinds1904.xlsx": lambda path: kinds(path, True),
        "uncomputed.xlsx": uncomputed,
        "bare.xlsx": without_references,
    }
    golden = {"openpyxl": openpyxl.__version__, "files": {}}
    for name, make in made.items():
        path = os.path.join(here, name)
        make(path)
        golden["files"][name] = cells(path)
    with open(os.path.join(here, "cells.json"), "w", encoding="utf-8") as f:
        json.dump(golden, f, ensure_ascii=False, separators=(",", ":"))
        f.write("\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["bench"]:
        bench(int(sys.argv[2]), sys.argv[3])
    else:
        main()
