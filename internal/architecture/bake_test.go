package architecture

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/config"
)

// largest is how much user data EC2 takes.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html
const largest = 16 << 10

// long is before any image was baked.
var long = time.Unix(1, 0)

func imageScripts() (bake, try string) { return ImageScripts(config.Default(), "aws") }

func TestImageScriptsFit(t *testing.T) {
	bake, try := imageScripts()
	for name, text := range map[string]string{"bake": bake, "try": try} {
		if len(text) > largest {
			t.Errorf("%s has %d bytes, EC2 takes %d", name, len(text), largest)
		}
		if last := "echo \"keyedin: image done\"\n"; !strings.HasSuffix(text, last) {
			t.Errorf("%s does not end in %q", name, last)
		}
	}
}

// Each script of an instance is clean to shellcheck, where that is installed.
func TestScriptsAreClean(t *testing.T) {
	path, err := exec.LookPath("shellcheck")
	if err != nil {
		t.Skip("shellcheck is not installed")
	}
	bake, try := imageScripts()
	for name, text := range map[string]string{"bake": bake, "try": try, "first boot": launchScript(t)} {
		cmd := exec.Command(path, "--shell=bash", "--exclude=SC1091", "-")
		cmd.Stdin = strings.NewReader(text)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// more are commands that only the scripts of images call.
var more = map[string]string{
	"shutdown": "", "sshd": "printf 'permitrootlogin no\\npasswordauthentication no\\n'", "passwd": "", "cloud-init": "", "journalctl": "", "docker": "echo Docker Compose version v2", "sync": "",
}

// studio is a machine that an image is made of, or that was made of one.
func studio(t *testing.T) machine {
	t.Helper()
	m := newMachine(t)
	for name, body := range more {
		text := "#!/bin/sh\necho \"" + name + " $*\" >>\"$ROOT/calls\"\n" + body + "\n"
		m.write("bin/"+name, text)
		if err := os.Chmod(filepath.Join(m.root, "bin", name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"amazon-ssm-agent", "openssh-server"} {
		m.write("rpm/"+name, "")
	}
	for _, name := range []string{"etc/ssh/ssh_host_rsa_key", "etc/machine-id", "var/log/secure", "home/ec2-user/.ssh/authorized_keys", "var/lib/amazon/ssm/Vault/key"} {
		m.write(name, "of the builder")
	}
	return m
}

func (m machine) write(name, text string) {
	m.t.Helper()
	path := filepath.Join(m.root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		m.t.Fatal(err)
	}
}

func (m machine) has(name string) bool {
	_, err := os.Stat(filepath.Join(m.root, name))
	return err == nil
}

// play runs a script and returns what it said.
func (m machine) play(text string) (string, error) {
	m.t.Helper()
	text = regexp.MustCompile(`find /home\b`).ReplaceAllString(text, `find "$$ROOT"/home`)
	out, err := m.bash(text).CombinedOutput()
	return string(out), err
}

// An image is hardened, and holds nothing that instances must not share.
func TestBakeRuns(t *testing.T) {
	m := studio(t)
	bake, _ := imageScripts()
	out, err := m.play(bake)
	if err != nil || !strings.HasSuffix(strings.TrimSpace(out), "keyedin: image done") {
		t.Fatalf("%v\n%s", err, out)
	}
	calls := m.read("calls")
	for _, want := range []string{"shutdown -P +90\n", "dnf install -y docker", "systemctl enable amazon-ssm-agent", "dnf clean all", "cloud-init clean"} {
		if !strings.Contains(calls, want) {
			t.Errorf("%q was not called:\n%s", want, calls)
		}
	}
	if strings.Contains(calls, "enable --now codedeploy-agent") || strings.Contains(calls, "enable --now docker") {
		t.Errorf("something was started for good:\n%s", calls)
	}
	if got := m.read("etc/ssh/sshd_config.d/10-keyedin.conf"); !strings.Contains(got, "PasswordAuthentication no") {
		t.Errorf("sshd: %s", got)
	}
	for _, name := range []string{"etc/ssh/ssh_host_rsa_key", "home/ec2-user/.ssh/authorized_keys", "var/lib/amazon/ssm/Vault/key", "var/log/keyedin/boot.log"} {
		if m.has(name) {
			t.Errorf("%s is still there", name)
		}
	}
	if id, log := m.read("etc/machine-id"), m.read("var/log/secure"); id+log != "" {
		t.Errorf("the machine's identity or logs are in the image: %q %q", id, log)
	}
	if m.has("etc/keyedin/environment") {
		t.Error("an environment is in the image")
	}
}

// What fails is told with its last lines, and as failed.
func TestBakeFails(t *testing.T) {
	for name, broken := range map[string]string{"dnf": "dnf", "sshd": "sshd", "in the end": "cloud-init"} {
		t.Run(name, func(t *testing.T) {
			m := studio(t)
			m.write("bin/"+broken, "#!/bin/sh\necho no good >&2\nexit 3\n")
			if err := os.Chmod(filepath.Join(m.root, "bin", broken), 0o755); err != nil {
				t.Fatal(err)
			}
			bake, _ := imageScripts()
			out, err := m.play(bake)
			if err == nil || !strings.Contains(out, "no good") || !strings.Contains(out, "keyedin: image FAILED") || strings.Contains(out, "image done") {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// An image that was baked passes; one with the builder's keys does not.
func TestTryRuns(t *testing.T) {
	bake, try := imageScripts()
	m := studio(t)
	if out, err := m.play(bake); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	m.write("rpm/codedeploy-agent", "") // rpm knows it by its name alone, too
	m.write("etc/machine-id", "fresh")
	m.write("etc/ssh/ssh_host_rsa_key", "fresh")
	if out, err := m.play(try); err != nil || !strings.HasSuffix(strings.TrimSpace(out), "keyedin: image done") {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := os.Chtimes(filepath.Join(m.root, "etc/ssh/ssh_host_rsa_key"), long, long); err != nil {
		t.Fatal(err)
	}
	if out, err := m.play(try); err == nil || !strings.Contains(out, "keyedin: image FAILED") {
		t.Errorf("keys of the builder pass: %v\n%s", err, out)
	}
}
