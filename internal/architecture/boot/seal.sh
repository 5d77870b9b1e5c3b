# The Systems Manager agent is part of Amazon Linux.
rpm -q amazon-ssm-agent openssh-server
systemctl enable amazon-ssm-agent

echo "keyedin: hardening"
# Keys alone, and never for root. EC2 Instance Connect and Session Manager go on
# to work. The first of two settings counts, and these files come first.
# https://man.openbsd.org/sshd_config
put /etc/ssh/sshd_config.d/10-keyedin.conf 0600 <<'END' || true
PermitRootLogin no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitEmptyPasswords no
X11Forwarding no
END
sshd -t
passwd -l root

# Docker sets forwarding itself, which has to stay on.
# https://docs.aws.amazon.com/linux/al2023/ug/security-features.html
put /etc/sysctl.d/60-keyedin.conf <<'END' || true
kernel.dmesg_restrict = 1
kernel.kptr_restrict = 2
kernel.unprivileged_bpf_disabled = 1
net.ipv4.conf.all.accept_redirects = 0
net.ipv4.conf.default.accept_redirects = 0
net.ipv4.conf.all.accept_source_route = 0
net.ipv4.conf.all.log_martians = 1
net.ipv4.conf.all.secure_redirects = 0
net.ipv6.conf.all.accept_redirects = 0
net.ipv6.conf.default.accept_redirects = 0
END

# What the image has, for people who log in; what is made at the first boot has
# to be younger than this file.
{
  echo "baked $(date -u +%FT%TZ)"
  rpm -q "${packages[@]}" "$agent" amazon-ssm-agent
  docker compose version
} | put /etc/keyedin/image || true

echo "keyedin: cleaning up"
systemctl stop docker docker.socket
dnf clean all
rm -rf /var/cache/dnf /var/lib/amazon/ssm /var/lib/systemd/random-seed /var/lib/dhcp
# Each instance makes keys and an identity of its own.
rm -f /etc/ssh/ssh_host_*
rm -f ~root/.bash_history ~root/.ssh/authorized_keys
find /home -name .bash_history -delete
find /home -name authorized_keys -delete
cloud-init clean --logs
journalctl --rotate
journalctl --vacuum-time=1s
find /var/log -type f -exec truncate -s 0 {} +
rm -rf /var/log/keyedin
truncate -s 0 /etc/machine-id
sync
echo "keyedin: image done"
