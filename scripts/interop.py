"""Files of pyarrow, polars and DuckDB are read by DriftDB, and DriftDB's by them; all values are compared.

Usage: interop.py DRIFTDB [FIXTURES]
With FIXTURES, a directory, small files of each writer are written there for the Go test that needs no Python.
"""

import csv
import datetime as dt
import decimal
import io
import json
import pathlib
import subprocess
import sys
import tempfile
import uuid
import zipfile

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet as pq

BINARY = str(pathlib.Path(sys.argv[1]).resolve())
D = decimal.Decimal
UTC = dt.timezone.utc
failures = 0
checks = 0

# The columns: name, Arrow type, values, and what DriftDB prints for them in NDJSON.
U = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
COLUMNS = [
    ("bool", pa.bool_(), [True, False, None], [True, False, None]),
    ("i8", pa.int8(), [-128, 127, None], [-128, 127, None]),
    ("i16", pa.int16(), [-32768, 32767, None], [-32768, 32767, None]),
    ("i32", pa.int32(), [-(2**31), 2**31 - 1, None], [-(2**31), 2**31 - 1, None]),
    ("i64", pa.int64(), [-(2**63), 2**63 - 1, None], [-(2**63), 2**63 - 1, None]),
    ("u8", pa.uint8(), [0, 255, None], [0, 255, None]),
    ("u16", pa.uint16(), [0, 65535, None], [0, 65535, None]),
    ("u32", pa.uint32(), [0, 2**32 - 1, None], [0, 2**32 - 1, None]),
    ("u64", pa.uint64(), [0, 2**64 - 1, None], [0, 2**64 - 1, None]),
    ("f32", pa.float32(), [1.5, -0.25, None], [1.5, -0.25, None]),
    ("f64", pa.float64(), [1e300, -2.5, None], [1e300, -2.5, None]),
    ("dec", pa.decimal128(12, 3), [D("1234567.125"), D("-0.001"), None], [1234567.125, -0.001, None]),
    ("bigdec", pa.decimal128(38, 10), [D("1234567890123456789012345678.0123456789"), D("-1"), None], None),
    ("text", pa.string(), ["", "é\t\"x\"\n", None], ["", "é\t\"x\"\n", None]),
    ("large", pa.large_string(), ["a", "b" * 300, None], ["a", "b" * 300, None]),
    ("bytes", pa.binary(), [b"", b"\x00\xff", None], ["\\x", "\\x00ff", None]),
    ("date", pa.date32(), [dt.date(2024, 2, 29), dt.date(1900, 1, 1), None], ["2024-02-29", "1900-01-01", None]),
    ("time", pa.time64("us"), [dt.time(12, 34, 56, 789), dt.time(0, 0), None], ["12:34:56.000789", "00:00:00", None]),
    ("ts", pa.timestamp("us"), [dt.datetime(2024, 2, 29, 12, 0, 0, 5), dt.datetime(1969, 12, 31, 23, 59, 59), None], ["2024-02-29 12:00:00.000005", "1969-12-31 23:59:59", None]),
    ("tsms", pa.timestamp("ms"), [dt.datetime(2024, 2, 29, 12, 0, 0, 5000), dt.datetime(1969, 12, 31), None], ["2024-02-29 12:00:00.005", "1969-12-31 00:00:00", None]),
    ("tz", pa.timestamp("us", tz="UTC"), [dt.datetime(2024, 2, 29, 12, tzinfo=UTC), dt.datetime(1970, 1, 1, tzinfo=UTC), None], ["2024-02-29 12:00:00+00", "1970-01-01 00:00:00+00", None]),
    ("dict", pa.dictionary(pa.int32(), pa.string()), ["x", "yy", None], ["x", "yy", None]),
    ("list", pa.list_(pa.int32()), [[1, None, 3], [], None], None),
    ("texts", pa.list_(pa.string()), [["a", "b,c"], ["NULL"], None], None),
    ("struct", pa.struct([("a", pa.int32()), ("b", pa.string())]), [{"a": 1, "b": "x"}, {"a": None, "b": None}, None], None),
    ("nested", pa.list_(pa.struct([("k", pa.string()), ("v", pa.list_(pa.float64()))])), [[{"k": "q", "v": [1.5, 2.0]}], [], None], None),
]
EXPECT = {
    "bigdec": ["1234567890123456789012345678.0123456789", "-1.0000000000", None],
    "list": [[1, None, 3], [], None],
    "texts": [["a", "b,c"], ["NULL"], None],
    "struct": [{"a": 1, "b": "x"}, {"a": None, "b": None}, None],
    "nested": [[{"k": "q", "v": [1.5, 2.0]}], [], None],
}


