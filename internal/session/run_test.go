package session

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// program puts a program in the place of the release's, and returns the script
// that runs it.
func program(t *testing.T, text string, command ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run")
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	lines, err := script(command)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(strings.Join(lines, "\n"), runner, path)
}

// TestScriptEndsAsTheCommandDoes runs the script as the agent does.
func TestScriptEndsAsTheCommandDoes(t *testing.T) {
	t.Parallel()
	for _, code := range []int{0, 1, 3, 126, 127, 255} {
		c := exec.Command("/bin/sh", "-c", program(t, "#!/bin/sh\necho \"$1\"\ncat\nexit $2\n", "it's", string(itoa(code))))
		c.Stdin = strings.NewReader("nobody reads this")
		out, _ := c.Output() // its end is the exit code
		if c.ProcessState.ExitCode() != code || string(out) != "it's\n" {
			t.Errorf("with %d it ended with %d: %q", code, c.ProcessState.ExitCode(), out)
		}
	}
	lines, err := script([]string{"true"})
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command("/bin/sh", "-c", strings.Join(lines, "\n"))
	var said strings.Builder
	c.Stderr = &said
	_ = c.Run() // as above
	if c.ProcessState.ExitCode() != noRunnerCode || !strings.Contains(said.String(), noRunner) {
		t.Errorf("without a release it ended with %d: %q", c.ProcessState.ExitCode(), said.String())
	}
}

func itoa(n int) []byte {
	if n < 10 {
		return []byte{byte('0' + n)}
	}
	return append(itoa(n/10), byte('0'+n%10))
}

// TestKilledScriptEndsItsCommand kills the shell with its process group, as the
// agent does, and wants the command to hear of it.
func TestKilledScriptEndsItsCommand(t *testing.T) {
	t.Parallel()
	ended := filepath.Join(t.TempDir(), "ended")
	begun := filepath.Join(t.TempDir(), "begun")
	c := exec.Command("/bin/sh", "-c", program(t, "#!/bin/sh\ntrap 'echo > "+ended+"; exit 1' TERM\necho > "+begun+"\nwhile :; do sleep 0.1; done\n", "x"))
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, begun)
	if err := syscall.Kill(-c.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // it was killed
	await(t, ended)
}

// await waits for a file, as long as a test may take.
func await(t *testing.T, path string) {
	t.Helper()
	for range 600 {
		if _, err := os.Stat(path); err == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("%s did not come", filepath.Base(path))
}

func TestCommandsThatCannotBeSent(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"\xff", "a\x00b"} {
		_, err := script([]string{"echo", word})
		if _, bad := errors.AsType[*BadCommand](err); !bad {
			t.Errorf("%q: %v", word, err)
		}
	}
}

// TestOutputOnce gives output on once, whichever way it comes.
func TestOutputOnce(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", Kept)
	for name, c := range map[string]struct {
		logged []string
		kept   string
		want   string
		cut    bool
	}{
		"logs alone":          {logged: []string{"a", "b\n", "c"}, kept: "a\nb\nc\n", want: "a\nb\nc\n"},
		"no logs":             {kept: "a\nb\n", want: "a\nb\n"},
		"logs that are late":  {logged: []string{"a\n"}, kept: "a\nb\n", want: "a\nb\n"},
		"nothing":             {},
		"long, in logs":       {logged: []string{long + "\n", "end\n"}, kept: long[:Kept-30] + "\n" + truncated, want: long + "\nend\n"},
		"long, not in logs":   {kept: long[:Kept-30] + "\n" + truncated, want: long[:Kept-30] + "\n", cut: true},
		"logs without a part": {logged: []string{"b\n"}, kept: "a\nb\n", want: "b\na\nb\n"},
	} {
		got := ""
		l := &tail{out: Output{Stdout: func(s string) { got += s }}}
		for _, text := range c.logged {
			l.give(0, text)
		}
		cut := l.rest(Ran{Stdout: c.kept})
		if strings.TrimRight(got, "\n") != strings.TrimRight(c.want, "\n") || cut != c.cut {
			t.Errorf("%s: %.80q, cut %v", name, got, cut)
		}
	}
}
