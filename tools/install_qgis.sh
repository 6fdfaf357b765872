#!/bin/sh
# Install QGIS's Python bindings for `make test-qgis`: on Debian, as root or with passwordless sudo.
set -eu

/usr/bin/python3 -c "import qgis.core" 2>/dev/null && exit 0
as_root=""
[ "$(id -u)" -eq 0 ] || as_root="sudo"
if ! command -v apt-get >/dev/null 2>&1; then
  echo "Install QGIS with its bindings for /usr/bin/python3 first."
  exit 1
fi
$as_root apt-get update -qq
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends python3-qgis qgis-providers >/dev/null
