#!/bin/bash
# ApplicationStart: the old containers out, the new ones in. The load balancer
# sends nothing here meanwhile.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
alone 120
watched

# Port 80 is the placeholder's until the first release.
touch /etc/keyedin/released
systemctl stop keyedin-placeholder

say "stopping what runs"
compose down --remove-orphans
say "starting $version"
compose up --detach --no-build --remove-orphans
rm -f "$environment.changed"