def table(names):
    picked = [c for c in COLUMNS if c[0] in names]
    return pa.table({n: pa.array(v, type=t) for n, t, v, _ in picked})


def expected(name):
    for n, _, _, e in COLUMNS:
        if n == name:
            return e if e is not None else EXPECT[name]


def driftdb(*args, stdin=None):
    p = subprocess.run([BINARY, *args], capture_output=True, input=stdin)
    if p.returncode != 0:
        raise RuntimeError(p.stderr.decode().strip().splitlines()[0])
    return p.stdout


def number(text):
    """JSON numbers with their digits, so that none is rounded."""
    return D(text)


def same(ours, want):
    if isinstance(want, (float, D)) and not isinstance(want, bool):
        return ours is not None and not isinstance(ours, (bool, list, dict)) and float(ours) == float(want) if isinstance(want, float) else D(str(ours)) == want
    if isinstance(want, str) and isinstance(ours, D):
        return str(ours) == want
    if isinstance(want, int) and not isinstance(want, bool):
        return not isinstance(ours, bool) and isinstance(ours, D) and ours == want
    if isinstance(want, list):
        return isinstance(ours, list) and len(ours) == len(want) and all(same(a, b) for a, b in zip(ours, want))
    if isinstance(want, dict):
        return isinstance(ours, dict) and ours.keys() == want.keys() and all(same(ours[k], want[k]) for k in want)
    return ours == want and isinstance(ours, bool) == isinstance(want, bool)


def check(what, ok, detail=""):
    global failures, checks
    checks += 1
    if not ok:
        failures += 1
        print(f"FAIL  {what}  {detail}")


def read(what, path, names):
    """DriftDB reads a file that another wrote."""
    try:
        out = driftdb("sql", "-q", "--format", "ndjson", "-e", f"SELECT * FROM '{path}'")
    except RuntimeError as err:
        check(what, False, str(err))
        return
    rows = [json.loads(line, parse_float=number, parse_int=number) for line in out.decode().splitlines()]
    for name in names:
        got = [r.get(name, "missing") for r in rows]
        want = expected(name)
        check(f"{what}: {name}", len(got) == len(want) and all(same(a, b) for a, b in zip(got, want)), f"{got} for {want}")


