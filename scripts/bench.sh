#!/usr/bin/env bash
# bench.sh: runs every measurement under bench/ against a city of its own.
set -euo pipefail
for file in bench/*.py bench/web/*.mjs; do
  [ -f "$file" ] || continue
  [ "$file" = bench/files.py ] && continue # starts a relay and a bucket of its own: make bench-files
  [ "$file" = bench/search.py ] && continue # ten minutes, without a city: make bench-search
  [ "$file" = bench/signin.py ] && continue # ten minutes, without a city: make bench-signin
  case $file in
    *.py) .venv/bin/python -m tests.city.launch -- env PYTHONPATH=. .venv/bin/python "$file" ;;
    *.mjs) .venv/bin/python -m tests.city.launch -- node "$file" ;;
  esac
done
