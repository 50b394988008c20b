#!/usr/bin/env python3
"""Small files of customers in the forms that people have, of our own making.

    python3 -m venv v && v/bin/pip install -r testdata/any/requirements.txt
    v/bin/python testdata/any/files.py

writes, beside itself and the same each time but for the bytes of the workbook:

    mall.csv        customers with words, numbers and gaps, as the mall data set has them
    orders.csv      lines of orders with cancellations and returns, and gaps in every column
    clientes.csv    Portuguese names in Latin-1, decimal commas, semicolons, R$
    customers.csv   Chinese names and words in GBK
    report.xlsx     a title, a total and a note round the table; days and shares of Excel
    mall.parquet    mall.csv, typed
    mall.jsonl      mall.csv, one object a line, without what is missing
    onehot.csv      a campaign whose words were made columns and whose days were counted
"""

import csv
import datetime
import io
import json
import os
import random

import openpyxl
import pyarrow
import pyarrow.parquet

HERE = os.path.dirname(os.path.abspath(__file__))
KINDS = [  # of customers: mean age, income, score, share of women
    (33, 86, 82, 0.54), (41, 88, 18, 0.46), (43, 55, 50, 0.57), (25, 26, 79, 0.6), (45, 26, 21, 0.6)]


def path(name):
    return os.path.join(HERE, name)


def write(name, header, rows, delimiter=",", encoding="utf-8"):
    text = io.StringIO()
    out = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    out.writerow(header)
    out.writerows(rows)
    with open(path(name), "wb") as f:
        f.write(text.getvalue().encode(encoding))


def customer(rng):
    age, income, score, women = rng.choice(KINDS)
    return (rng.random() < women, max(18, round(rng.gauss(age, 7))), max(12, round(rng.gauss(income, 9), 1)), min(99, max(1, round(rng.gauss(score, 9)))))


def comma(x, digits=2):
    return f"{x:,.{digits}f}".replace(",", " ").replace(".", ",").replace(" ", ".")


def mall():
    rng = random.Random(1)
    header = ["CustomerID", "Gender", "Age", "Annual Income (k$)", "Spending Score (1-100)", "City", "Purchases"]
    rows = []
    for i in range(240):
        woman, age, income, score = customer(rng)
        row = [f"{i + 1:04d}", "Female" if woman else "Male", age, income, score, rng.choice(["Bonn", "Kiel", "Ulm", "Ulm"]), round(rng.lognormvariate(4, 1), 2)]
        for j, share in ((1, 0.02), (2, 0.03), (3, 0.05), (6, 0.02)):
            if rng.random() < share:
                row[j] = None
        rows.append(row)
    write("mall.csv", header, [["" if v is None else v for v in row] for row in rows])
    with open(path("mall.jsonl"), "w", encoding="utf-8") as f:
        for row in rows:
            f.write(json.dumps({k: v for k, v in zip(header, row) if v is not None}) + "\n")
    columns = {name: [row[j] for row in rows] for j, name in enumerate(header)}
    types = {"CustomerID": pyarrow.string(), "Gender": pyarrow.string(), "Age": pyarrow.int32(), "City": pyarrow.dictionary(pyarrow.int8(), pyarrow.string())}
    arrays = [pyarrow.array(columns[name], types.get(name, pyarrow.float64())) for name in header]
    pyarrow.parquet.write_table(pyarrow.table(arrays, header), path("mall.parquet"), compression="zstd")


def orders():
    rng = random.Random(2)
    rows, day, invoice = [], datetime.datetime(2023, 1, 2, 9), 536365
    rate = [rng.lognormvariate(0, 0.9) for _ in range(90)]
    sums = []
    for _ in range(520):
        day += datetime.timedelta(hours=rng.randrange(1, 34))
        who = rng.choices(range(90), rate)[0]
        invoice += rng.randrange(1, 4)
        back = rng.random() < 0.05 and sums
        for _ in range(rng.randrange(1, 5)):
            quantity, price = rng.randrange(1, 13), round(rng.lognormvariate(1.2, 0.8), 2)
            customer = "" if rng.random() < 0.04 else f"{12340 + who}.0"  # a column of floats to pandas, for its gaps
            when = "" if rng.random() < 0.01 else day.strftime("%Y-%m-%d %H:%M:%S")
            rows.append([("C" if back else "") + str(invoice), rng.choice(["85123A", "71053", "POST"]), -quantity if back else quantity, when,
                         "" if rng.random() < 0.01 else price, customer, rng.choice(["United Kingdom", "France"])])
        sums.append(invoice)
    # A customer with a return only.
    rows.append(["C999999", "71053", -2, "2023-06-01 10:00:00", 7.5, "99999.0", "France"])
    rng.shuffle(rows)  # their order does not matter
    write("orders.csv", ["InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"], rows)