def theirs(dir):
    """Files that others write."""
    names = [c[0] for c in COLUMNS]
    full = table(names)
    for codec in ["none", "snappy", "gzip", "zstd", "lz4", "brotli"]:
        for version, pages in [("1.0", "1.0"), ("2.6", "2.0")]:
            path = dir / f"pyarrow-{codec}-{pages}.parquet"
            t = full.drop_columns(["u32"]) if version == "1.0" else full
            pq.write_table(t, path, compression=codec, version=version, data_page_version=pages, row_group_size=2)
            read(path.name, path, [n for n in t.column_names if not (version == "1.0" and n in ("tsms",))])
    plain = dir / "pyarrow-plain.parquet"
    pq.write_table(full, plain, use_dictionary=False, store_schema=False)
    read(plain.name, plain, names)
    for codec in [None, "lz4", "zstd"]:
        opts = pa.ipc.IpcWriteOptions(compression=codec)
        for kind, new in [("arrow", pa.ipc.new_file), ("arrows", pa.ipc.new_stream)]:
            path = dir / f"pyarrow-{codec}.{kind}"
            with new(str(path), full.schema, options=opts) as w:
                w.write_table(full, max_chunksize=2)
            read(path.name, path, names)
    # polars has no fixed decimals beyond 38 digits and writes string views.
    frame = pl.from_arrow(full)
    for codec in ["uncompressed", "snappy", "gzip", "zstd", "lz4"]:
        path = dir / f"polars-{codec}.parquet"
        frame.write_parquet(path, compression=codec)
        read(path.name, path, names)
    for codec in ["uncompressed", "lz4", "zstd"]:
        for compat in ["newest", "oldest"]:
            level = pl.CompatLevel.newest() if compat == "newest" else pl.CompatLevel.oldest()
            path = dir / f"polars-{codec}-{compat}.arrow"
            frame.write_ipc(path, compression=codec, compat_level=level)
            read(path.name, path, names)
            path = path.with_suffix(".arrows")
            frame.write_ipc_stream(path, compression=codec, compat_level=level)
            read(path.name, path, names)
    path = dir / "polars.ndjson"
    flat = [n for n in names if n not in ("bytes", "tz", "ts", "tsms", "bigdec", "u64", "time", "dec", "struct", "nested", "list", "texts")]
    frame.select(flat).write_ndjson(path)
    read(path.name, path, flat)
    path = dir / "polars.csv"
    flat = [n for n in flat if n not in ("text",)]
    frame.select(flat).write_csv(path)
    read(path.name, path, flat)
    con = duckdb.connect()
    con.register("everything", full)
    con.execute("SET TimeZone = 'UTC'")
    for codec in ["uncompressed", "snappy", "gzip", "zstd", "lz4_raw", "brotli"]:
        for version in ["V1", "V2"]:
            path = dir / f"duckdb-{codec}-{version}.parquet"
            con.execute(f"COPY everything TO '{path}' (FORMAT parquet, CODEC '{codec}', PARQUET_VERSION {version})")
            read(path.name, path, names)
    path = dir / "duckdb.csv"
    flat = [n for n in flat if n not in ("bytes", "large")]
    con.execute(f"COPY (SELECT {', '.join(flat)} FROM everything) TO '{path}' (HEADER)")
    read(path.name, path, flat)
    path = dir / "duckdb.ndjson"
    con.execute(f"COPY (SELECT {', '.join(flat)} FROM everything) TO '{path}' (FORMAT json)")
    read(path.name, path, flat)
    con.execute("CREATE TABLE u AS SELECT * FROM (VALUES (UUID '%s', INTERVAL '14 months 3 days 4 hours', TIME '01:02:03'), (NULL, NULL, NULL)) t(u, iv, t)" % U)
    path = dir / "duckdb-uuid.parquet"
    con.execute(f"COPY u TO '{path}' (FORMAT parquet)")
    out = driftdb("sql", "-q", "--format", "csv", "-e", f"SELECT u, iv, t FROM '{path}'").decode()
    check(path.name, out == f"u,iv,t\n{U},1 year 2 mons 3 days 04:00:00,01:02:03\n,,\n", repr(out))
    types = driftdb("sql", "-q", "--format", "csv", "-e", f"DESCRIBE SELECT u, iv, t FROM '{path}'").decode()
    check(path.name + " types", [r[1] for r in csv.reader(io.StringIO(types))][1:4] == ["uuid", "interval", "time without time zone"], repr(types))


SCHEMA = """CREATE TABLE ours (id INTEGER PRIMARY KEY, bool BOOLEAN, i16 SMALLINT, i64 BIGINT, f32 REAL, f64 DOUBLE PRECISION, dec NUMERIC(12,3),
    bigdec NUMERIC(38,10), text TEXT, vc VARCHAR(10), bytes BYTEA, date DATE, time TIME, ts TIMESTAMP, tz TIMESTAMPTZ, uuid UUID, list INTEGER[], texts TEXT[], json JSONB)"""
ROWS = f"""INSERT INTO ours VALUES
    (1, true, -32768, 9223372036854775807, 1.5, 1e300, 1234567.125, 1234567890123456789012345678.0123456789, '', 'é', '\\x00ff', '2024-02-29', '12:34:56.000789',
        '2024-02-29 12:00:00.000005', '2024-02-29 12:00:00+00', '{U}', '{{1,NULL,3}}', '{{a,"b,c"}}', '{{"a": [1, 2]}}'),
    (2, false, 7, -5, -0.25, -2.5, -0.001, -1, 'x"y', 'b', '\\x', '1900-01-01', '00:00:00', '1969-12-31 23:59:59', '1970-01-01 00:00:00+00', NULL, '{{}}', '{{}}', '[]'),
    (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)"""
