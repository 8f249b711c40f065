"""Compares DriftDB's answers to the TPC-DS queries with DuckDB's. See scripts/tpcds."""

import decimal
import pathlib
import sys

import duckdb
import duckdb_extension_tpcds

from tpch import Drift, ask, same

# What is changed between the first round and the second.
WAVE = [
    "UPDATE store_sales SET ss_quantity = ss_quantity + 5, ss_net_profit = -ss_net_profit WHERE ss_item_sk % 3 = 0",
    "DELETE FROM store_sales WHERE ss_ticket_number % 7 = 1",
    "UPDATE web_sales SET ws_ext_sales_price = ws_ext_sales_price * 2 WHERE ws_order_number % 5 = 0",
    "DELETE FROM catalog_sales WHERE cs_order_number % 11 = 2",
    "DELETE FROM store_returns WHERE sr_item_sk % 4 = 0",
    "UPDATE item SET i_category = 'Books', i_manufact_id = 1 WHERE i_item_sk % 6 = 0",
    "UPDATE customer SET c_birth_country = NULL WHERE c_customer_sk % 8 = 0",
    "DELETE FROM inventory WHERE inv_item_sk % 9 = 4",
    "UPDATE customer_address SET ca_state = 'TN' WHERE ca_address_sk % 10 = 3",
]


def place(row):
    """Where a row stands among the others, so that the order of equal ones does not count: its values as both write them."""
    key = []
    for x in row:
        text = "" if x is None else str(x)
        try:
            key.append((f"{decimal.Decimal(text):.8g}", 0))
        except decimal.InvalidOperation:
            key.append((text, 1))
    return key


def difference(ours, theirs):
    if len(ours) != len(theirs):
        return f"{len(ours)} rows, DuckDB has {len(theirs)}"
    for a, b in zip(sorted(ours, key=place), sorted(theirs, key=place)):
        if len(a) != len(b) or not all(same(x, y) for x, y in zip(a, b)):
            return f"a row is {a}, DuckDB has {list(b)}"
    return None


def connect():
    extension = pathlib.Path(duckdb_extension_tpcds.__file__).parent / "extensions" / f"v{duckdb.__version__}" / "tpcds.duckdb_extension"
    if not extension.exists():
        sys.exit(f"the package duckdb-extension-tpcds is not for DuckDB {duckdb.__version__}: install the same version of both")
    duck = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    duck.execute(f"LOAD '{extension}'")
    return duck


def load(drift, duck, scale, work):
    """Makes the data in DuckDB and copies the tables."""
    duck.execute(f"CALL dsdgen(sf = {float(scale)})")
    drift.run("init", drift.db)
    for (table,) in duck.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'main'").fetchall():
        columns = duck.execute("SELECT column_name, data_type FROM information_schema.columns WHERE table_name = ? ORDER BY ordinal_position", [table]).fetchall()
        file = work / f"{table}.parquet"
        duck.execute(f"COPY {table} TO '{file}' (FORMAT parquet)")
        drift.sql(f"CREATE TABLE {table} ({', '.join(' '.join(c) for c in columns)})")
        drift.run("import", "--data", drift.db, "--table", table, str(file))
        file.unlink()
    drift.sql("ANALYZE")


def main(binary, work, scale):
    work = pathlib.Path(work)
    drift, duck = Drift(binary, str(work / "db")), connect()
    load(drift, duck, scale, work)
    queries = {f"q{n:02}": text for n, text in duck.execute("SELECT query_nr, query FROM tpcds_queries() ORDER BY 1").fetchall()}
    before = {name: duck.execute(text).fetchall() for name, text in queries.items()}
    failed = ask(drift, queries, before, None, "now   ", difference)
    point = "@SEQ:" + drift.sql("SELECT current_seq()")[0][0]
    for statement in WAVE:
        drift.sql(statement)
        duck.execute(statement)
    after = {name: duck.execute(text).fetchall() for name, text in queries.items()}
    failed += ask(drift, queries, before, point, "before", difference)
    failed += ask(drift, queries, after, None, "after ", difference)
    changed = sum(before[n] != after[n] for n in queries)
    print(f"{3 * len(queries) - failed} of {3 * len(queries)} answers are DuckDB's; the wave changed {changed} of {len(queries)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
