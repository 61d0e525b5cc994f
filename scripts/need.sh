#!/usr/bin/env bash
# need.sh python|node|go: succeeds if the tool is there and new enough, else says in a sentence what to do.
# `need.sh python` prints the interpreter to use.
set -euo pipefail

at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; } # at_least HAVE WANT
stop() { printf '%s\n' "$*" >&2; exit 1; }

case ${1:-} in
  python)
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
      found=$(command -v "$name") || continue
      "$found" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
      "$found" -c 'import ensurepip, venv' 2>/dev/null ||
        stop "Python's venv module is missing. On Debian or Ubuntu: apt-get install python3-venv"
      echo "$found"
      exit 0
    done
    stop "Python 3.11 or newer is needed. On Debian 12: apt-get install python3 python3-venv"
    ;;
  node)
    have=$(node --version 2>/dev/null || true)
    [ -n "$have" ] || stop "Node 20.19 or newer is needed to build the web client. Get it from nodejs.org (Debian 12's own is too old)."
    at_least "${have#v}" 20.19.0 || stop "Node ${have#v} is too old to build the web client: 20.19 or newer is needed."
    command -v npm >/dev/null || stop "Node is here, but npm is not. Install npm."
    ;;
  go)
    have=$(go version 2>/dev/null | sed -nE 's/.*go([0-9][0-9.]*).*/\1/p' || true)
    [ -n "$have" ] || stop "Go 1.26 or newer is needed to build LiveKit, which carries the meetings. Get it from go.dev."
    at_least "$have" 1.26 || stop "Go $have is too old to build LiveKit, which carries the meetings: 1.26 or newer is needed."
    ;;
  *) stop "usage: need.sh python|node|go" ;;
esac
