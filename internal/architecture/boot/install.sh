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
