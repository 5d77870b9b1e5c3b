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
