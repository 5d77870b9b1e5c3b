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
