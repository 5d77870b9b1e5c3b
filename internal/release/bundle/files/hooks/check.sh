#!/bin/bash
# ValidateService: asks as the load balancer asks, until the answer is 200 twice
# in a row.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
alone 120
watched

limit=300
well=0
until [ "$well" = 2 ]; do
  answer=$(curl -s -o /dev/null --max-time 5 --globoff --user-agent keyedin -w '%{http_code}' \
    "http://127.0.0.1$KEYEDIN_HEALTH_CHECK") || true
  if [ "$answer" = 200 ]; then
    well=$((well + 1))
  else
    well=0
  fi
  if [ "$well" = 0 ] && [ "$SECONDS" -ge "$limit" ]; then
    say "$KEYEDIN_HEALTH_CHECK did not answer 200 within $limit s, but ${answer/000/nothing}"
    exit 1
  fi
  sleep 1
done
say "$KEYEDIN_HEALTH_CHECK answers 200"

# This release and the one before stay on the disk.
new=$recorded.new
printf "$version %s\n" "${images[@]}" >"$new"
if [ -e "$recorded" ]; then
  before=$(awk -v this="$version" '$1 != this { print $1; exit }' "$recorded")
  awk -v before="$before" '$1 == before' "$recorded" >>"$new"
fi
mv "$new" "$recorded"
clean || say "old images are left"

# From here on the instance follows the database's password by itself.
install -m 0644 "$here"/systemd/keyedin-password.* /etc/systemd/system/
systemctl daemon-reload
systemctl enable --now keyedin-password.timer
say "$version runs"