OURS = {
    "id": [1, 2, 3], "bool": [True, False, None], "i16": [-32768, 7, None], "i64": [2**63 - 1, -5, None], "f32": [1.5, -0.25, None], "f64": [1e300, -2.5, None],
    "dec": [D("1234567.125"), D("-0.001"), None], "bigdec": [D("1234567890123456789012345678.0123456789"), D("-1"), None], "text": ["", 'x"y', None], "vc": ["é", "b", None],
    "bytes": [b"\x00\xff", b"", None], "date": [dt.date(2024, 2, 29), dt.date(1900, 1, 1), None], "time": [dt.time(12, 34, 56, 789), dt.time(0, 0), None],
    "ts": [dt.datetime(2024, 2, 29, 12, 0, 0, 5), dt.datetime(1969, 12, 31, 23, 59, 59), None], "tz": [dt.datetime(2024, 2, 29, 12, tzinfo=UTC), dt.datetime(1970, 1, 1, tzinfo=UTC), None],
    "uuid": [uuid.UUID(U), None, None], "list": [[1, None, 3], [], None], "texts": [["a", "b,c"], [], None], "json": [{"a": [1, 2]}, [], None],
}


def plain(name, v):
    """A value of a reader in the form of OURS."""
    if v is None:
        return None
    if name == "uuid" and not isinstance(v, uuid.UUID):
        return uuid.UUID(bytes=v) if isinstance(v, bytes) else uuid.UUID(v)
    if name == "json" and isinstance(v, (str, bytes)):
        return json.loads(v)
    if name == "tz" and isinstance(v, dt.datetime):
        return v.astimezone(UTC)
    return v


def compare(what, columns):
    for name, want in OURS.items():
        got = [plain(name, v) for v in columns.get(name, ["missing"])]
        check(f"{what}: {name}", got == want, f"{got} for {want}")


