#!/usr/bin/env bash
# bench_stream.sh [ARGUMENTS of bench.stream]: relay's measurement. As root it installs the other servers from Debian first, none of which is
# started by its package; else, and with --quick, it measures what is there.
set -euo pipefail

rivals=(ejabberd erlang-p1-sqlite3 prosody lua-dbi-sqlite3) # each server and what lets it keep its archive in SQLite
missing=()
for package in "${rivals[@]}"; do
  dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
done

if [[ " $* " != *" --quick "* && ${#missing[@]} -gt 0 && $(id -u) -eq 0 ]] && command -v apt-get >/dev/null; then
  scripts/install.sh "${missing[@]}"
fi
PYTHONPATH=. .venv/bin/python -m bench.stream "$@"
