package main

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// screen is a terminal with a keyedin at it.
type screen struct {
	*running
	keys *os.File
	text *lines
}

// terminal runs keyedin at a terminal of its own.
func (p *place) terminal(env []string, args ...string) *screen {
	p.t.Helper()
	keys, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		p.t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(keys.Fd()), unix.TIOCGPTN)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(keys.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		p.t.Fatal(err)
	}
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		p.t.Fatal(err)
	}
	s := &screen{running: &running{Cmd: p.command(args...), t: p.t, ended: make(chan struct{})}, keys: keys, text: &lines{}}
	s.out, s.err = s.text, s.text
	s.Env = append(append(s.Env, "TERM=xterm-256color"), env...)
	s.Stdin, s.Stdout, s.Stderr = tty, tty, tty
	s.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := s.Start(); err != nil {
		p.t.Fatal(err)
	}
	tty.Close()
	shown := make(chan struct{})
	go func() {
		_, _ = io.Copy(s.text, keys) // ends with an error when the last of its users has ended
		close(shown)
	}()
	go func() {
		_ = s.Wait() // how it ended is in ProcessState
		<-shown
		close(s.ended)
	}()
	p.t.Cleanup(func() {
		_ = s.Process.Kill() // one that has ended does not mind
		keys.Close()
	})
	return s
}

// answer waits for a question and types.
func (s *screen) answer(question, keys string) *screen {
	s.t.Helper()
	for deadline := time.Now().Add(patience); !strings.Contains(s.text.String(), question); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("it does not ask %q:\n%s", question, s.text)
		}
	}
	if _, err := io.WriteString(s.keys, keys); err != nil {
		s.t.Fatal(err)
	}
	return s
}

var escapes = regexp.MustCompile("\x1b\\[[0-9;]*[A-Za-z]")

// plain is what a person reads, line by line.
func plain(text string) []string {
	lines := strings.Split(escapes.ReplaceAllString(text, ""), "\n")
	for i, line := range lines {
		line = strings.TrimRight(line, "\r")
		lines[i] = line[strings.LastIndex(line, "\r")+1:] // what was written over
	}
	return lines
}

// A person is asked before anything is made, and no is no.
func TestQuestions(t *testing.T) {
	t.Parallel()
	p := arrive(t)
	for name, c := range map[string]struct {
		question, keys, says string
		code                 int
	}{
		"no":     {"Make it?", "no\n", "not confirmed; nothing was changed", 1},
		"ctrl-c": {"Make it?", "\x03", "interrupted", 130},
		"ctrl-d": {"Make it?", "\x04", "nobody answered", 1},
	} {
		if r := p.terminal(nil, "apply").answer(c.question, c.keys).end(); r.code != c.code || !strings.Contains(r.out, c.says) {
			t.Errorf("%s: ended with %d, not %d and %q:\n%s", name, r.code, c.code, c.says, r.out)
		}
	}
	if w := p.World(t); len(w) > 0 {
		t.Fatalf("something was made: %v", w.Names())
	}
	p.terminal(nil, "apply").answer("Make it?", "yes\n").answer("Do it?", "\x03").end()
	p.run("unlock").prints(t, "is not locked")
	if w := p.World(t).Kinds(); w["vpc"] > 0 || w["bucket"] != 1 {
		t.Fatalf("more than the bucket was made: %v", w)
	}
	r := p.terminal(nil, "apply").answer("Do it?", "y\n").end()
	if r.code != 0 || !strings.Contains(r.out, " created, 0 changed, 0 deleted") {
		t.Errorf("apply ended with %d:\n%s", r.code, r.out)
	}
	narrow(t, r.out)
	p.image("keyedin/nginx")
	p.edit(func(config string) string {
		return strings.Replace(config, "[keyedin/backend, keyedin/nginx]", "[keyedin/backend]", 1)
	})
	if r := p.terminal(nil, "apply").answer("DATA IS LOST", "").answer("(type repository/keyedin/nginx)", "yes\n").end(); r.code != 1 {
		t.Errorf("yes was taken for the name of what is lost:\n%s", r.out)
	}
	r = p.terminal(nil, "apply").answer("(type repository/keyedin/nginx)", "repository/keyedin/nginx\n").answer("Do it?", "yes\n").end()
	if r.code != 0 {
		t.Errorf("ended with %d:\n%s", r.code, r.out)
	}
	if r := p.terminal(nil, "destroy", "--lift-protection").answer("Destroy it?", "yes\n").end(); r.code != 1 {
		t.Errorf("destroy takes yes for the name: %d\n%s", r.code, r.out)
	}
	r = p.terminal(nil, "destroy", "--lift-protection").answer("Destroy it?", "production\n").end()
	if r.code != 0 || !strings.Contains(strings.Join(plain(r.out), " "), "Nothing of production is left") {
		t.Errorf("destroy ended with %d:\n%s", r.code, r.out)
	}
}

// narrow checks that lines fit a terminal of 80 columns, names of AWS aside.
func narrow(t *testing.T, text string) {
	t.Helper()
	for _, line := range plain(text) {
		if n := len([]rune(line)); n > 80 && !strings.Contains(line, "amazonaws.com") && !strings.Contains(line, "arn:aws:") {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

// Colour is for terminals that want it, and for nothing else.
func TestColour(t *testing.T) {
	t.Parallel()
	p := arrive(t)
	for name, c := range map[string]struct {
		env, args []string
		colour    bool
	}{
		"a terminal": {nil, []string{"plan"}, true},
		"NO_COLOR":   {[]string{"NO_COLOR=1"}, []string{"plan"}, false},
		"--no-color": {nil, []string{"plan", "--no-color"}, false},
		"a dumb one": {[]string{"TERM=dumb"}, []string{"plan"}, false},
	} {
		r := p.terminal(c.env, c.args...).end()
		if got := regexp.MustCompile("\x1b\\[[0-9;]*3[0-9]m").MatchString(r.out); got != c.colour || r.code != 0 {
			t.Errorf("%s: colour %v, ended with %d:\n%q", name, got, r.code, r.out)
		}
		narrow(t, r.out)
	}
	if r := p.run("plan"); strings.Contains(r.out+r.err, "\x1b") {
		t.Errorf("not at a terminal:\n%q", r.out+r.err)
	}
	for _, args := range [][]string{{}, {"apply", "--help"}, {"status"}, {"history"}, {"apply", "nowhere.plan"}, {"plan", "now"}, {"--config", "nowhere.yaml", "plan"}} {
		narrow(t, p.terminal(nil, args...).end().out)
	}
}
