"""SQLite as a peer for statements: WAL, synchronous=FULL, autocommit; one JSON request a line.

{"op":"open","path":P}      open or create a database file
{"op":"run","sql":[S...]}   run the statements and fetch their rows; answers the seconds they took
{"op":"rows","sql":S}       all rows of a query, for comparison
"""
import json
import sqlite3
import sys
import time


def answer(**fields):
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


for line in sys.stdin:
    req = json.loads(line)
    try:
        op = req["op"]
        if op == "open":
            con = sqlite3.connect(req["path"], isolation_level=None)
            con.execute("PRAGMA journal_mode=WAL")
            con.execute("PRAGMA synchronous=FULL")
            answer(ok=True, version=sqlite3.sqlite_version)
        elif op == "run":
            start = time.perf_counter()
            for sql in req["sql"]:
                con.execute(sql).fetchall()
            answer(ok=True, seconds=time.perf_counter() - start)
        elif op == "rows":
            rows = con.execute(req["sql"]).fetchall()
            answer(ok=True, count=len(rows), rows=rows)
        else:
            raise ValueError(f"unknown request {op}")
    except Exception as err:  # the driver reports it
        answer(ok=False, error=str(err))
