"""DuckDB as a peer: one JSON request a line on stdin, one JSON answer a line on stdout.

{"op":"open","path":P,"threads":N}   open or create a database file
{"op":"sql","sql":S}                 run S, fetch every row; answers seconds, the number of rows and the rows (at most 100)
{"op":"points","sql":S,"keys":K,"seconds":T}   run S with one parameter from 1 to K, again and again; answers how often
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
        elif req["op"] == "points":
            n, key, start = 0, 0, time.perf_counter()
            while time.perf_counter() - start < req["seconds"]:
                key = (key + 7919) % req["keys"]
                con.execute(req["sql"], [key + 1]).fetchall()
                n += 1
            answer(ok=True, count=n, seconds=time.perf_counter() - start)
        else:
            start = time.perf_counter()
            rows = con.execute(req["sql"]).fetchall()
            answer(ok=True, seconds=time.perf_counter() - start, count=len(rows), rows=[list(r) for r in rows[:100]])
    except Exception as err:  # the driver reports it
        answer(ok=False, error=str(err))
