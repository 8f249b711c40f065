#!/usr/bin/env python3
"""Prints the questions of a theme as SQL, one a line, for golden.sh. Themes: number, text, time, cast, json."""
import itertools
import sys


def q(s):
    return "'" + s.replace("'", "''") + "'"


def number():
    ints = ["0", "1", "-1", "7", "-7", "100", "2147483647", "(-2147483648)", "32767::smallint", "(-32768)::smallint",
            "2::smallint", "9223372036854775807", "(-9223372036854775808)", "5::bigint"]
    nums = ["0.0", "1.5", "-2.50", "3.14159", "0.001", "123456789.123456789", "99999999999999999999.5", "1e10", "1e-10",
            "'NaN'::numeric", "'Infinity'::numeric", "1.10::numeric(10,2)", "12345.678::numeric(12,3)", "0.00::numeric(5,2)"]
    floats = ["0::float8", "1.5::float8", "-2.25::float8", "1e300::float8", "1e-300::float8", "'NaN'::float8", "'Infinity'::float8",
              "'-Infinity'::float8", "0.1::float4", "3e38::real", "1.5::real"]
    vals = ints + nums + floats
    few = ints[1:4] + ints[6:9] + ints[10:12] + nums[1:3] + nums[5:7] + nums[9:13] + floats[1:6] + floats[8:10]
    for op in ["+", "-", "*", "/", "%", "=", "<"]:
        for a, b in itertools.product(few, few):
            yield f"{a} {op} {b}"
    for f in ["abs", "ceil", "floor", "round", "trunc", "sign", "-", "sqrt", "exp", "ln", "log", "cbrt", "degrees", "radians",
              "sin", "cos", "tan", "asin", "acos", "atan", "factorial", "scale", "trim_scale", "to_hex", "~", "@"]:
        for a in vals:
            yield f"{f}({a})" if f.isalpha() or "_" in f else f"{f} {a}"
    for f in ["power", "mod", "div", "gcd", "lcm", "log", "atan2"]:
        for a, b in itertools.product(["0", "2", "-3", "0.5", "2.0", "10.25", "-1.5", "7::bigint", "100", "1.5::float8", "1000000"], repeat=2):
            yield f"{f}({a}, {b})"
    for f in ["round", "trunc"]:
        for a in nums + ints:
            for n in ["0", "1", "2", "-1", "-3", "5", "20"]:
                yield f"{f}({a}, {n})"
    for a, b in itertools.product(["1", "12", "255", "-1", "(-8)"], ["0", "1", "3", "31", "33"]):
        for op in ["&", "|", "#", "<<", ">>"]:
            yield f"{a} {op} {b}"
            yield f"{a}::bigint {op} {b}"
    for x in ["5.35", "0.024", "10.06", "-1", "0", "10"]:
        yield f"width_bucket({x}, 0.024, 10.06, 5)"
        yield f"width_bucket({x}::float8, 0, 10, 4)"
        yield f"width_bucket({x}, 10, 0, 5)"
    yield from ["greatest(1, 2.5, 3)", "least(1, null, -2.5)", "greatest(null, null)", "coalesce(null, 1, 2)", "nullif(1, 1)", "nullif(1, 2)",
                "nullif(1.50, 1.5)", "pi()", "1 in (1, 2)", "1 in (2, null)", "3 not in (1, 2, 4, 5, 6)", "null in (1)", "2 between 1 and 3",
                "2 between symmetric 3 and 1", "1 is distinct from null", "null is not distinct from null", "1 = 1.0", "1 = '1'", "'1' + 1",
                "1 + null", "case when 1 > 2 then 1 else 2.5 end", "case 1 when 1 then 'a' when 2 then 'b' end", "true and null", "false and null",
                "true or null", "not null::bool", "null is unknown", "(1 > 2) is false", "(null::bool) is not true", "1 + 'x'", "1 || 'x'",
                "1 / 0", "1 % 0", "1.0 / 0", "1::float8 / 0", "true + 1", "'a' + 'b'", "-'x'", "foo(1)", "abs('x')", "abs('-5')", "1 and true",
                "2 ^ 10", "2.0 ^ 0.5", "2 ^ -1", "(-8) ^ (1.0/3)", "|/ 25.0", "||/ 27.0", "5 !", "sum", "random() < 1", "1 = any"]


