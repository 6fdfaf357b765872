#!/bin/sh
# Install the programs that tests use for real: a browser, fonts for Chinese, PostgreSQL with PostGIS, and the readers
# of what deploy/ holds.
# On Debian as root (or with passwordless sudo) they are installed; elsewhere what is missing is named, and the tests
# that need it skip aloud (in CI they fail instead).
set -u

missing=""
command -v chromium-headless-shell >/dev/null 2>&1 || missing="$missing chromium-headless-shell"
ls /usr/share/fonts/opentype/noto/NotoSansCJK* >/dev/null 2>&1 || missing="$missing fonts-noto-cjk"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
ls /usr/share/postgresql/*/extension/postgis.control >/dev/null 2>&1 || missing="$missing postgis-extension"
{ command -v nginx || [ -x /usr/sbin/nginx ]; } >/dev/null 2>&1 || missing="$missing nginx-light"
command -v systemd-analyze >/dev/null 2>&1 || missing="$missing systemd"
command -v openssl >/dev/null 2>&1 || missing="$missing openssl"
[ -z "$missing" ] && exit 0

as_root=""
[ "$(id -u)" -eq 0 ] || { sudo -n true 2>/dev/null && as_root="sudo"; }
if ! command -v apt-get >/dev/null 2>&1 || { [ "$(id -u)" -ne 0 ] && [ -z "$as_root" ]; }; then
  echo "Not installed:$missing. The tests that need them will be skipped."
  exit 0
fi

echo "Installing$missing …"
$as_root apt-get update -qq
case "$missing" in
*postgis-extension*)
  postgis=$(apt-cache search --names-only '^postgresql-[0-9]+-postgis-3$' | awk '{print $1}' | sort -V | tail -n 1)
  missing=$(printf '%s' "$missing" | sed "s/postgis-extension/$postgis/")
  ;;
esac
# shellcheck disable=SC2086  # the names are meant to be split
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
