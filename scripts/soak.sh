#!/usr/bin/env bash
# soak.sh [PYTEST ARGUMENTS]: the long forms of tests, with what they say meanwhile. Without arguments also the browser's, web/e2e/*.soak.mjs, and
# every screen in every view.
set -uo pipefail
export PYTHONDONTWRITEBYTECODE=1
failed=0
.venv/bin/python -m pytest -m soak -v --capture=no -p no:randomly "$@" </dev/null || failed=1
if [ $# -eq 0 ]; then
  for file in web/e2e/*.soak.mjs; do
    [ -f "$file" ] || continue
    .venv/bin/python -m tests.city.launch -- node --test "$file" </dev/null || failed=1
  done
  SAMRUM_SCREENS=all .venv/bin/python -m tests.city.launch -- node --test web/e2e/screens.test.mjs </dev/null || failed=1
fi
exit $failed
