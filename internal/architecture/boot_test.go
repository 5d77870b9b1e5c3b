package architecture

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/config"
)

// script is the first-boot script with its references filled in.
func script(t *testing.T, c config.Config, f aws.Facts) string {
	t.Helper()
	d := declared{Build(c, f, Keys{})}
	text, ok := fill(d.at("launch-template/application")["user-data"]).(string)
	if !ok {
		t.Fatal("no user data")
	}
	return strings.ReplaceAll(text, longest, "resolved")
}

func launchScript(t *testing.T) string {
	c := config.Default()
	return script(t, c, facts(c))
}

func TestFirstBootGolden(t *testing.T) { golden(t, "first-boot.sh", []byte(launchScript(t))) }

func TestFirstBootIsBash(t *testing.T) {
	cmd := exec.Command("bash", "-n")
	cmd.Stdin = strings.NewReader(launchScript(t))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func TestFirstBootOfRegionsAndImages(t *testing.T) {
	for _, tc := range []struct {
		name, region string
		baked        bool
		want, not    string
	}{
		{"ohio", "us-east-2", false, "KEYEDIN_REGISTRY='123456789012.dkr.ecr.us-east-2.amazonaws.com'", "amazonaws.com.cn"},
		{"beijing", "cn-north-1", false, "KEYEDIN_REGISTRY='123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn'", "us-east-1"},
		{"not baked", "us-east-1", false, "dnf install", "nothing like this"},
		{"baked", "us-east-1", true, "enable --now codedeploy-agent", "dnf"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := config.Default()
			c.Region = tc.region
			f := facts(c)
			f.ImageIsBaked = tc.baked
			got := script(t, c, f)
			if !strings.Contains(got, tc.want) || strings.Contains(got, tc.not) {
				t.Errorf("want %q and not %q in:\n%s", tc.want, tc.not, got)
			}
		})
	}
}

// machine is a folder that plays an instance: commands that only take notes,
// and the script's paths below it.
type machine struct {
	t    *testing.T
	root string
}

// stubs take a note of each call. dnf installs, and rpm knows what it installed.
var stubs = map[string]string{
	"dnf":                         `for p in "$@"; do p=${p##*/}; touch "$ROOT/rpm/${p%.rpm}"; done`,
	"rpm":                         `shift; for p in "$@"; do [ -e "$ROOT/rpm/$p" ] || exit 1; done`,
	"curl":                        `[ -e "$ROOT/online" ] || { touch "$ROOT/online"; exit 22; }; while [ "$1" != -o ]; do shift; done; touch "$2"`,
	"sha256sum":                   `read -r _ file; [ -e "$file" ]`,
	"systemctl":                   ``,
	"sleep":                       ``,
	"hostname":                    `echo ip-10-0-0-1`,
	"amazon-cloudwatch-agent-ctl": ``,
}

