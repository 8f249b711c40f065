#!/usr/bin/env bash
# Runs every fuzz target of the module, one after another, each for the given time.
# Usage: fuzz.sh [TIME]   (default 10s)
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-10s}
found=0
while IFS=: read -r file target; do
  found=1
  echo "== $target in ./$(dirname "$file")"
  # Inputs are not made smaller first: with large seeds that takes all of the time.
  go test -run '^$' -fuzz "^${target}\$" -fuzztime "$time" -fuzzminimizetime 1x "./$(dirname "$file")"
done < <(git ls-files '*_test.go' | xargs grep -oE '^func (Fuzz[A-Za-z0-9_]+)' | sed 's/func //' | sort)
[ "$found" = 1 ] || { echo "no fuzz target found" >&2; exit 1; }
