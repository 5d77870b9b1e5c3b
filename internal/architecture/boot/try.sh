# Tries an image: this machine has just done what an instance does at its first
# boot. Whoever waits for it reads the console.
systemctl is-active docker keyedin-placeholder sshd
echo "keyedin: trying Docker and the agents"
docker info >/dev/null
docker compose version
rpm -q codedeploy-agent amazon-cloudwatch-agent amazon-ssm-agent amazon-ecr-credential-helper
systemctl is-enabled codedeploy-agent amazon-ssm-agent

echo "keyedin: asking for the health check's path"
retry curl -fsS --max-time 5 -o /dev/null "http://127.0.0.1$KEYEDIN_HEALTH_CHECK"

echo "keyedin: looking for what instances must not share"
[ -s /etc/machine-id ]
for key in /etc/ssh/ssh_host_*_key; do
  [ "$key" -nt /etc/keyedin/image ]
done
sshd -T | grep -qix 'permitrootlogin no'
sshd -T | grep -qix 'passwordauthentication no'
echo "keyedin: image done"
