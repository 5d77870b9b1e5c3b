#!/bin/bash
# Runs once, as root, when an instance boots for the first time. Everything it
# says goes to /var/log/keyedin/boot.log and to the console. Running it again
# changes nothing.
set -euo pipefail
install -d -m 0755 /var/log/keyedin /etc/keyedin /usr/local/lib/keyedin
exec > >(tee -a /var/log/keyedin/boot.log /dev/console) 2>&1
trap 'echo "keyedin: first boot FAILED at line $LINENO: $BASH_COMMAND"' ERR
echo "keyedin: first boot begins $(date -u +%FT%TZ)"

# The network may come up after this script, and mirrors have bad minutes.
retry() {
  local try
  for try in 1 2 3 4 5; do
    "$@" && return 0
    echo "keyedin: try $try failed: $*"
    sleep $((try * 5))
  done
  return 1
}

# put writes a file from standard input; it fails when nothing changed.
put() {
  local new
  new=$(mktemp)
  cat >"$new"
  if cmp -s "$new" "$1"; then
    rm -f "$new"
    return 1
  fi
  install -D -m "${2:-0644}" "$new" "$1"
  rm -f "$new"
}