def cast():
    ints = ["smallint", "integer", "bigint"]
    texts = ["0", "-1", "  42  ", "32767", "32768", "2147483647", "2147483648", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
             "1.5", "1e3", "", " ", "abc", "0x10", "1_000", "+5", "--5", "1 2", "NaN", "Infinity", "-inf", "inf", "1e400", "1e-400", ".5", "5.", ".", "1e",
             "1e+5", "-0", "-0.0", "00012", "123456789012345678901234567890.123456789", "1e-20", "t", "true", "yes", "on", "off", "f", "tr", "o", "2", "null"]
    for t in ints + ["real", "double precision", "numeric", "numeric(10,2)", "numeric(5,0)", "numeric(3,3)", "numeric(20,5)", "boolean", "text", "varchar(3)"]:
        for s in texts:
            yield f"{q(s)}::{t}"
    vals = ["1::smallint", "100000", "-5", "3000000000", "1.5", "2.5", "-2.5", "3.5", "0.4999", "1e20", "1.5::float8", "2.5::float8", "-2.5::real", "1e10::float8",
            "1e30::float8", "0.1::real", "0.1::float8", "123456.789::real", "true", "false", "'NaN'::float8", "'NaN'::numeric", "'Infinity'::float8",
            "1234567.891::numeric(12,3)", "1e15::float8", "1e14::float8", "123456789012345::float8", "1e6::real", "100000::real", "0.0001::float8", "0.00001::float8",
            "1.0::real", "1e-7::real", "16777217::real", "1.1::float8 * 3", "date '2020-02-29'", "timestamp '2020-02-29 13:14:15.678'", "timestamptz '2020-02-29 13:14:15+02'",
            "interval '1 day 2 hours'", "'\\x01ff'::bytea", "'{\"a\": 1}'::json", "null::int"]
    types_ = ints + ["real", "double precision", "numeric", "numeric(6,2)", "numeric(2,1)", "boolean", "text", "varchar", "varchar(4)", "date", "timestamp", "timestamptz",
                     "interval", "bytea", "json"]
    for v, t in itertools.product(vals, types_):
        yield f"({v})::{t}"
    for s in ["\\x", "\\x0", "\\x00", "\\xDEADbeef", "\\x zz", "\\xde ad", "abc", "a\\\\b", "\\000\\377", "\\8", "\\", "é"]:
        yield f"{q(s)}::bytea"
    for s in ['{}', '[]', 'null', 'true', '1', '-1.5e10', '01', '1.', '"a"', '"a', "'a'", '{"a":1}', '{"a":1,}', '{a:1}', '[1,2', '[1,,2]', '', ' ', '"\\u00e9"', '"\\u12"', '"\\x"', 'tru', 'nul', '{"a":{"b":[1,2,{}]}}', '[1] x', '"\t"']:
        yield f"{q(s)}::json"


