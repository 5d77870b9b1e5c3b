package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
)

// TestMain lets the test binary be keyedin itself when it is called so.
func TestMain(m *testing.M) {
	// Most of the time of a test is waiting for another process. -parallel wins over this.
	if err := flag.Set("test.parallel", strconv.Itoa(2*runtime.GOMAXPROCS(0))); err != nil {
		panic(err)
	}
	testscript.Main(m, map[string]func(){"keyedin": func() { useResolver(); main() }})
}

// place is a folder with a config, and an AWS account of its own.
type place struct {
	*bench.Bench
	t   *testing.T
	dir string
	env []string // more variables for keyedin
}

// result is how one run of keyedin ended. A killed one has code -1.
type result struct {
	code     int
	out, err string
	took     time.Duration
}

// arrive makes a place, with the config that init writes and a change of it.
func arrive(t *testing.T, edits ...func(string) string) *place {
	t.Helper()
	p := &place{Bench: bench.Start(t), t: t, dir: t.TempDir()}
	if r := p.run("init"); r.code != 0 {
		t.Fatalf("init: %s", r.err)
	}
	p.edit(edits...)
	return p
}

// edit changes the config.
func (p *place) edit(edits ...func(string) string) {
	p.t.Helper()
	path := filepath.Join(p.dir, "keyedin.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, edit := range edits {
		text = []byte(edit(string(text)))
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// executable is this binary under the name keyedin.
var executable = sync.OnceValues(func() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "keyedin-test")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "keyedin")
	return path, os.Symlink(self, path)
})

// command is keyedin with arguments, in the place.
func (p *place) command(args ...string) *exec.Cmd {
	p.t.Helper()
	path, err := executable()
	if err != nil {
		p.t.Fatal(err)
	}
	c := exec.Command(path, args...)
	c.Dir = p.dir
	c.Env = append(append(os.Environ(), p.Env()...), p.env...)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return c
}

// run runs keyedin to its end.
func (p *place) run(args ...string) result {
	p.t.Helper()
	return p.finish(p.command(args...))
}

func (p *place) finish(c *exec.Cmd) result {
	p.t.Helper()
	var out, stderr bytes.Buffer
	c.Stdout, c.Stderr = &out, &stderr
	start := time.Now()
	err := c.Run()
	r := result{out: out.String(), err: stderr.String(), took: time.Since(start)}
	var ended *exec.ExitError
	switch {
	case errors.As(err, &ended):
		r.code = ended.ExitCode()
	case err != nil:
		p.t.Fatal(err)
	}
	return r
}

// must runs keyedin and wants it to end well.
func (p *place) must(args ...string) result {
	p.t.Helper()
	r := p.run(args...)
	if r.code != 0 {
		p.t.Fatalf("keyedin %v ended with %d:\n%s\n%s", args, r.code, r.out, r.err)
	}
	return r
}

// object reads an answer in JSON.
func (p *place) object(r result) map[string]any {
	p.t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(r.out), &v); err != nil {
		p.t.Fatalf("the answer is not JSON: %v\n%s", err, r.out)
	}
	return v
}
