#!/usr/bin/env bash
# lock.sh: pins Python's dependencies with hashes. Never --emit-index-url: lock files carry no addresses (a test looks).
set -euo pipefail
compile=(.venv/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header)
"${compile[@]}" requirements/tools.in -o requirements/tools.txt
"${compile[@]}" requirements/fuzz.in -o requirements/fuzz.txt
"${compile[@]}" pyproject.toml -o requirements/run.txt
"${compile[@]}" --extra dev pyproject.toml -o requirements/dev.txt
# Relay alone gets the versions that everything gets.
"${compile[@]}" packages/relay/pyproject.toml -c requirements/run.txt -o requirements/relay.txt
npm --prefix web run --silent lock
