#!/usr/bin/env bash
# test.sh quick|all: runs every stage, whatever the earlier ones said, and ends with a table. Exit code 0 only if all is well.
set -uo pipefail
export CI=${CI:-} PYTHONDONTWRITEBYTECODE=1
export FUZZ_SECONDS=${FUZZ_SECONDS:-60} # for each language
python=.venv/bin/python
table=()
failed=0

stage() { # stage NAME COMMAND…
  local name=$1 started=$SECONDS code=0
  shift
  printf '\n━━ %s\n' "$name"
  "$@" </dev/null || code=$?
  if [ "$code" -eq 0 ]; then table+=("$(printf 'ok      %4d s  %s' $((SECONDS - started)) "$name")")
  else failed=1; table+=("$(printf 'FAILED  %4d s  %s (exit %d)' $((SECONDS - started)) "$name" "$code")"); fi
}

web() { npm --prefix web run --silent "$@"; }
lint() { .venv/bin/ruff check src tests packages examples && .venv/bin/ruff format --check src tests packages examples && web lint; }
types() { .venv/bin/mypy && web types; }
walls() { .venv/bin/lint-imports && .venv/bin/vulture && web dead && $python -m samrum.wire.schema --check && node web/scripts/wire.mjs --check; }
browser() { $python -m tests.city.launch -- node web/e2e/all.mjs; }

stage "lint" lint
stage "types" types
stage "walls" walls
if [ "$1" = quick ]; then
  stage "unit: Python" $python -m pytest -m "not servers" tests/wire tests/plumbing tests/demo tests/borders
  stage "unit: web" web test
else
  # They wait more than they compute: three at a time, a file in one of them.
  stage "unit: Python" $python -m pytest -m "not servers" -n 3 --dist loadfile
  stage "unit: web" web test
  stage "borders and city" $python -m pytest -m servers
  stage "browser" browser
fi

printf '\n'
printf '%s\n' "${table[@]}"
printf 'all in %d s\n' $SECONDS
exit $failed
