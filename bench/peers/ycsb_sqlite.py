"""SQLite as a peer for YCSB: WAL, synchronous=FULL, one connection a client; one JSON request a line.

{"op":"load","path":P,"table":SQL,"csv":F,"payloads":F,"first":N}   make and fill the table
{"op":"verify","stream":F,"count":N,"latest":B}   run the first operations; answers the sums of the checksums of what was read and of the table
{"op":"run","streams":[F...],"seconds":T,"latest":B}   run the operations of every client, again and again; answers how many
"""
import csv
import json
import sqlite3
import struct
import sys
import threading
import time
import zlib

READ, UPDATE, INSERT, SCAN, READ_UPDATE = range(5)
FIELDS = 10
INSERTS = "INSERT INTO usertable VALUES (" + ", ".join("?" * (FIELDS + 1)) + ")"
READS = "SELECT * FROM usertable WHERE ycsb_key = ?"
SCANS = "SELECT * FROM usertable WHERE ycsb_key >= ? ORDER BY ycsb_key LIMIT ?"
UPDATES = [f"UPDATE usertable SET field{i} = ? WHERE ycsb_key = ?" for i in range(FIELDS)]


def answer(**fields):
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


def connect():
    con = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
    con.execute("PRAGMA journal_mode=WAL")
    con.execute("PRAGMA synchronous=FULL")
    return con


class Client:
    """One client, with a connection of its own."""

    newest = 0
    lock = threading.Lock()

    def __init__(self, stream, latest, check=False):
        with open(stream, "rb") as f:
            self.ops = list(struct.iter_unpack("<BBBBI", f.read()))
        self.con, self.latest, self.check, self.sum, self.done = connect(), latest, check, 0, 0
        self.error = None

    def rows(self, sql, *params):
        rows = self.con.execute(sql, params).fetchall()
        if self.check:
            self.sum += sum(zlib.crc32("".join(r).encode()) for r in rows)

    def do(self, op):
        kind, length, field, payload, number = op
        if self.latest:
            number = max(0, Client.newest - number)
        key = f"user{first + number}"
        if kind == INSERT:
            with Client.lock:
                Client.newest += 1
                key = f"user{first + Client.newest}"
            self.con.execute(INSERTS, [key] + [payloads[payload]] * FIELDS)
        elif kind == SCAN:
            self.rows(SCANS, key, length)
        if kind in (READ, READ_UPDATE):
            self.rows(READS, key)
        if kind in (UPDATE, READ_UPDATE):
            self.con.execute(UPDATES[field], (payloads[payload], key))

    def until(self, stop):
        try:
            while time.perf_counter() < stop:
                self.do(self.ops[self.done % len(self.ops)])
                self.done += 1
        except Exception as err:  # told by the main thread
            self.error = err


for line in sys.stdin:
    req = json.loads(line)
    try:
        op = req["op"]
        if op == "load":
            path, first = req["path"], req["first"]
            with open(req["payloads"]) as f:
                payloads = f.read().split("\n")
            con = connect()
            con.execute(req["table"])
            with open(req["csv"], newline="") as f:
                rows = list(csv.reader(f))
            con.execute("BEGIN")
            con.executemany(INSERTS, rows)
            con.execute("COMMIT")
            Client.newest = len(rows) - 1
            answer(ok=True, version=sqlite3.sqlite_version)
        elif op == "verify":
            client = Client(req["stream"], req["latest"], check=True)
            for o in client.ops[: req["count"]]:
                client.do(o)
            read, client.sum = client.sum, 0
            client.rows("SELECT * FROM usertable")
            answer(ok=True, digest=f"{read} {client.sum}")
        elif op == "run":
            clients = [Client(stream, req["latest"]) for stream in req["streams"]]
            start = time.perf_counter()
            threads = [threading.Thread(target=c.until, args=(start + req["seconds"],)) for c in clients]
            for t in threads:
                t.start()
            for t in threads:
                t.join()
            seconds = time.perf_counter() - start
            for c in clients:
                c.con.close()
                if c.error is not None:
                    raise c.error
            answer(ok=True, count=sum(c.done for c in clients), seconds=seconds)
        else:
            raise ValueError(f"unknown request {op}")
    except Exception as err:  # the driver reports it
        answer(ok=False, error=str(err))
