#!/bin/sh
# Makes the golden files of this folder: the answers of a PostgreSQL 15 server, which
# PGHOST, PGPORT and PGUSER name, to the expressions of cases.py. The server runs in
# UTC with the collation C. A line is the expression, its type and its value, or the
# expression, "!", SQLSTATE and message, or the expression, its type and "null".
set -eu
cd "$(dirname "$0")"
for theme in number cast text time json; do
	{
		cat <<'SQL'
set timezone = 'UTC'; set client_min_messages = warning; set datestyle = 'ISO, MDY';
create temp table answers (n serial, e text, t text, v text);
create function pg_temp.answer(e text) returns text language plpgsql as $$
declare t text; v text; is_null boolean;
begin
	execute 'select format(''%s'', x), pg_typeof(x)::text, x is null from (select ' || e || ' as x) q' into v, t, is_null;
	if is_null then return t || E'\tnull'; end if;
	return t || E'\t=' || replace(replace(v, E'\n', '\n'), E'\t', '\t');
exception when others then
	return E'!\t' || sqlstate || ' ' || sqlerrm;
end $$;
SQL
		python3 cases.py "$theme"
	} >/tmp/golden.$$.sql
	psql -XAtq -f /tmp/golden.$$.sql >"$theme.golden" 2>/tmp/golden.$$.err || true
	cat /tmp/golden.$$.err >&2
	rm -f /tmp/golden.$$.sql /tmp/golden.$$.err
	wc -l "$theme.golden"
done