def text():
    strs = ["", "a", "abc", "Hello World", "  pad  ", "ünïcødé", "日本語", "a%b_c", "x'y", "a\\b", "aaa", "The Quick brown FOX", "2024-01-01"]
    for f in ["lower", "upper", "initcap", "length", "char_length", "octet_length", "bit_length", "reverse", "ascii", "md5", "trim", "btrim", "ltrim", "rtrim",
              "quote_literal", "quote_ident", "to_hex"]:
        for s in strs:
            yield f"{f}({q(s)})"
    for s in strs:
        for n in ["0", "1", "2", "5", "-1", "-2", "100", "null"]:
            for f in ["left", "right", "repeat", "lpad", "rpad", "substr", "substring"]:
                if f == "repeat" and n == "100":
                    continue
                yield f"{f}({q(s)}, {n})"
        for a, b in [("1", "2"), ("2", "1"), ("0", "3"), ("-2", "5"), ("3", "-1"), ("3", "100"), ("2", "0")]:
            yield f"substring({q(s)} from {a} for {b})"
            yield f"substr({q(s)}, {a}, {b})"
        for a, b in [("a", "X"), ("", "y"), ("aa", ""), ("l", "LL"), ("本", "x")]:
            yield f"replace({q(s)}, {q(a)}, {q(b)})"
            yield f"translate({q(s)}, {q(a)}, {q(b)})"
            yield f"strpos({q(s)}, {q(a)})"
            yield f"position({q(a)} in {q(s)})"
            yield f"starts_with({q(s)}, {q(a)})"
            yield f"lpad({q(s)}, 8, {q(a + b)})"
            yield f"rpad({q(s)}, 8, {q(b + a)})"
            yield f"btrim({q(s)}, {q(a + b)})"
            yield f"ltrim({q(s)}, {q(a)})"
            yield f"{q(s)} || {q(a)}"
            yield f"{q(s)} < {q(a)}"
            yield f"concat_ws({q(a)}, {q(s)}, null, 1, {q(b)})"
        for p in ["%", "_", "a%", "%a", "%a%", "%b%", "a_c", "___", "", "a\\%b%", "%o%o%", "Hello%", "%World", "_b_", "%%", "_%_", "%本_", "a%c", "\\"]:
            yield f"{q(s)} like {q(p)}"
            yield f"{q(s)} ilike {q(p.upper())}"
            yield f"{q(s)} not like {q(p)}"
        yield f"{q(s)} like 'a#%b%' escape '#'"
        for p in ["a", "^a", "c$", "[a-z]+", "(a|b)+", "\\d", "\\w+", ".*", "^$", "A", "(", "[", "a{2}", "o.*o", "é|ø", "\\mQuick\\M", "a+?"]:
            yield f"{q(s)} ~ {q(p)}"
            yield f"{q(s)} !~* {q(p)}"
            yield f"regexp_replace({q(s)}, {q(p)}, '<\\&>')"
            yield f"regexp_replace({q(s)}, {q(p)}, '#', 'g')"
            yield f"regexp_match({q(s)}, {q(p)})"
            yield f"regexp_count({q(s)}, {q(p)})"
            yield f"regexp_like({q(s)}, {q(p)}, 'i')"
            yield f"substring({q(s)} from {q(p)})"
            yield f"regexp_substr({q(s)}, {q(p)})"
            yield f"regexp_instr({q(s)}, {q(p)})"
        for p in ["abc", "a%", "%(b|c)%", "[a-c]+", "_{3}", "a.c"]:
            yield f"{q(s)} similar to {q(p)}"
    for s in ["a,b,c", "a,,c", ",", "", "abc", "a--b--c"]:
        for sep in [",", "--", "", "x"]:
            for n in ["1", "2", "3", "4", "-1", "-3", "0"]:
                yield f"split_part({q(s)}, {q(sep)}, {n})"
    for n in ["65", "0", "-1", "233", "26085", "128512", "1114112", "55296"]:
        yield f"chr({n})"
    for f in ["hello %s", "%s %s", "%2$s %1$s", "%%", "%I", "%L", "%10s|", "%-10s|", "%*s|", "%x", "%", "%s %s %s", "%1$s%1$s", "%0$s"]:
        yield f"format({q(f)}, 'a b', 'c')"
    yield "format('%s')"
    yield "format('%L %I', null, 'x')"
    yield "format('%L', null)"
    yield "format('%s|', null)"
    for b in ["\\x", "\\x00ff10", "\\x68656c6c6f"]:
        for e in ["hex", "base64", "escape", "foo"]:
            yield f"encode({q(b)}::bytea, {q(e)})"
    for s, e in [("aGVsbG8=", "base64"), ("aGVsbG8", "base64"), ("68656c", "hex"), ("6", "hex"), ("zz", "hex"), ("a\\000b", "escape"), ("x", "foo")]:
        yield f"decode({q(s)}, {q(e)})"
    for f in ["sha256", "sha224", "sha512", "md5", "length"]:
        yield f"{f}('abc'::bytea)"
    yield from ["overlay('Txxxxas' placing 'hom' from 2 for 4)", "overlay('abcdef' placing 'X' from 3)", "overlay('abc' placing 'X' from 0)",
                "concat('a', 1, null, true, 1.5)", "concat(null)", "concat()", "concat_ws(null, 'a', 'b')", "1 || 'a'", "'a' || 1.50", "'a' || true", "'a' || null",
                "1 || 2", "quote_nullable(null)", "quote_literal('a\\b')", "to_hex(255)", "to_hex(-1)", "to_hex(255::bigint)", "upper(null)", "length(12)", "lower(1)",
                "greatest('a', 'b', null)", "least('b', 'a')", "'a' = 'a '", "'abc' < 'abd'", "'Z' < 'a'", "'abc'::varchar(2) = 'ab'", "trim(both 'x' from 'xxaxx')",
                "trim(leading from '  a ')", "trim(trailing 'a' from 'baa')", "strpos('abc', 'c')", "position('' in 'abc')", "'abc' ^@ 'ab'",
                "substring('foobar' similar '%#\"o_b#\"%' escape '#')", "pg_typeof('a')", "pg_typeof(1)", "pg_typeof(1.5)", "pg_typeof(null)", "pg_typeof('a' || 'b')",
                "regexp_replace('foobarbaz', 'b(..)', 'X\\1Y', 'g')", "regexp_match('foobarbequebaz', '(bar)(beque)')", "regexp_match('abc', 'd')",
                "'a' like null", "null like 'a'", "'a' ~ null", "to_number('1,234.5', '9,999.9')", "to_number('-12', 'S99')"]
    for n in ["0", "1", "-1", "12.5", "1234.567", "-1234.567", "0.5", "-0.5", "1000000", "99.999", "485", "12345678"]:
        for f in ["999", "9999.99", "0000.00", "FM9999.99", "FM0000.00", "9,999,999.99", "S9999", "9999S", "9999MI", "9999PR", "FM9,999.0", "$999.99", "999.9EEEE", "FM999th", "9999PL", "SG9999", "0.9", ".99", "90.0", "FM90.99", "L999", "FM999999990.00", "FM999,999,999,990"]:
            yield f"to_char({n}, {q(f)})"


