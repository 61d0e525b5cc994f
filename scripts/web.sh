#!/usr/bin/env bash
# web.sh: builds the web client into web/dist. Without Node an earlier build is used, if there is one.
set -euo pipefail
mkdir -p build
if ! reason=$(scripts/need.sh node 2>&1); then
  if [ -f web/dist/index.html ]; then
    printf '%s\nThe web client that was built earlier is used.\n' "$reason" >&2
    exit 0
  fi
  printf '%s\n' "$reason" >&2
  exit 1
fi
make web/node_modules/.made
scripts/step.sh "Building the web client" npm --prefix web run --silent build
touch build/web.stamp
