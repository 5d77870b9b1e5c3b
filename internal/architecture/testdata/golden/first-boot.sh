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

# What this environment is called and where its things are: for this script, for
# the hooks of releases and for people who log in.
put /etc/keyedin/environment <<'END' || true
KEYEDIN_PROJECT='keyedin'
KEYEDIN_ENVIRONMENT='production'
KEYEDIN_DOMAIN='keyedin.app'
KEYEDIN_REGION='us-east-1'
KEYEDIN_AWS_DOMAIN='amazonaws.com'
KEYEDIN_REGISTRY='123456789012.dkr.ecr.us-east-1.amazonaws.com'
KEYEDIN_BUCKET='keyedin-private'
KEYEDIN_PUBLIC_BUCKET='keyedin-public'
KEYEDIN_PARAMETERS='/keyedin/production'
KEYEDIN_HEALTH_CHECK='/health'
KEYEDIN_LOGS='/keyedin/production/application'
KEYEDIN_LOGS_SYSTEM='/keyedin/production/system'
KEYEDIN_NAMESPACE='keyedin/production'
KEYEDIN_DATABASE_HOST='resolved'
KEYEDIN_DATABASE_READER='resolved'
KEYEDIN_DATABASE_SECRET='resolved'
END
. /etc/keyedin/environment

# What an image lacks to run releases. A baked image has it all.

# Amazon Linux 2023 ties its repositories to the release of the image, so these
# versions are as fixed as the image. The agent needs this very Ruby.
packages=(docker ruby3.2 amazon-ecr-credential-helper amazon-cloudwatch-agent)
if ! rpm -q "${packages[@]}" >/dev/null; then
  retry dnf install -y "${packages[@]}"
fi

# The agent is fixed here and never updates itself.
# https://docs.aws.amazon.com/codedeploy/latest/userguide/codedeploy-agent.html
agent=codedeploy-agent-1.8.1-26.noarch
if ! rpm -q "$agent" >/dev/null; then
  bucket="https://aws-codedeploy-$KEYEDIN_REGION.s3.$KEYEDIN_REGION.$KEYEDIN_AWS_DOMAIN"
  retry curl -fsSL --max-time 120 -o "/tmp/$agent.rpm" "$bucket/releases/$agent.rpm"
  retry dnf install -y "/tmp/$agent.rpm"
  rm -f "/tmp/$agent.rpm"
  # It must not take a deployment before the instance is set up.
  systemctl disable --now codedeploy-agent
fi

# Amazon Linux has no package of Docker Compose. The digests are those that others
# who pin this version have, too; its makers publish them beside the programs.
# https://github.com/amazonlinux/amazon-linux-2023/issues/186
# https://github.com/docker/compose/releases/download/v5.6.0/checksums.txt
compose=/usr/local/lib/docker/cli-plugins/docker-compose
case $(uname -m) in
  x86_64) digest=40343e21ca777173e69cff5dbafeb37c6f81f3b0d57d9e597f036e95eb63e76a ;;
  aarch64) digest=733ec76717ceb59052a9609b9dadfb523b2df8eab57a54212872d10a58078ea2 ;;
esac
compose_is() { echo "$digest  $1" | sha256sum --check --status; }
compose_get() {
  curl -fsSL --max-time 300 -o "$compose.new" \
    "https://github.com/docker/compose/releases/download/v5.6.0/docker-compose-linux-$(uname -m)" &&
    compose_is "$compose.new"
}
if ! compose_is "$compose"; then
  install -d "${compose%/*}"
  retry compose_get
  chmod 0755 "$compose.new"
  mv "$compose.new" "$compose"
fi

# What makes an instance one of this environment.

# Containers log to CloudWatch without ever waiting for it, survive a restart
# of the daemon, and images are pulled with the instance's own role.
# https://docs.docker.com/engine/logging/drivers/awslogs/
if put /etc/docker/daemon.json <<END; then
{
  "live-restore": true,
  "log-driver": "awslogs",
  "log-opts": {
    "awslogs-region": "$KEYEDIN_REGION",
    "awslogs-group": "$KEYEDIN_LOGS",
    "tag": "$(hostname -s)/{{.Name}}/{{.ID}}",
    "mode": "non-blocking",
    "max-buffer-size": "4m"
  }
}
END
  systemctl enable docker
  systemctl restart docker
