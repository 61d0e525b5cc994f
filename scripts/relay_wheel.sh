#!/usr/bin/env bash
# relay_wheel.sh: builds relay's own wheel into build/ and installs it, with relay's requirements alone, into an environment of its own,
# build/relay-venv. Steps run again only when what they were made from has changed.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p build
exec 9>build/relay.lock
flock 9
uv=.venv/bin/uv venv=build/relay-venv
stamp() { sha256sum "$@" | sha256sum | cut -c1-64; }
fresh() { [ "$(cat "$venv/.$1" 2>/dev/null)" = "$2" ]; } # fresh STEP STAMP

requirements=$(stamp requirements/relay.txt)
if ! fresh requirements "$requirements"; then
  $uv venv --quiet --clear --python .venv/bin/python "$venv"
  $uv pip install --quiet --python "$venv/bin/python" --require-hashes -r requirements/relay.txt
  echo "$requirements" >"$venv/.requirements"
fi

rm -f build/samrum_relay-*.whl
$uv build --quiet --wheel --no-build-isolation --python .venv/bin/python --out-dir build packages/relay
wheel=$(stamp build/samrum_relay-*.whl)
if ! fresh wheel "$wheel"; then
  $uv pip install --quiet --offline --no-deps --reinstall --python "$venv/bin/python" build/samrum_relay-*.whl
  echo "$wheel" >"$venv/.wheel"
fi
