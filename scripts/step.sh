#!/usr/bin/env bash
# step.sh TITLE COMMAND…: runs a long command quietly, shows that time passes, and shows its output only if it fails.
set -euo pipefail
title=$1
shift
log=$(mktemp)
started=$SECONDS
"$@" >"$log" 2>&1 </dev/null &
pid=$!
trap 'kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; rm -f "$log"; exit 130' INT TERM
if [ ! -t 1 ]; then printf '==> %s …\n' "$title"; fi
while kill -0 "$pid" 2>/dev/null; do
  passed=$((SECONDS - started))
  if [ -t 1 ]; then printf '\r==> %s … %d s' "$title" "$passed"
  elif [ "$passed" -gt 0 ] && [ $((passed % 15)) -eq 0 ]; then printf '    %s: %d s so far\n' "$title" "$passed"; fi
  sleep 1
done
code=0
wait "$pid" || code=$?
if [ -t 1 ]; then printf '\r\033[K'; fi
if [ "$code" -eq 0 ]; then
  printf '==> %s: done in %d s\n' "$title" $((SECONDS - started))
else
  printf '==> %s: failed after %d s. Its last words:\n' "$title" $((SECONDS - started)) >&2
  tail -n 40 "$log" >&2
fi
rm -f "$log"
exit "$code"