func newMachine(t *testing.T) machine {
	m := machine{t, t.TempDir()}
	agent := filepath.Join(m.root, "opt/aws/amazon-cloudwatch-agent/bin")
	for _, dir := range []string{"bin", "rpm", "tmp", "dev", agent[len(m.root)+1:]} {
		if err := os.MkdirAll(filepath.Join(m.root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, body := range stubs {
		text := fmt.Sprintf("#!/bin/sh\necho \"%s $*\" >>\"$ROOT/calls\"\n%s\n", name, body)
		path := filepath.Join(m.root, "bin", name)
		if strings.HasPrefix(name, "amazon-cloudwatch") {
			path = filepath.Join(agent, name)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// boot runs the script and returns what was called, in order.
func (m machine) boot(text string) []string {
	m.t.Helper()
	_ = os.Remove(filepath.Join(m.root, "calls"))
	if out, err := m.bash(text).CombinedOutput(); err != nil {
		m.t.Fatalf("%v\n%s\n%s", err, out, m.read("var/log/keyedin/boot.log"))
	}
	calls := strings.ReplaceAll(m.read("calls"), m.root, "")
	return strings.Split(strings.TrimSpace(calls), "\n")
}

// bash is ready to run the script with every path of it below the folder.
func (m machine) bash(text string) *exec.Cmd {
	paths := regexp.MustCompile(`(^|[^\w/.$}])/(etc|var|opt|tmp|usr/local|dev/console)\b`)
	text = paths.ReplaceAllString(text, "${1}"+m.root+"/${2}")
	cmd := exec.Command("bash", "-c", strings.ReplaceAll(text, "~root", m.root+"/home"))
	cmd.Env = append(os.Environ(), "ROOT="+m.root, "PATH="+filepath.Join(m.root, "bin")+":"+os.Getenv("PATH"))
	return cmd
}

func (m machine) read(path string) string {
	raw, err := os.ReadFile(filepath.Join(m.root, path))
	if err != nil {
		m.t.Fatal(err)
	}
	return string(raw)
}

func TestFirstBootRuns(t *testing.T) {
	m := newMachine(t)
	calls := strings.Join(m.boot(launchScript(t)), "\n")
	for _, want := range []string{
		"dnf install -y docker ruby3.2 amazon-ecr-credential-helper amazon-cloudwatch-agent",
		"https://aws-codedeploy-us-east-1.s3.us-east-1.amazonaws.com/releases/codedeploy-agent-",
		"https://github.com/docker/compose/releases/download/v5.6.0/docker-compose-linux-",
		"systemctl restart docker", "systemctl enable --now keyedin-placeholder",
		"amazon-cloudwatch-agent-ctl -a fetch-config",
	} {
		if !strings.Contains(calls, want) {
			t.Errorf("%q was not called:\n%s", want, calls)
		}
	}
	if last := "systemctl enable --now codedeploy-agent"; !strings.HasSuffix(calls, last) {
		t.Errorf("the last call is not %q:\n%s", last, calls)
	}
	for path, want := range map[string]string{
		"etc/keyedin/environment":                          "KEYEDIN_DATABASE_HOST='resolved'",
		"etc/docker/daemon.json":                           `"awslogs-group": "/keyedin/production/application"`,
		"home/.docker/config.json":                         `"123456789012.dkr.ecr.us-east-1.amazonaws.com": "ecr-login"`,
		"var/log/keyedin/boot.log":                         "keyedin: first boot done",
		"etc/systemd/system/keyedin-placeholder.service":   "DynamicUser=yes",
		"etc/codedeploy-agent/conf/codedeployagent.yml":    ":max_revisions: 2",
		"opt/aws/amazon-cloudwatch-agent/etc/keyedin.json": `"namespace": "keyedin/production"`,
		"usr/local/lib/keyedin/placeholder.py":             "class Placeholder",
		"usr/local/lib/docker/cli-plugins/docker-compose":  "",
	} {
		if got := m.read(path); !strings.Contains(got, want) {
			t.Errorf("%s has no %q:\n%s", path, want, got)
		}
	}
}

// A second run finds everything done: it installs, restarts and stops nothing.
func TestFirstBootTwice(t *testing.T) {
	m := newMachine(t)
	m.boot(launchScript(t))
	for _, call := range m.boot(launchScript(t)) {
		if regexp.MustCompile(`^(dnf|curl|sleep|amazon)|restart|stop|disable`).MatchString(call) {
			t.Errorf("called again: %s", call)
		}
	}
}

// A failure is told with its line, and the agent does not start.
func TestFirstBootFails(t *testing.T) {
	m := newMachine(t)
	if err := os.WriteFile(filepath.Join(m.root, "bin/dnf"), []byte("#!/bin/sh\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := m.bash(launchScript(t)).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "first boot FAILED") || !strings.Contains(string(out), "try 5 failed") {
		t.Errorf("%v\n%s", err, out)
	}
	if strings.Contains(m.read("calls"), "enable --now codedeploy-agent") {
		t.Error("the agent was started")
	}
}

// A program that is not the one we know is never installed.
func TestFirstBootRefusesAnotherCompose(t *testing.T) {
	m := newMachine(t)
	if err := os.Remove(filepath.Join(m.root, "bin/sha256sum")); err != nil {
		t.Fatal(err)
	}
	out, err := m.bash(launchScript(t)).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "try 5 failed: compose_get") {
		t.Errorf("%v\n%s", err, out)
	}
	if _, err := os.Stat(filepath.Join(m.root, "usr/local/lib/docker/cli-plugins/docker-compose")); err == nil {
		t.Error("it is installed")
	}
}

// The placeholder answers the health check well, and everything else with 404.
func TestPlaceholder(t *testing.T) {
	_, rest, _ := strings.Cut(bootStart, "placeholder.py <<'END' || true\n")
	code, _, _ := strings.Cut(rest, "\nEND\n")
	code = strings.Replace(code, `http.server.ThreadingHTTPServer(("", 80), Placeholder).serve_forever()`,
		`s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Placeholder); print(s.server_port, flush=True); s.serve_forever()`, 1)
	cmd := exec.Command("python3", "-c", code)
	cmd.Env = append(os.Environ(), "KEYEDIN_HEALTH_CHECK=/health%27s?full=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	var port int
	if _, err := fmt.Fscan(out, &port); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"/health's?full=1": 200, "/health%27s": 200, "/": 404, "/other": 404} {
		res, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d%s", port, path))
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode != want || string(body) != "no release yet\n" {
			t.Errorf("%s: %d %q, want %d", path, res.StatusCode, body, want)
		}
	}
}

func TestShellcheck(t *testing.T) {
	if _, err := exec.LookPath("shellcheck"); err != nil {
		t.Skip("shellcheck is not installed")
	}
	bake, try := imageScripts()
	for name, text := range map[string]string{"first boot": launchScript(t), "bake": bake, "try": try} {
		cmd := exec.Command("shellcheck", "--exclude=SC1091", "-")
		cmd.Stdin = strings.NewReader(text)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}
