#!/bin/bash
# What the hooks have in common; it is sourced. Everything they do can be done
# again, after an end at any line.
set -euo pipefail
umask 022

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
current=/opt/keyedin/current # where CodeDeploy puts a release
state=/var/lib/keyedin
environment=$state/application.env
recorded=$state/images # a line each: "VERSION IMAGE" of this release and the one before

# Where this instance is, for compose.yaml and for release.py.
set -a
# shellcheck source=/dev/null
. /etc/keyedin/environment
set +a

# The agent and Run Command have neither; docker's login is in the one.
export HOME=/root PATH="$PATH:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"

say() { echo "keyedin: $*"; }

# retry tries a command five times.
retry() {
  local try
  for try in 1 2 3 4 5; do
    "$@" && return 0
    say "try $try of 5 failed: $1 ${2:-}"
    sleep $((try * 3))
  done
  return 1
}

compose() {
  docker compose --ansi never --project-name keyedin --project-directory "$current" \
    --file "$current/compose.yaml" "$@"
}

release() { python3 "$here/hooks/release.py" "$@"; }
description=$(release describe)
version=${description%%$'\n'*}
mapfile -t images <<<"${description#*$'\n'}"

# authorities gets those that the database's certificates are from, as it takes
# encrypted connections alone. They change once in many years, so an old file is
# better than none.
# https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/UsingWithRDS.SSL.html
authorities() {
  local file=/etc/keyedin/database-ca.pem
  if [ -f "$file" ] && [ -z "$(find "$file" -mtime +30)" ]; then return 0; fi
  retry download "$file" || [ -f "$file" ]
}

download() {
  local from=truststore.pki.rds.amazonaws.com
  if [ "$KEYEDIN_AWS_DOMAIN" = amazonaws.com.cn ]; then from=rds-truststore.s3.cn-north-1.amazonaws.com.cn; fi
  curl -fsSL --max-time 30 -o "$1.$$" "https://$from/$KEYEDIN_REGION/$KEYEDIN_REGION-bundle.pem" &&
    grep -q 'END CERTIFICATE' "$1.$$" && chmod 0644 "$1.$$" && mv -f "$1.$$" "$1"
}

# pulled has an image here.
pulled() {
  if ! docker image inspect "$1" >/dev/null 2>&1; then
    say "pulling $1"
    retry docker pull --quiet "$1"
  fi
}

# alone waits until no other of these scripts runs. The lock ends with the
# script and what it has started, however they end.
alone() {
  install -d -m 0700 "$state"
  exec 9>"$state/lock"
  flock --timeout "$1" 9 || {
    say "another script still holds $state/lock"
    return 1
  }
}

# first tells whether this instance never had a release that was well.
first() { [ ! -s "$recorded" ]; }

# clean removes the images that neither this release nor the recorded ones run.
clean() {
  local keep image
  keep=$(printf '%s\n' "${images[@]}")
  [ ! -e "$recorded" ] || keep+=$'\n'$(cut -d ' ' -f 2 "$recorded")
  docker image ls --digests --format '{{.Repository}}@{{.Digest}}' | sort -u |
    while read -r image; do
      case $image in "$KEYEDIN_REGISTRY"/*@sha256:*) ;; *) continue ;; esac
      grep -qxF "$image" <<<"$keep" && continue
      if docker image rm "$image" >/dev/null; then say "removed $image"; fi
    done
}

# watched has a hook end through ended, also when CodeDeploy stops it.
watched() {
  trap 'ended "$?"' EXIT
  trap 'ended 143' TERM
  trap 'ended 130' INT
}

# ended is what a hook does last; nothing but a kill stops it in that. It says
# why a release does not run; a first one makes room for the placeholder, which
# keeps the instance alive.
ended() {
  trap '' TERM INT
  trap - EXIT
  local status=$1
  [ "$status" != 0 ] || return 0
  set +e
  compose ps --all --format '{{.Service}}: {{.Status}}' 2>&1 | release tail "$environment"
  compose logs --no-color --tail 20 2>&1 | release tail "$environment"
  if first; then
    compose down --remove-orphans --timeout 10 >/dev/null 2>&1
    rm -f /etc/keyedin/released
    systemctl start keyedin-placeholder && say "the placeholder answers again"
  fi
  say "$version FAILED in $(basename "$0") with exit code $status"
  exit "$status"
}
