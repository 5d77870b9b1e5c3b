package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// machine is a folder that stands for an instance.
type machine struct {
	t    *testing.T
	root string
}

// newMachine has stand-ins for the tools, and a release whose bin/run runs what it is given.
func newMachine(t *testing.T) machine {
	t.Helper()
	m := machine{t, t.TempDir()}
	m.put("environment", "KEYEDIN_REGION=eu-west-1\n", 0o644)
	m.put("bin/aws", "#!/bin/sh\necho \"$@\" >>"+m.at("fetched")+"\nfor to; do :; done\necho zip >\"$to\"\n", 0o755)
	m.put("bin/unzip", "#!/bin/sh\nfor to; do :; done\nmkdir -p \"$to/bin\"\ncp "+m.at("run")+" \"$to/bin/run\"\n", 0o755)
	m.put("run", "#!/bin/sh\n[ -d /proc/self/fd ] && [ -e /proc/self/fd/9 ] && echo 'the lock leaks'\necho once >>"+m.at("ran")+"\nexec \"$@\"\n", 0o755)
	return m
}

func (m machine) at(name string) string { return filepath.Join(m.root, name) }

func (m machine) put(name, text string, mode os.FileMode) {
	m.t.Helper()
	if err := os.MkdirAll(filepath.Dir(m.at(name)), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(m.at(name), []byte(text), mode); err != nil {
		m.t.Fatal(err)
	}
}

// run runs the script for a record as Systems Manager does.
func (m machine) run(r Record) (string, int) {
	m.t.Helper()
	s := &Site{Bucket: "private", Releases: "releases/"}
	text := strings.NewReplacer("/etc/keyedin/environment", m.at("environment"), "/var/lib/keyedin", m.at("lib")).
		Replace(strings.Join(s.script(r), "\n"))
	c := exec.Command("sh", "-c", text)
	c.Env = append(os.Environ(), "PATH="+m.at("bin")+":"+os.Getenv("PATH"), "TMPDIR="+m.at(""))
	out, err := c.CombinedOutput()
	if err != nil && c.ProcessState == nil {
		m.t.Fatal(err)
	}
	return string(out), c.ProcessState.ExitCode()
}

func (m machine) lines(name string) int {
	text, _ := os.ReadFile(m.at(name)) // none is no line
	return strings.Count(string(text), "\n")
}

func record(command, token string) Record {
	return Record{Version: "1.4.0", Token: token, Before: &Before{Command: command}}
}

// The command runs in the new release, with its words as they are, and what it
// ends with is what the script ends with.
func TestBeforeScript(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	out, code := m.run(record(`echo "it's" '$HOME' && exit 3`, "one"))
	if code != 3 || out != "it's $HOME\n" {
		t.Errorf("ended with %d: %q", code, out)
	}
	braces := record("echo '{{ ssm:secret }}'", "braces")
	if text := strings.Join((&Site{}).script(braces), "\n"); strings.Contains(text, "{{") {
		t.Errorf("Systems Manager would look for a parameter in %s", text)
	}
	if out, code := m.run(braces); code != 0 || out != "{{ ssm:secret }}\n" {
		t.Errorf("braces ended with %d: %q", code, out)
	}
	fetched, _ := os.ReadFile(m.at("fetched"))
	if !strings.Contains(string(fetched), "--region eu-west-1 s3://private/releases/1.4.0/bundle.zip") {
		t.Errorf("fetched %s", fetched)
	}
	left, err := filepath.Glob(m.at("tmp*"))
	if err != nil || len(left) > 0 {
		t.Errorf("it left %v, %v", left, err)
	}
}

// Sent twice, at once or one after the other, it runs once.
func TestBeforeRunsOnce(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if out, code := m.run(record("sleep 0.1; exit 7", "one")); code != 7 {
				t.Errorf("ended with %d: %s", code, out)
			}
		})
	}
	all.Wait()
	if n := m.lines("ran"); n != 1 {
		t.Errorf("it ran %d times", n)
	}
	if _, code := m.run(record("true", "two")); code != 0 || m.lines("ran") != 2 {
		t.Errorf("another one ended with %d after %d runs", code, m.lines("ran"))
	}
}

// What cannot be fetched is no success, and may be tried again.
func TestBeforeWithoutArchive(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.put("bin/aws", "#!/bin/sh\necho 'fatal error: 403' >&2\nexit 1\n", 0o755)
	if out, code := m.run(record("true", "one")); code != 1 || !strings.Contains(out, "403") {
		t.Errorf("ended with %d: %s", code, out)
	}
	if n := m.lines("ran"); n != 0 {
		t.Errorf("it ran %d times", n)
	}
}

func TestBeforeIsClean(t *testing.T) {
	t.Parallel()
	path, err := exec.LookPath("shellcheck")
	if err != nil {
		t.Skip("no shellcheck")
	}
	c := exec.Command(path, "-s", "sh", "-e", "SC1091,SC2154", "-")
	c.Stdin = strings.NewReader(beforeScript)
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