def time():
    dates = ["1999-01-08", "January 8, 1999", "1/8/1999", "1/18/1999", "13/01/2003", "01/02/03", "1999-Jan-08", "Jan-08-1999", "08-Jan-1999", "99-Jan-08", "08-Jan-99",
             "19990108", "990108", "1999.008", "J2451187", "January 8, 99 BC", "2020-02-29", "2021-02-29", "2020-02-30", "2020-13-01", "2020-00-10", "0000-01-01",
             "0001-01-01", "0001-01-01 BC", "4713-11-24 BC", "4714-11-23 BC", "5874897-12-31", "5874898-01-01", "infinity", "-infinity", "epoch", "", "abc", "2020", "2020-1", "2020-1-5",
             "20200101", "Mon Jan 6 2020", "6 January 2020", "2020-01-06 10:11:12", "2020-01-06T10:11:12Z", "12:00", "10000-01-01", "294276-12-31", "2020/01/06", "06.01.2020", "1.5", "2020-01-01x"]
    times = ["2001-02-16 20:38:40", "2001-02-16 20:38:40.123456", "2001-02-16 20:38:40.1234567", "2001-02-16 20:38:40.999999999", "2001-02-16 24:00:00", "2001-02-16 24:00:01",
             "2001-02-16 23:59:60", "2001-02-16 23:60:00", "2001-02-16 25:00:00", "2001-02-16T20:38:40", "20010216T203840", "20010216 203840", "2001-02-16 20:38", "2001-02-16 8:38 PM",
             "2001-02-16 12:38 AM", "2001-02-16 13:38 PM", "2001-02-16 20:38:40+05", "2001-02-16 20:38:40-05:30", "2001-02-16 20:38:40 PST", "2001-02-16 20:38:40 America/New_York",
             "2001-07-16 20:38:40 America/New_York", "2001-02-16 20:38:40Z", "2001-02-16 20:38:40 UTC", "2001-02-16 20:38:40+0530", "Fri Feb 16 20:38:40 2001", "Feb 16 20:38:40 2001 EST",
             "2001-02-16 20:38:40 Nowhere/City", "2001-02-16 20:38:40 foo", "2001-02-16 20", "2001-02-16  20:38:40", " 2001-02-16 20:38:40 ", "2001-02-16 20:38:40 BC", "0044-03-15 12:00 BC",
             "2001-02-16 20:38:40.", "2001-02-16 :38", "2001-02-16 20:38:40+25", "2001-04-01 02:30 America/New_York", "2001-10-28 01:30 America/New_York", "20:38:40", "2001-02-16 1:2:3", "2001-02-16 20:38:40 +2"]
    for s in dates:
        yield f"{q(s)}::date"
        yield f"{q(s)}::timestamp"
        yield f"{q(s)}::timestamptz"
    for s in times:
        for t in ["timestamp", "timestamptz", "date"]:
            yield f"{q(s)}::{t}"
    ivs = ["1 year", "1 year 2 mons", "1 mon", "-1 mon", "3 days", "1 day 2 hours", "04:05:06", "-04:05:06", "1 day -2:03", "-1 day +2:03", "1.5 days", "1.5 months", "0.5 years", "1.5 weeks",
           "2 weeks", "1 decade", "1 century", "1 millennium", "5 ms", "5 us", "1.5 seconds", "0.000001 sec", "1 year -1 mon", "P1Y2M3DT4H5M6S", "P1W", "PT36H", "P0001-02-03T04:05:06", "P1Y", "PT0.5S",
           "1-2", "-1-2", "1 2:03:04", "3 4:05:06", "@ 1 minute", "@ 1 day ago", "1 day ago", "1 hour 30 minutes", "90 minutes", "25 hours", "0", "12", "1.5", "", "abc", "1 foo", "1 year 1 year", "1 day 1",
           "100000000 years", "-178000000 years", "1:2", "1:2.5", "10:61", "1 mons 1.5 days", "1y 2mon 3d 4h 5m 6s", "2 hr", "00:00:00.123456789", "-0.5 days", "-1.5 months", "1d", "1e3 s", "1 day, 2 hours"]
    for s in ivs:
        yield f"{q(s)}::interval"
    good = ["1 year 2 mons", "1 mon", "-3 days", "1 day 02:03:04.5", "36:00:00", "-1 year 5 days", "00:00:00", "1 mon -1 day", "40 days 30:00"]
    tss = ["2001-02-16 20:38:40.12", "2000-02-29 00:00:00", "1999-12-31 23:59:59.999999", "2020-01-31 12:00:00", "0044-03-15 12:00:00 BC", "infinity", "-infinity", "1970-01-01", "2024-12-30 01:02:03", "2000-01-01", "2001-01-01"]
    for i in good:
        for t in tss:
            for op in ["+", "-"]:
                yield f"timestamp {q(t)} {op} interval {q(i)}"
                yield f"timestamptz {q(t)} {op} interval {q(i)}"
            yield f"interval {q(i)} + date '2020-01-31'"
        for j in good:
            for op in ["+", "-", "=", "<", ">"]:
                yield f"interval {q(i)} {op} interval {q(j)}"
        for n in ["2", "0.5", "-1.5", "0", "3"]:
            yield f"interval {q(i)} * {n}"
            yield f"interval {q(i)} / {n}"
            yield f"{n} * interval {q(i)}"
        for f in ["justify_days", "justify_hours", "justify_interval", "-"]:
            yield f"{f}(interval {q(i)})"
        for f in ["year", "month", "day", "hour", "minute", "second", "milliseconds", "microseconds", "epoch", "quarter", "decade", "century", "millennium", "week", "dow", "foo"]:
            yield f"extract({f} from interval {q(i)})"
            yield f"date_part({q(f)}, interval {q(i)})"
            yield f"date_trunc({q(f)}, interval {q(i)})"
    for t in tss:
        for f in ["year", "month", "day", "hour", "minute", "second", "milliseconds", "microseconds", "epoch", "quarter", "decade", "century", "millennium", "week", "dow", "isodow", "doy", "isoyear",
                  "julian", "timezone", "timezone_hour", "foo"]:
            for ty in ["timestamp", "timestamptz", "date"]:
                yield f"extract({f} from {ty} {q(t)})"
            yield f"date_part({q(f)}, timestamp {q(t)})"
            yield f"date_trunc({q(f)}, timestamp {q(t)})"
            yield f"date_trunc({q(f)}, timestamptz {q(t)}, 'America/New_York')"
        for u in tss:
            yield f"timestamp {q(t)} - timestamp {q(u)}"
            yield f"age(timestamp {q(t)}, timestamp {q(u)})"
            yield f"timestamp {q(t)} < timestamp {q(u)}"
            yield f"date {q(t)} - date {q(u)}"
            yield f"date {q(t)} >= timestamp {q(u)}"
        for z in ["UTC", "America/New_York", "Asia/Kolkata", "PST", "+05", "Nowhere", "Europe/Berlin"]:
            yield f"timestamp {q(t)} at time zone {q(z)}"
            yield f"timestamptz {q(t)} at time zone {q(z)}"
        for f in ["YYYY-MM-DD HH24:MI:SS", "YYYY-MM-DD HH24:MI:SS.US", "Day, DD Month YYYY", "FMDay, FMDD FMMonth YYYY", "Dy DD Mon YY", "HH12:MI AM", "Q J DDD WW IW IYYY ID D", "MS US FF3", "DDth", "AD CC RM", "SSSS", "YYYYMMDD", "\"Year:\" YYYY", "TZ TZH OF", "mon MON Mon", "Y,YYY", "W w"]:
            yield f"to_char(timestamp {q(t)}, {q(f)})"
            yield f"to_char(timestamptz {q(t)}, {q(f)})"
        yield f"date {q(t)} + 30"
        yield f"date {q(t)} - 1"
        yield f"5 + date {q(t)}"
        for s in ["15 minutes", "1 day", "7 days", "1 month", "0 s"]:
            yield f"date_bin({q(s)}, timestamp {q(t)}, timestamp '2001-01-01')"
    for i in good:
        for f in ["HH24:MI:SS", "DD HH24", "YYYY MM DD", "Mon", "SSSS US"]:
            yield f"to_char(interval {q(i)}, {q(f)})"
    for s, f in [("2020-03-04", "YYYY-MM-DD"), ("05 Dec 2000", "DD Mon YYYY"), ("20200304", "YYYYMMDD"), ("3/4/20", "MM/DD/YY"), ("2020 64", "YYYY DDD"), ("abc", "YYYY"), ("2020-13-01", "YYYY-MM-DD"),
                 ("2020-02-30", "YYYY-MM-DD"), ("March 4, 2020", "Month DD, YYYY"), ("2020-10-5", "IYYY-IW-ID"), ("12:34:56", "HH24:MI:SS"), ("2020-03-04 01:02:03 PM", "YYYY-MM-DD HH:MI:SS PM"),
                 ("2020-03-04 13:02", "YYYY-MM-DD HH:MI"), ("2020-03-04 05:06:07.891", "YYYY-MM-DD HH24:MI:SS.MS"), ("2451187", "J"), ("", "YYYY"), ("44 BC", "YYYY BC")]:
        yield f"to_date({q(s)}, {q(f)})"
        yield f"to_timestamp({q(s)}, {q(f)})"
    yield from ["make_date(2020, 2, 29)", "make_date(2021, 2, 29)", "make_date(-44, 3, 15)", "make_date(0, 1, 1)", "make_timestamp(2020, 1, 2, 3, 4, 5.678)", "make_timestamp(2020, 1, 2, 25, 0, 0)",
                "make_timestamptz(2020, 1, 2, 3, 4, 5.5, 'America/New_York')", "make_interval(1, 2, 3, 4, 5, 6, 7.5)", "make_interval(1)", "make_interval()", "to_timestamp(0)", "to_timestamp(1e9)", "to_timestamp(1.5)",
                "to_timestamp('NaN')", "to_timestamp('infinity')", "isfinite(date 'infinity')", "isfinite(timestamp '2020-01-01')", "isfinite(interval '1 day')", "date '2020-01-01' = timestamp '2020-01-01'",
                "date '2020-01-01' + time", "date '2020-01-01' + 1.5", "date '2020-01-01' + interval '1 hour'", "date '2020-01-01' < '2020-01-02'", "'2020-01-01' < date '2020-01-02'", "date 'x' = date '2020-01-01'",
                "date '2020-01-01' + 10000000000", "date '5874897-12-31' + 1", "timestamp '294276-12-31' + interval '1 year'", "greatest(date '2020-01-01', date '2021-01-01')",
                "now() = current_timestamp", "now() - now()", "current_date = now()::date", "extract(foo from now())", "age(now()) is not null", "interval '1 day' = interval '24 hours'", "interval '1 month' = interval '30 days'",
                "interval '1 year' > interval '365 days'", "sum(interval '1 day')", "interval '1 day' + 1", "timestamp '2020-01-01' + 1", "timestamp '2020-01-01' + '1 day'", "timestamp '2020-01-01' - '2019-01-01'"]


