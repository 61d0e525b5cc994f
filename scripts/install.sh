#!/usr/bin/env bash
# install.sh PACKAGE…: installs Debian packages as root; whatever service one brings is not started.
set -euo pipefail

policy=/usr/sbin/policy-rc.d # a package that wants to start a service is told no
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
scripts/step.sh "Reading the package lists" apt-get update -qq
scripts/step.sh "Installing $*" apt-get install -y -qq --no-install-recommends "$@"