def ours(dir):
    """Files that DriftDB writes."""
    db = str(dir / "db")
    driftdb("init", db)
    driftdb("sql", "--data", db, "-q", "-e", SCHEMA, "-e", ROWS)
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    for form, ending in [("parquet", "parquet"), ("arrow", "arrow"), ("arrows", "arrows")]:
        path = dir / f"ours.{ending}"
        driftdb("export", "--data", db, "--table", "ours", "--format", form, "-o", str(path))
        if form == "parquet":
            t = pq.read_table(path)
            compare("pyarrow reads our " + form, t.to_pydict())
            compare("polars reads our " + form, {c: s.to_list() for c, s in pl.read_parquet(path).to_dict().items()})
            rel = con.execute(f"SELECT * FROM '{path}' ORDER BY id")
            names = [d[0] for d in rel.description]
            rows = rel.fetchall()
            compare("DuckDB reads our " + form, {n: [r[i] for r in rows] for i, n in enumerate(names)})
        else:
            opener = pa.ipc.open_file if form == "arrow" else pa.ipc.open_stream
            with opener(str(path)) as r:
                t = r.read_all()
            compare("pyarrow reads our " + form, t.to_pydict())
            reader = pl.read_ipc if form == "arrow" else pl.read_ipc_stream
            compare("polars reads our " + form, {c: s.to_list() for c, s in reader(path).to_dict().items()})
            con.register("t", t)
            rel = con.execute("SELECT * FROM t ORDER BY id")
            names = [d[0] for d in rel.description]
            rows = rel.fetchall()
            compare("DuckDB reads our " + form, {n: [r[i] for r in rows] for i, n in enumerate(names)})
        back = driftdb("sql", "-q", "--format", "csv", "-e", f"SELECT * FROM '{path}' ORDER BY id")
        check(f"we read our own {form}", back == driftdb("sql", "--data", db, "-q", "--format", "csv", "-e", "SELECT * FROM ours ORDER BY id"), back.decode())
        types = driftdb("sql", "-q", "--format", "csv", "-e", f"DESCRIBE SELECT * FROM '{path}'").decode()
        own = driftdb("sql", "--data", db, "-q", "--format", "csv", "-e", "DESCRIBE SELECT * FROM ours").decode()
        check(f"the types of our own {form}", [r[1] for r in csv.reader(io.StringIO(types))] == [r[1].replace("character varying(10)", "text") for r in csv.reader(io.StringIO(own))], types)
    path = dir / "ours.csv"
    driftdb("export", "--data", db, "--table", "ours", "--format", "csv", "-o", str(path))
    rows = con.execute(f"SELECT id, bool, i16, i64, f64, dec, text, date, time, ts FROM read_csv('{path}', allow_quoted_nulls=false, types={{'dec': 'DECIMAL(12,3)', 'time': 'TIME'}}) ORDER BY id").fetchall()
    for i, name in enumerate("id bool i16 i64 f64 dec text date time ts".split()):
        check(f"DuckDB reads our csv: {name}", [r[i] for r in rows] == OURS[name], str([r[i] for r in rows]))
    path = dir / "ours.ndjson"
    driftdb("export", "--data", db, "--table", "ours", "--format", "ndjson", "-o", str(path))
    rows = con.execute(f"SELECT id, bool, i16, i64, f64, text, date FROM read_json('{path}') ORDER BY id").fetchall()
    for i, name in enumerate("id bool i16 i64 f64 text date".split()):
        check(f"DuckDB reads our ndjson: {name}", [r[i] for r in rows] == OURS[name], str([r[i] for r in rows]))
    path.write_bytes(driftdb("sql", "--data", db, "-q", "--format", "ndjson", "-e", "SELECT id, bool, i64, f64, text, list FROM ours ORDER BY id"))
    frame = pl.read_ndjson(path)
    for name in ["id", "bool", "i64", "f64", "text", "list"]:
        check(f"polars reads our ndjson: {name}", frame[name].to_list() == OURS[name], str(frame[name].to_list()))
    # Nothing in it, and many row groups.
    driftdb("sql", "--data", db, "-q", "-e", "CREATE TABLE none (a INTEGER, b TEXT)", "-e", "CREATE TABLE many AS SELECT g AS id, 'row ' || g AS t, g * 0.5 AS x FROM generate_series(1, 300000) g")
    for name, count in [("none", 0), ("many", 300000)]:
        path = dir / f"{name}.parquet"
        driftdb("export", "--data", db, "--table", name, "--format", "parquet", "-o", str(path))
        check(f"pyarrow reads {count} rows", pq.read_table(path).num_rows == count)
        check(f"polars reads {count} rows", pl.read_parquet(path).height == count)
        check(f"DuckDB reads {count} rows", con.execute(f"SELECT count(*) FROM '{path}'").fetchone()[0] == count)
        path = dir / f"{name}.arrow"
        driftdb("export", "--data", db, "--table", name, "--format", "arrow", "-o", str(path))
        with pa.ipc.open_file(str(path)) as r:
            check(f"pyarrow reads {count} rows of arrow", r.read_all().num_rows == count)


def fixtures(dir):
    """One small file of each kind of each writer, for the test in Go."""
    dir.mkdir(parents=True, exist_ok=True)
    full = table([c[0] for c in COLUMNS if c[0] != "large"])
    frame = pl.from_arrow(full)
    pq.write_table(full, dir / "pyarrow-v1-gzip.parquet", compression="gzip", data_page_version="1.0")
    # a text column whose pages are codes first, then, where the dictionary is full, texts
    mixed = [None if i % 7 == 0 else f"k{i % 5}" if i < 300 else f"a text of its own, {i}" for i in range(600)]
    pq.write_table(pa.table({"s": mixed}), dir / "pyarrow-fallback.parquet", dictionary_pagesize_limit=100,
                   data_page_size=100, write_batch_size=50, compression="none")
    nothing = pa.table({"a": [1, 2], "none": pa.array([None, None]), "list": pa.array([[None], []]), "struct": pa.array([{"x": None, "y": 1}, None])})
    pq.write_table(nothing, dir / "pyarrow-null.parquet")
    pq.write_table(full, dir / "pyarrow-v2-zstd.parquet", compression="zstd", data_page_version="2.0", row_group_size=2)
    for kind, new, codec in [("arrow", pa.ipc.new_file, "zstd"), ("arrows", pa.ipc.new_stream, "lz4")]:
        with new(str(dir / f"pyarrow.{kind}"), full.schema, options=pa.ipc.IpcWriteOptions(compression=codec)) as w:
            w.write_table(full, max_chunksize=2)
    frame.write_parquet(dir / "polars.parquet")
    frame.write_ipc(dir / "polars.arrow", compression="lz4")
    frame.write_ipc_stream(dir / "polars.arrows", compression="zstd")
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    con.register("everything", full)
    con.execute(f"COPY everything TO '{dir}/duckdb.parquet' (FORMAT parquet)")
    con.execute(f"COPY (SELECT UUID '{U}' AS u, INTERVAL '14 months 3 days 4 hours' AS iv, MAP {{'a': 1, 'b': 2}} AS m, [[1, 2], [], NULL] AS deep) TO '{dir}/duckdb-more.parquet' (FORMAT parquet)")
    con.execute(f"COPY (SELECT DATE 'infinity' AS a, DATE '-infinity' AS b, TIMESTAMP '-infinity' AS c, TIMESTAMPTZ 'infinity' AS d, [DATE '-infinity'] AS e) TO '{dir}/duckdb-infinity.parquet' (FORMAT parquet)")
    small(dir / "small.zip")


