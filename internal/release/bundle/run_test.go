package bundle

import (
	"errors"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/google/go-cmp/cmp"
)

// nasty are values that a form in between could spoil.
func nasty() map[string]string {
	values := map[string]string{
		"QUOTES": `'"'"` + "`", "BACKSLASH": `a\`, "BACKSLASHES": `\\"\'\n\t\$`, "DOLLAR": `$HOME ${HOME} $$ $(id)`,
		"HASH": "#a #b", "SPACE": "  a  b  ", "EQUALS": "=a==", "EMPTY_ISH": " ", "UNICODE": "Zoë ☃ 𝄞 \u00a0\u0085\u2028",
		"LINES": "-----BEGIN-----\n a\\\n\n\"b\"\n-----END-----\n", "RETURN": "a\r\nb\r", "TABS": "\ta\vb\f", "JSON": `{"a": "b\n", "c": ["$d"]}`,
		"BRACES": "{{a}} %s %(b)s !c", "CONTROL": "\x01\x1b[31m\x7f", "LONG": strings.Repeat(`x"\$`, 1024),
		"APP_KEY": "base64:YWJj/+==", "DB_PASSWORD": `p"a'ss$\word`, "lower_case": "1",
	}
	for c := byte(1); c < 128; c++ {
		values["ASCII"] += string(rune(c))
	}
	return values
}

// wanted is the environment of a release, with the team's own variables.
func wanted(own map[string]string, ca string) map[string]string {
	values := map[string]string{
		"APP_ENV": "production", "APP_URL": "https://keyedin.app", "AWS_BUCKET": "keyedin-public", "AWS_DEFAULT_REGION": "us-east-1",
		"DB_CONNECTION": "mysql", "DB_DATABASE": "key_edin", "DB_HOST": "writer.example", "DB_READ_HOST": "reader.example", "DB_PORT": "3306",
		"DB_USERNAME": "keyedin", "DB_PASSWORD": "first-password", "KEYEDIN_RELEASE": "1.0", "LOG_CHANNEL": "stderr", "MYSQL_ATTR_SSL_CA": ca,
	}
	maps.Copy(values, own)
	return values
}

// Docker Compose's own reader gives back each value as it was set.
func TestEnvironmentOfServices(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.parameters(nasty())
	h.deployed(inputOf("1.0", "1"))
	got, err := dotenv.Parse(strings.NewReader(h.read("docker/environment")))
	h.must(err)
	if diff := cmp.Diff(wanted(nasty(), h.path("etc/keyedin/database-ca.pem")), got); diff != "" {
		t.Error(diff)
	}
	info, err := os.Stat(h.path("var/lib/keyedin/application.env"))
	h.must(err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("others may read it: %v", info.Mode())
	}
	h.secret()
}

// secret looks for values where none may be.
func (h host) secret() {
	h.t.Helper()
	for _, file := range []string{"calls", "docker/run.command"} {
		for _, value := range []string{"first-password", "base64:", "-----BEGIN", "p\"a"} {
			if strings.Contains(h.read(file), value) {
				h.t.Errorf("%s has a value: %s", file, value)
			}
		}
	}
}

// A one-off container gets the same, and ends the command as it ended.
func TestRun(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.parameters(nasty())
	h.unpack(inputOf("1.0", "1"), "tmp/release") // not deployed yet
	h.write("docker/exit", "42")
	h.must(os.WriteFile(h.path("bin/docker-init"), nil, 0o755))
	out, err := h.command("tmp/release/bin/run", []string{"php", "artisan", "migrate", "--force", "a b", ""}).Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 42 || string(out) != "from the container\n" {
		t.Fatalf("%v %s", err, out)
	}
	ca := h.path("etc/keyedin/database-ca.pem")
	if diff := cmp.Diff(wanted(nasty(), ca), h.inContainer()); diff != "" {
		t.Error(diff)
	}
	first, _, _ := strings.Cut(images(inputOf("1.0", "1")), "\n")
	want := []string{"--rm", "--interactive", "--init", "--log-driver", "none", "--security-opt", "no-new-privileges", "--volume", ca + ":" + ca + ":ro", first, "php", "artisan", "migrate", "--force", "a b", "", ""}
	if diff := cmp.Diff(want, strings.Split(h.read("docker/run.command"), "\n")); diff != "" {
		t.Error(diff)
	}
	if left, _ := os.ReadDir(h.path("var/lib")); len(left) > 0 {
		t.Errorf("something is left: %v", left)
	}
	h.secret()
}

// inContainer is what `docker run` was given: the lines of its file, which are
// what they are, and the variables it took from its own environment.
func (h host) inContainer() map[string]string {
	values := map[string]string{}
	for line := range strings.Lines(h.read("docker/run.file")) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		values[name] = value
	}
	for one := range strings.SplitSeq(strings.TrimSuffix(h.read("docker/run.values"), "\x00"), "\x00") {
		name, value, _ := strings.Cut(one, "=")
		values[name] = strings.TrimSuffix(value, "\n.")
	}
	return values
}

// What would change the docker command itself is refused, not run wrongly.
func TestRunRefuses(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.unpack(inputOf("1.0", "1"), "release")
	if out, err := h.run("release/bin/run"); err == nil || !strings.Contains(out, "usage: run COMMAND...") {
		t.Errorf("%v %s", err, out)
	}
	for _, name := range []string{"HOME", "PATH", "DOCKER_HOST", "LD_PRELOAD", "https_proxy"} {
		h.parameters(map[string]string{name: "a\nb"})
		if out, err := h.run("release/bin/run", "true"); err == nil || !strings.Contains(out, name+" cannot have a line break") {
			t.Errorf("%v %s", err, out)
		}
	}
	h.parameters(map[string]string{"PATH": "/bin", "DOCKER_HOST": "tcp://elsewhere"})
	if out, err := h.run("release/bin/run", "true"); err != nil {
		t.Errorf("%v %s", err, out)
	}
	if got := h.inContainer(); got["DOCKER_HOST"] != "tcp://elsewhere" || got["PATH"] != "/bin" {
		t.Error(slices.Sorted(maps.Keys(got)))
	}
	h.write("aws-fails", "")
	if out, err := h.run("release/bin/run", "true"); err == nil || strings.Contains(out, "Traceback") {
		t.Errorf("%v %s", err, out)
	}
}
