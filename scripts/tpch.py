"""Compares DriftDB's answers to the TPC-H queries with DuckDB's. See scripts/tpch."""

import csv
import decimal
import io
import pathlib
import re
import subprocess
import sys
import time

import duckdb

TABLES = ["region", "nation", "part", "supplier", "partsupp", "customer", "orders", "lineitem"]

# What is changed between the first round and the second: every query's tables are touched.
WAVE = [
    "UPDATE lineitem SET l_quantity = l_quantity + 7, l_discount = 0.09 WHERE l_orderkey % 3 = 0",
    "DELETE FROM lineitem WHERE l_orderkey % 7 = 1",
    "UPDATE orders SET o_totalprice = o_totalprice * 2, o_orderdate = o_orderdate + 30 WHERE o_orderkey % 5 = 0",
    "DELETE FROM orders WHERE o_orderkey % 11 = 2",
    "UPDATE customer SET c_acctbal = -c_acctbal, c_mktsegment = 'BUILDING' WHERE c_custkey % 4 = 0",
    "DELETE FROM partsupp WHERE ps_partkey % 13 = 3",
    "UPDATE part SET p_size = 15, p_name = left('forest green ' || p_name, 55) WHERE p_partkey % 6 = 0",
    "DELETE FROM supplier WHERE s_suppkey % 9 = 4",
    "UPDATE nation SET n_name = 'ATLANTIS' WHERE n_name = 'FRANCE'",
]


class Drift:
    def __init__(self, binary, db):
        self.binary, self.db = binary, db

    def run(self, *args):
        p = subprocess.run([self.binary, *args], capture_output=True, text=True)
        if p.returncode != 0:
            raise RuntimeError(p.stderr.strip())
        return p.stdout

    def sql(self, text, as_of=None):
        args = ["sql", "--data", self.db, "-q", "--format", "csv", "-e", text]
        if as_of:
            args += ["--as-of", as_of]
        # One NULL alone is an empty line.
        rows = list(csv.reader(io.StringIO(self.run(*args))))
        return [row or [""] for row in rows[1:]]


def same(ours, theirs):
    """A value as DriftDB printed it against one of DuckDB, which does not pad CHAR(n): exact, but for binary floats."""
    if theirs is None:
        return ours == ""
    if isinstance(theirs, float):
        return abs(float(ours) - theirs) <= 1e-9 * max(1.0, abs(theirs))
    if isinstance(theirs, (int, decimal.Decimal)):
        return decimal.Decimal(ours) == theirs
    return ours.rstrip(" ") == str(theirs).rstrip(" ")


def difference(ours, theirs):
    if len(ours) != len(theirs):
        return f"{len(ours)} rows, DuckDB has {len(theirs)}"
    for i, (a, b) in enumerate(zip(ours, theirs)):
        if len(a) != len(b) or not all(same(x, y) for x, y in zip(a, b)):
            return f"row {i + 1} is {a}, DuckDB has {list(b)}"
    return None


def load(drift, duck, schema, data):
    """Loads both; DuckDB gets no keys, over which its own UPDATE would stumble."""
    drift.run("init", drift.db)
    drift.run("sql", "--data", drift.db, "-q", "-e", schema)
    for table in TABLES:
        file = str(data / f"{table}.csv")
        drift.run("import", "--data", drift.db, "--table", table, file)
    duck.execute(re.sub(r",? PRIMARY KEY( \([^)]*\))?", "", schema))
    for table in TABLES:
        duck.execute(f"COPY {table} FROM '{data / (table + '.csv')}' (HEADER)")


def ask(drift, queries, expected, as_of, label, difference=difference):
    failed = 0
    for name, text in queries.items():
        start = time.time()
        try:
            wrong = difference(drift.sql(text, as_of), expected[name])
        except RuntimeError as e:
            wrong = str(e)
        print(f"{label} {name}  {time.time() - start:6.2f} s  {'ok' if wrong is None else 'WRONG: ' + wrong}", flush=True)
        failed += wrong is not None
    return failed


def change(drift, duck):
    for statement in WAVE:
        drift.sql(statement)
        duck.execute(statement)


def main(binary, data, db, scale):
    root = pathlib.Path(__file__).resolve().parent.parent / "testdata" / "tpch"
    schema = (root / "schema.sql").read_text()
    fraction = f"{decimal.Decimal('0.0001') / decimal.Decimal(scale):f}"
    queries = {f.stem: f.read_text().replace("${FRACTION}", fraction) for f in sorted(root.glob("q*.sql"))}
    drift, duck = Drift(binary, db), duckdb.connect()
    load(drift, duck, schema, pathlib.Path(data))
    before = {name: duck.execute(text).fetchall() for name, text in queries.items()}
    failed = ask(drift, queries, before, None, "now   ")
    point = "@SEQ:" + drift.sql("SELECT current_seq()")[0][0]
    change(drift, duck)
    after = {name: duck.execute(text).fetchall() for name, text in queries.items()}
    failed += ask(drift, queries, before, point, "before")
    failed += ask(drift, queries, after, None, "after ")
    drift.run("checkpoint", "--data", db)
    drift.run("vacuum", "--data", db)
    failed += ask(drift, queries, before, point, "vacuum")
    changed = sum(before[n] != after[n] for n in queries)
    print(f"{4 * len(queries) - failed} of {4 * len(queries)} answers are DuckDB's; the wave changed {changed} of {len(queries)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