def small(path):
    """Files of one column each, in all encodings and compressions, for the tests that damage files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
        for name, data in sorted(small_files()):
            out.writestr(zipfile.ZipInfo(name, (2025, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)


def small_files():
    """The names and bytes of the files of small."""

    def parquet(one, **options):
        out = io.BytesIO()
        pq.write_table(one, out, **{"compression": "none", "store_schema": False, **options})
        return out.getvalue()

    codecs = ["none", "snappy", "gzip", "brotli", "zstd", "lz4"]
    for i, (name, typ, values, _) in enumerate(COLUMNS):
        one = pa.table({name: pa.array([v for v in values for _ in range(3)], type=typ)})
        yield f"{name}-plain.parquet", parquet(one, use_dictionary=False)
        codec = codecs[i % len(codecs)]
        yield f"{name}-{codec}.parquet", parquet(one, compression=codec, data_page_version="2.0", row_group_size=4)
        for kind, new, codec in [("arrow", pa.ipc.new_file, ["zstd", "lz4", None][i % 3]), ("arrows", pa.ipc.new_stream, ["lz4", None, "zstd"][i % 3])]:
            body = io.BytesIO()
            with new(body, one.schema, options=pa.ipc.IpcWriteOptions(compression=codec)) as w:
                w.write_table(one, max_chunksize=4)
            yield f"{name}-{codec or 'none'}.{kind}", body.getvalue()
        body = io.BytesIO()
        pl.from_arrow(one).write_parquet(body, compression="uncompressed")
        yield f"{name}-polars.parquet", body.getvalue()
    for name, encodings in [("i32", ["DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"]), ("i64", ["DELTA_BINARY_PACKED"]), ("f64", ["BYTE_STREAM_SPLIT"]),
                            ("text", ["DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"]), ("bool", ["RLE"]), ("list", ["DELTA_BINARY_PACKED"])]:
        values = [c for c in COLUMNS if c[0] == name][0]
        one = pa.table({name: pa.array(values[2] * 40, type=values[1])})
        for encoding in encodings:
            column = name + ".list.element" if name == "list" else name
            yield f"{name}-{encoding}.parquet", parquet(one, use_dictionary=False, column_encoding={column: encoding}, data_page_version="2.0" if name == "bool" else "1.0")
    stamps = pa.table({"ts": [dt.datetime(2024, 2, 29, 12), None]})
    yield "int96.parquet", parquet(stamps, use_deprecated_int96_timestamps=True)
    yield "checksum.parquet", parquet(stamps, write_page_checksum=True, write_page_index=True)
    many = pa.table({f"c{i}": [i, None] for i in range(5)})
    yield "many.parquet", parquet(many)
    yield "empty.parquet", parquet(many.slice(0, 0))


if len(sys.argv) > 2:
    fixtures(pathlib.Path(sys.argv[2]))
with tempfile.TemporaryDirectory() as tmp:
    print(f"pyarrow {pa.__version__}, polars {pl.__version__}, DuckDB {duckdb.__version__}")
    theirs(pathlib.Path(tmp))
    ours(pathlib.Path(tmp))
print(f"{checks - failures} of {checks} checks passed")
sys.exit(1 if failures else 0)
