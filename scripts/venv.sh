#!/usr/bin/env bash
# venv.sh FOLDER: makes the Python environment, if it is not there, with the pinned installer in it.
set -euo pipefail
python=$(scripts/need.sh python)
[ -x "$1/bin/pip" ] || scripts/step.sh "Making the Python environment" "$python" -m venv "$1"
scripts/step.sh "Installing the installer" "$1/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r requirements/tools.txt
