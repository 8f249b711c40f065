"""DuckDB as a peer: one JSON request a line on stdin, one JSON answer a line on stdout.

{"op":"open","path":P,"threads":N}   open or create a database file
{"op":"threads","threads":N}         use so many threads from now on
{"op":"run","sql":S}                 run S, and where it is a query fetch its result as Arrow columns; answers seconds, seconds of processor time and the number of rows
{"op":"rows","sql":S}                run the query S; answers all its rows, for comparison: nothing is timed
{"op":"points","sql":S,"keys":K,"seconds":T}   run S with one parameter from 1 to K, again and again; answers how often
{"op":"arrow_file","path":P,"name":N}   map an Arrow file and give its columns the name of a table
{"op":"write_arrow","sql":S,"path":P}   write the result of S as an Arrow file
{"op":"version"}                     the library's version, and how results are fetched
"""
import json
import sys
import time

import duckdb

try:
    import pyarrow  # DuckDB makes Arrow tables with it
    import pyarrow.ipc

    arrow = True
except ImportError:
    arrow = False

con = None


def answer(**fields):
    sys.stdout.write(json.dumps(fields, default=str) + "\n")
    sys.stdout.flush()


def fetch(sql):
    """Runs a statement and returns the number of its rows, which are all made in memory, as columns."""
    relation = con.sql(sql)
    if relation is None:
        return 0
    return relation.to_arrow_table().num_rows if arrow else len(relation.fetchall())


def write_arrow(sql, path):
    reader = con.sql(sql).to_arrow_reader(122880)
    with pyarrow.ipc.new_file(path, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)


for line in sys.stdin:
    req = json.loads(line)
    try:
        op = req["op"]
        if op == "open":
            con = duckdb.connect(req["path"])
        if op in ("open", "threads"):
            con.execute(f"SET threads={int(req['threads'])}")
            answer(ok=True)
        elif op == "version":
            answer(ok=True, version=duckdb.__version__ + (", results as Arrow" if arrow else ", results as Python rows: install pyarrow for columns"))
        elif op == "points":
            n, key, start = 0, 0, time.perf_counter()
            while time.perf_counter() - start < req["seconds"]:
                key = (key + 7919) % req["keys"]
                con.execute(req["sql"], [key + 1]).fetchall()
                n += 1
            answer(ok=True, count=n, seconds=time.perf_counter() - start)
        elif op == "arrow_file":
            start = time.perf_counter()
            con.register(req["name"], pyarrow.ipc.open_file(pyarrow.memory_map(req["path"])).read_all())
            answer(ok=True, seconds=time.perf_counter() - start)
        elif op == "write_arrow":
            start = time.perf_counter()
            write_arrow(req["sql"], req["path"])
            answer(ok=True, seconds=time.perf_counter() - start)
        elif op == "rows":
            rows = con.execute(req["sql"]).fetchall()
            answer(ok=True, count=len(rows), rows=[[str(v) if v != v else v for v in r] for r in rows])  # NaN is no JSON
        else:
            start, used = time.perf_counter(), time.process_time()
            n = fetch(req["sql"])
            answer(ok=True, seconds=time.perf_counter() - start, processor=time.process_time() - used, count=n)
    except Exception as err:  # the driver reports it
        answer(ok=False, error=str(err))
