"""DuckDB as a peer: one JSON request a line on stdin, one JSON answer a line on stdout.

{"op":"open","path":P,"threads":N}   open or create a database file
{"op":"sql","sql":S}                 run S, fetch every row; answers seconds and the rows (at most 100)
{"op":"version"}                     the library's version
"""
import json
import sys
import time

import duckdb

con = None


def answer(**fields):
    sys.stdout.write(json.dumps(fields, default=str) + "\n")
    sys.stdout.flush()


for line in sys.stdin:
    req = json.loads(line)
    try:
        if req["op"] == "open":
            con = duckdb.connect(req["path"])
            con.execute(f"SET threads={int(req['threads'])}")
            answer(ok=True)
        elif req["op"] == "version":
            answer(ok=True, version=duckdb.__version__)
        else:
            start = time.perf_counter()
            rows = con.execute(req["sql"]).fetchall()
            answer(ok=True, seconds=time.perf_counter() - start, rows=[list(r) for r in rows[:100]])
    except Exception as err:  # the driver reports it
        answer(ok=False, error=str(err))
