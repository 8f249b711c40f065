#!/usr/bin/env bash
# Loads 65 publications of real exchange rates as 65 transactions, then travels in their history.
# Every command is shown before it runs. Nothing is left behind.
# Usage: demo.sh [DRIFTDB]   (default bin/driftdb)
set -euo pipefail
cd "$(dirname "$0")/.."
driftdb=$(realpath "${1:-bin/driftdb}")
rates=$(realpath testdata/eur-rates.csv)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export DRIFTDB_DATA=demo.db

say() { printf '\n\033[1m# %s\033[0m\n' "$*"; }
shown() { # how a command looks that can be typed again
  local word line='$ driftdb'
  for word in "$@"; do
    if [[ $word =~ ^[A-Za-z0-9@:/=.,_-]+$ ]]; then line+=" $word"; else line+=" \"$word\""; fi
  done
  printf '%s\n' "$line"
}
run() { shown "$@"; "$driftdb" "$@"; }
ask() { "$driftdb" sql --format csv -q -e "$1" | tail -n +2; } # the bare answer, for the script

say "An empty database"
run init demo.db

say "The file: what one euro bought, 65 publications, about 300 currencies each"
cp "$rates" rates.csv
head -3 rates.csv
run import --table published --create rates.csv

say "Each publication becomes one transaction of upserts and deletes"
run sql -q -e 'CREATE TABLE rates (currency TEXT PRIMARY KEY, name TEXT, rate NUMERIC)' \
  -e 'CREATE TABLE publications (day DATE PRIMARY KEY, seq BIGINT)'
for day in $(ask 'SELECT DISTINCT date FROM published ORDER BY date'); do
  cat <<SQL
BEGIN;
INSERT INTO rates SELECT currency, name, rate::text::numeric FROM published WHERE date = '$day'
  ON CONFLICT (currency) DO UPDATE SET name = excluded.name, rate = excluded.rate
  WHERE rates.rate <> excluded.rate OR rates.name IS DISTINCT FROM excluded.name;
DELETE FROM rates WHERE currency NOT IN (SELECT currency FROM published WHERE date = '$day');
COMMIT;
INSERT INTO publications VALUES ('$day', current_seq());
SQL
done > load.sql
echo '$ head -6 load.sql'
head -6 load.sql
run sql -q -f load.sql
run sql -e 'SELECT count(*) AS publications, min(day) AS first, max(day) AS last FROM publications'

say "Rates now, and as they were after a publication"
then=$(ask "SELECT seq FROM publications WHERE day <= '2025-01-01' ORDER BY day DESC LIMIT 1")
last=$(ask 'SELECT max(seq) FROM publications')
run sql -e "SELECT * FROM rates WHERE currency IN ('CHF', 'GBP', 'JPY', 'USD') ORDER BY currency"
run sql -e "SELECT * FROM rates FOR SYSTEM_TIME AS OF @SEQ:$then WHERE currency IN ('CHF', 'GBP', 'JPY', 'USD') ORDER BY currency"

say "The history of one currency (its last five events)"
echo '$ driftdb history --table rates --key USD --format csv | tail -5'
"$driftdb" history --table rates --key USD --format csv | tail -5

say "What changed most between the two: both ends of history in one query"
run sql -e "SELECT now.currency, was.rate AS was, now.rate AS now, round((now.rate / was.rate - 1) * 100, 1) AS percent
  FROM rates now JOIN rates FOR SYSTEM_TIME AS OF @SEQ:$then was ON was.currency = now.currency
  WHERE now.name IS NOT NULL AND was.rate > 0
  ORDER BY abs(now.rate / was.rate - 1) DESC LIMIT 5"
run sql -e "SELECT count(*) AS gone FROM rates FOR SYSTEM_TIME AS OF @SEQ:$then was
  LEFT JOIN rates now ON now.currency = was.currency WHERE now.currency IS NULL"

say "Snapshot, tidy up, verify: no answer changes"
run checkpoint
run vacuum
run doctor
run sql -e "SELECT count(*) AS then_too FROM rates FOR SYSTEM_TIME AS OF @SEQ:$then"

say "The past as Arrow, for pandas, polars or DuckDB"
run export --table rates --as-of "@SEQ:$then" -o rates-then.arrow
ls -l rates-then.arrow | awk '{print $5, "bytes", $NF}'