def clientes():
    rng = random.Random(3)
    rows = []
    for i in range(160):
        woman, age, income, score = customer(rng)
        rows.append([f"C-{i + 1:04d}", "Feminino" if woman else "Masculino", age, "R$ " + comma(1000 * income), comma(rng.lognormvariate(3, 0.9)),
                     rng.choice(["São Paulo", "Brasília", "Belém"]), f"{rng.uniform(0, 40):.1f}".replace(".", ",") + "%",
                     (datetime.date(2020, 1, 1) + datetime.timedelta(days=rng.randrange(1200))).strftime("%d/%m/%Y")])
    write("clientes.csv", ["Código do Cliente", "Gênero", "Idade", "Renda Anual", "Gasto Médio", "Região", "Desconto", "Cliente desde"], rows, ";", "latin-1")


def chinese():
    rng = random.Random(4)
    rows = []
    for i in range(160):
        woman, age, income, score = customer(rng)
        rows.append([i + 1, "女" if woman else "男", age, income, score, rng.choice(["金卡", "银卡", "普通会员"])])
    write("customers.csv", ["客户编号", "性别", "年龄", "年收入（千元）", "消费评分", "会员等级"], rows, encoding="gbk")


def workbook():
    rng = random.Random(5)
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Customers"
    sheet.append(["Customers of the spring, by branch"])
    sheet.append([])
    sheet.append(["Client No.", "Joined", "Branch", "Orders", "Revenue", "Returns"])
    orders, revenue = 0, 0.0
    for i in range(150):
        n = 1 + int(rng.expovariate(0.25))
        money = round(n * rng.lognormvariate(3, 0.5), 2)
        orders, revenue = orders + n, revenue + money
        sheet.append([f"K{i + 1:05d}", datetime.date(2021, 1, 1) + datetime.timedelta(days=rng.randrange(900)), rng.choice(["North", "South", "West"]), n, money, round(rng.uniform(0, 0.3), 3)])
        sheet.cell(sheet.max_row, 6).number_format = "0.0%"
    sheet.append(["Total", None, None, orders, round(revenue, 2)])
    sheet.append(["Source: the branches themselves"])
    other = book.create_sheet("Notes")
    other.append(["Made by hand"])
    book.properties.created = book.properties.modified = datetime.datetime(2026, 1, 1)
    book.save(path("report.xlsx"))


def onehot():
    rng = random.Random(6)
    marital, education = ["Divorced", "Married", "Single", "Together", "Widow"], ["2n Cycle", "Basic", "Graduation", "Master", "PhD"]
    products = ["Wines", "Fruits", "MeatProducts", "FishProducts", "SweetProducts", "GoldProds"]
    header = ["Income", "Kidhome", "Teenhome", "Recency", *["Mnt" + p for p in products], "Age", "Customer_Days",
              *["marital_" + m for m in marital], *["education_" + e for e in education], "MntTotal"]
    rows = []
    for _ in range(200):
        rich = rng.random()
        income = "" if rng.random() < 0.02 else round(20000 + 70000 * rich + rng.gauss(0, 5000))
        spent = [int(rng.expovariate(1) * s * (0.1 + rich * rich)) for s in (600, 60, 350, 80, 60, 90)]
        m, e = rng.randrange(5), rng.randrange(5)
        rows.append([income, int(rng.random() > rich), rng.randrange(2), rng.randrange(100), *spent, rng.randrange(24, 77), rng.randrange(2159, 2859),
                     *[int(i == m) for i in range(5)], *[int(i == e) for i in range(5)], sum(spent)])
    write("onehot.csv", header, rows)


if __name__ == "__main__":
    for make in (mall, orders, clientes, chinese, workbook, onehot):
        make()
