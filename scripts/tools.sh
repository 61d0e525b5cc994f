#!/usr/bin/env bash
# tools.sh: the Debian packages that tests need. As root they are installed (no service is started); else what is missing is listed.
set -euo pipefail

declare -A wanted=(
  [chromium]=chromium        # the browser of the tests
  [strace]=strace            # proves that a message is on disk before it is acknowledged
  [ss]=iproute2              # proves that only loopback is listened on
  [setpriv]=util-linux       # ends zones with their launcher
  [softhsm2-util]=softhsm2   # a PKCS#11 token for the root key
  [make]=make [git]=git
)
missing=()
for command in "${!wanted[@]}"; do
  command -v "$command" >/dev/null || missing+=("${wanted[$command]}")
done
dpkg -s fonts-dejavu-core >/dev/null 2>&1 || missing+=(fonts-dejavu-core) # letters on screenshots
scripts/need.sh python >/dev/null 2>&1 || missing+=(python3-venv)

if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    printf 'These Debian packages are missing for the tests: %s\nInstall them, or run `make tools` as root.\n' "${missing[*]}" >&2
    exit 1
  fi
  scripts/install.sh "${missing[@]}"
fi
scripts/need.sh python >/dev/null
scripts/need.sh node
scripts/need.sh go
