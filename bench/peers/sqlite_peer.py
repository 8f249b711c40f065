"""SQLite as a peer for durable commits: WAL, synchronous=FULL, one connection a writer.

usage: sqlite_peer.py PATH WRITERS SECONDS     prints {"commits":N,"seconds":S,"version":V}
Each writer inserts one row a transaction; a busy writer waits in SQLite's own busy handler.
"""
import json
import sqlite3
import sys
import threading
import time

path, writers, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])


def connect():
    con = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
    con.execute("PRAGMA journal_mode=WAL")
    con.execute("PRAGMA synchronous=FULL")
    return con


con = connect()
con.execute("CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, payload TEXT)")
payload = "x" * 150
counts = [0] * writers
stop = time.perf_counter() + seconds


def work(k):
    own = connect()
    key = k << 40
    while time.perf_counter() < stop:
        key += 1
        own.execute("INSERT INTO t VALUES (?, ?)", (key, payload))
        counts[k] += 1


start = time.perf_counter()
threads = [threading.Thread(target=work, args=(k,)) for k in range(writers)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print(json.dumps({"commits": sum(counts), "seconds": time.perf_counter() - start, "version": sqlite3.sqlite_version}))