def json():
    docs = ['{"a": 1, "b": {"c": [10, 20, {"d": "x"}]}, "n": null, "s": "q\\"uo\\u00e9"}', '[1, "two", null, [3, 4], {"k": "v"}]', '{}', '[]', '"str"', '12.50', 'true', 'null', '{"a": 1, "a": 2}', '{ "sp" :  [ 1 , 2 ] }']
    for d in docs:
        j = q(d) + "::json"
        for k in ["a", "b", "n", "s", "zz", "sp", "0"]:
            yield f"{j} -> {q(k)}"
            yield f"{j} ->> {q(k)}"
        for i in ["0", "1", "2", "-1", "9", "-9"]:
            yield f"{j} -> {i}"
            yield f"{j} ->> {i}"
        for p in ["{}", "{a}", "{b,c,2,d}", "{b,c,-1}", "{4,k}", "{3,0}", "{zz}", "{b,c}"]:
            yield f"{j} #> {q(p)}"
            yield f"{j} #>> {q(p)}"
        for f in ["json_typeof", "json_array_length", "json_strip_nulls", "to_json"]:
            yield f"{f}({j})"
        yield f"json_extract_path({j}, 'b', 'c')"
        yield f"json_extract_path_text({j}, 'b', 'c', '0')"
        yield f"{j}::text"
    for v in ["1", "1.50", "'x'::text", "true", "null::int", "'a\"b\\c'::text", "date '2020-01-02'", "timestamp '2020-01-02 03:04:05.6'", "timestamptz '2020-01-02 03:04:05+00'", "'NaN'::float8", "1e10::float8", "interval '1 day'", "'{\"a\":1}'::json"]:
        yield f"to_json({v})"
        yield f"json_build_object('k', {v}, 'l', 1)"
        yield f"json_build_array({v}, 'x', null)"
    yield from ["json_build_object()", "json_build_object('a')", "json_build_object(null, 1)", "json_build_array()", "'{\"a\":1}' -> 'a'", "('{\"a\":{\"b\":2}}'::json -> 'a' ->> 'b')::int + 1", "'{\"a\":1}'::json = '{}'::json"]


THEMES = {"number": number, "cast": cast, "text": text, "time": time, "json": json}

if __name__ == "__main__":
    seen = set()
    for e in THEMES[sys.argv[1]]():
        assert "\n" not in e
        if "\t" not in e and e not in seen:
            seen.add(e)
            lit = q(e)
            print(f"select {lit} || E'\\t' || pg_temp.answer({lit});")
