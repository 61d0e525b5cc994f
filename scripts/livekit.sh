#!/usr/bin/env bash
# livekit.sh: builds LiveKit at the version pinned in media/go.mod. Without Go everything but meetings works.
set -euo pipefail
mkdir -p build
if ! reason=$(scripts/need.sh go 2>&1); then
  printf '%s\nEverything but meetings will work without it.\n' "$reason" >&2
  exit 0
fi
# -trimpath: no folder of the builder's machine in the binary.
scripts/step.sh "Building LiveKit (one to three minutes, once)" \
  go -C media build -trimpath -o ../build/livekit-server.new github.com/livekit/livekit-server/cmd/server
mv build/livekit-server.new build/livekit-server
