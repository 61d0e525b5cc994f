#!/usr/bin/env bash
# versitygw.sh: builds the S3 server of the tests at the version pinned in tests/blobs/versitygw/go.mod.
set -euo pipefail
mkdir -p build
scripts/need.sh go
scripts/step.sh "Building versitygw, an S3 server for the tests (a minute or two, once)" \
  go -C tests/blobs/versitygw build -trimpath -o ../../../build/versitygw.new github.com/versity/versitygw/cmd/versitygw
mv build/versitygw.new build/versitygw
