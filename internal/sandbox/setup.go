package sandbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

// launch is what it takes to start a sandbox.
type launch struct {
	python  string // the interpreter
	program string // the folder of the program
	digest  string
}

// prepare unpacks the program and finds a Python to run it: the user's own where that has the pinned packages, else one
// in a virtual environment of the sandbox's, which is made once. The lock must be held.
func (h home) prepare(ctx context.Context, lock *os.File, log io.Writer) (launch, error) {
	p, err := readProgram()
	if err != nil {
		return launch{}, err
	}
	dir, err := h.unpack(p)
	if err != nil {
		return launch{}, err
	}
	packages := needed(p.requirements())
	base, err := findPython(ctx, packages)
	if err != nil {
		return launch{}, err
	}
	l := launch{base.Path, dir, p.digest}
	if len(base.Lacks) > 0 {
		l.python, err = h.virtual(ctx, base, p, packages, setup{lock, log})
	}
	return l, err
}

// Python returns the path of a Python that has the sandbox's packages, moto and boto3 among them, and sets one up if need
// be. Log hears of it; nil: nobody.
func Python(ctx context.Context, log io.Writer) (string, error) {
	h, err := openHome()
	if err != nil {
		return "", err
	}
	lock, err := h.lock(ctx, log)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	l, err := h.prepare(ctx, lock, log)
	return l.python, err
}

// virtual returns the Python of the virtual environment for these requirements, and makes it unless it is complete.
func (h home) virtual(ctx context.Context, base python, p program, packages []string, s setup) (string, error) {
	sum := sha256.Sum256(append(p.requirements(), base.version()...))
	dir := h.path("python-" + hex.EncodeToString(sum[:])[:12])
	inside := filepath.Join(dir, "bin", "python3")
	if runtime.GOOS == "windows" {
		inside = filepath.Join(dir, "Scripts", "python.exe")
	}
	complete := filepath.Join(dir, "complete")
	if _, err := os.Stat(complete); err == nil {
		// The Python below it may have been upgraded or removed since.
		if has, err := askPython(ctx, inside, packages); err == nil && len(has.Lacks) == 0 {
			return inside, nil
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		return "", unwritable(string(h), err)
	}
	say(s.log, "Setting up the sandbox in %s, once: this takes a minute or two", string(h))
	if err := s.run(ctx, "python3 -m venv", base.Path, "-m", "venv", dir); err != nil {
		return "", fmt.Errorf("the sandbox's Python environment cannot be made: %w.\n"+
			"On Debian and Ubuntu, venv is a package of its own: sudo apt-get install python3-venv", err)
	}
	list := filepath.Join(dir, "requirements.txt")
	if err := os.WriteFile(list, p.requirements(), 0o600); err != nil {
		return "", unwritable(string(h), err)
	}
	err := s.run(ctx, "pip install", inside, "-m", "pip", "install", "--disable-pip-version-check", "--no-input",
		"--progress-bar", "off", "-r", list)
	if err != nil {
		return "", fmt.Errorf("the sandbox's Python packages cannot be installed: %w.\n"+
			"They come from pip's package index: look at the connection, and at PIP_INDEX_URL and HTTPS_PROXY if you need them,\n"+
			"then run the same command again", err)
	}
	if err := os.WriteFile(complete, nil, 0o600); err != nil {
		return "", unwritable(string(h), err)
	}
	return inside, nil
}

// setup is one run of the set-up.
type setup struct {
	lock *os.File
	log  io.Writer
}

// moving is how often the set-up says that it is alive.
const moving = 5 * time.Second

// run runs a step of the set-up and says now and then what it last said. The error ends in the step's last lines.
func (s setup) run(ctx context.Context, name, path string, args ...string) error {
	said := &tail{}
	command := exec.CommandContext(ctx, path, args...)
	command.Env, command.Stdout, command.Stderr = clean(), said, said
	command.WaitDelay = patience
	inherit(command, s.lock) // a step outlives a killed keyedin, and must not meet the next one's
	if err := command.Start(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- command.Wait() }()
	tick := time.NewTicker(moving)
	defer tick.Stop()
	for start := time.Now(); ; {
		select {
		case err := <-done:
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				return fmt.Errorf("%s failed (%w) and said last:\n%s", name, err, said.last(6))
			}
			return nil
		case <-tick.C:
			say(s.log, "  %s, %d s: %s", name, int(time.Since(start).Seconds()), shortened(said.last(1)))
		}
	}
}

func shortened(line string) string {
	if line = strings.TrimSpace(line); len(line) > 60 {
		return line[:57] + "..."
	}
	return line
}

// clean is the environment without anything that leads to an AWS account.
func clean() []string {
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "AWS_") {
			env = append(env, v)
		}
	}
	return append(env, "PYTHONUNBUFFERED=1")
}

// tail keeps the last of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	t.text = t.text[max(0, len(t.text)-4000):]
	return len(p), nil
}

// last are the last n lines that are not blank.
func (t *tail) last(n int) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return lastLines(t.text, n)
}

func lastLines(text []byte, n int) string {
	lines := bytes.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' })
	var kept []string
	for _, line := range lines {
		if line = bytes.TrimRight(line, " "); len(line) > 0 {
			kept = append(kept, "  "+string(line))
		}
	}
	return strings.Join(kept[max(0, len(kept)-n):], "\n")
}

// errEarly is the end of a server that should go on.
var errEarly = errors.New("the sandbox ended before it answered")