fi
put ~root/.docker/config.json 0600 <<END || true
{"credHelpers": {"$KEYEDIN_REGISTRY": "ecr-login"}}
END

# The logs of this script and of deployments, and the two things EC2 does not
# measure by itself: memory and disk.
if put /opt/aws/amazon-cloudwatch-agent/etc/keyedin.json <<END; then
{
  "agent": {"metrics_collection_interval": 60},
  "logs": {"logs_collected": {"files": {"collect_list": [
    {"file_path": "/var/log/keyedin/boot.log",
     "log_group_name": "$KEYEDIN_LOGS_SYSTEM", "log_stream_name": "{instance_id}/boot"},
    {"file_path": "/var/log/aws/codedeploy-agent/codedeploy-agent.log",
     "log_group_name": "$KEYEDIN_LOGS_SYSTEM", "log_stream_name": "{instance_id}/agent"},
    {"file_path": "/opt/codedeploy-agent/deployment-root/deployment-logs/codedeploy-agent-deployments.log",
     "log_group_name": "$KEYEDIN_LOGS_SYSTEM", "log_stream_name": "{instance_id}/deployments"}
  ]}}},
  "metrics": {
    "namespace": "$KEYEDIN_NAMESPACE",
    "append_dimensions": {"InstanceId": "\${aws:InstanceId}"},
    "aggregation_dimensions": [[]],
    "metrics_collected": {
      "mem": {"measurement": ["mem_used_percent"]},
      "disk": {"measurement": ["used_percent"], "resources": ["/"], "drop_device": true}
    }
  }
}
END
  /opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s \
    -c file:/opt/aws/amazon-cloudwatch-agent/etc/keyedin.json ||
    echo "The CloudWatch agent did not start: logs, memory and disk are not seen." # the application comes first
fi

# Until the first release is here something has to answer the health check, or
# the group would replace its instances for ever. Everyone else is told 404:
# 503 would set off the alarm that keeps CodeDeploy from deploying anything.
# https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-create-alarms.html
# The first release ends it: touch /etc/keyedin/released, then systemctl stop
# keyedin-placeholder.
put /usr/local/lib/keyedin/placeholder.py <<'END' || true
import http.server
import os
from urllib.parse import unquote, urlsplit


def path(url):
    return unquote(urlsplit(url).path)


class Placeholder(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        well = path(self.path) == path(os.environ["KEYEDIN_HEALTH_CHECK"])
        body = b"" if self.command == "HEAD" else b"no release yet\n"
        self.send_response(200 if well else 404)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, *args):
        pass


http.server.ThreadingHTTPServer(("", 80), Placeholder).serve_forever()
END
put /etc/systemd/system/keyedin-placeholder.service <<'END' || true
[Unit]
Description=Answers the health check until the first release
ConditionPathExists=!/etc/keyedin/released
After=network-online.target

[Service]
EnvironmentFile=/etc/keyedin/environment
ExecStart=/usr/bin/python3 /usr/local/lib/keyedin/placeholder.py
DynamicUser=yes
AmbientCapabilities=CAP_NET_BIND_SERVICE
Restart=on-failure

[Install]
WantedBy=multi-user.target
END
systemctl daemon-reload
systemctl enable --now keyedin-placeholder

# Old releases would fill the disk; the metadata service answers to IMDSv2 only.
# https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-agent-configuration.html
if put /etc/codedeploy-agent/conf/codedeployagent.yml <<'END'; then
---
:log_aws_wire: false
:log_dir: '/var/log/aws/codedeploy-agent/'
:pid_dir: '/opt/codedeploy-agent/state/.pid/'
:program_name: codedeploy-agent
:root_dir: '/opt/codedeploy-agent/deployment-root'
:on_premises_config_file: '/etc/codedeploy-agent/conf/codedeploy.onpremises.yml'
:verbose: false
:wait_between_runs: 1
:max_revisions: 2
:disable_imds_v1: true
END
  systemctl stop codedeploy-agent
fi
# Last, as from here on the instance takes deployments.
systemctl enable --now codedeploy-agent
echo "keyedin: first boot done $(date -u +%FT%TZ)"
