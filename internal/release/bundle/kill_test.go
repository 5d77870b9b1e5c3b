package bundle

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// dies makes Bash end itself before its command number KILL_AT, by the signal
// KILL_WITH.
const dies = `set -T; n=0; trap '[ $((n += 1)) != "$KILL_AT" ] || kill -"$KILL_WITH" $$' DEBUG` + "\n"

// killed runs a script that dies before that command, and tells whether it came
// so far.
func (h host) killed(script string, at int, signal string) bool {
	h.t.Helper()
	h.write("dies", dies)
	out, err := h.command(script, nil, "BASH_ENV="+h.path("dies"), "KILL_AT="+strconv.Itoa(at), "KILL_WITH="+signal).CombinedOutput()
	if err == nil {
		return false
	}
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		h.t.Fatal(err)
	}
	status := exit.Sys().(syscall.WaitStatus)
	if signal == "KILL" && !status.Signaled() {
		h.t.Fatalf("command %d of %s: %v\n%s", at, script, err, out)
	}
	return true
}

// step is how far apart the commands are that a script is killed before: one in
// a complete sweep.
func step() int {
	if os.Getenv("KEYEDIN_SWEEP") != "" {
		return 1
	}
	return 31
}

// A deployment that was killed before any command of it can be done again, and
// ends as one that was not.
func TestKilledAnywhere(t *testing.T) {
	one, two := inputOf("1.0", "1"), inputOf("2.0", "2")
	clean := newHost(t)
	clean.deployed(one)
	wantOne := clean.looks()
	clean.deployed(two)
	wantTwo := clean.looks()
	for i, hook := range hooks() {
		t.Run(hook, func(t *testing.T) {
			t.Parallel()
			for at := 1; ; at += step() {
				h := newHost(t)
				h.before(one, i)
				if !h.killed("archive/hooks/"+hook, at, "KILL") {
					break
				}
				h.deployed(one)
				h.same("the first release", at, wantOne)
				h.before(two, i)
				h.killed("archive/hooks/"+hook, at, "KILL")
				h.deployed(two)
				h.same("the second release", at, wantTwo)
			}
		})
	}
}

// before does the deployment's hooks before number i.
func (h host) before(in Input, i int) {
	h.t.Helper()
	h.unpack(in, "archive")
	h.unpack(in, "opt/keyedin/current")
	for _, hook := range hooks()[:i] {
		if out, err := h.run("archive/hooks/" + hook); err != nil {
			h.t.Fatalf("%v\n%s", err, out)
		}
	}
}

func (h host) same(what string, at int, want looks) {
	h.t.Helper()
	got := h.looks()
	got.Left = without(got.Left, "etc/keyedin/database-ca.pem.") // one of a killed process
	if diff := cmp.Diff(want, got); diff != "" {
		h.t.Errorf("%s, killed before command %d: %s", what, at, diff)
	}
}

func without(names []string, prefix string) []string {
	var rest []string
	for _, name := range names {
		if !strings.HasPrefix(name, prefix) {
			rest = append(rest, name)
		}
	}
	return rest
}

// CodeDeploy ends a hook that takes too long; a first release that is ended
// while it starts gives the placeholder its port back.
func TestEndedAnywhere(t *testing.T) {
	t.Parallel()
	one := inputOf("1.0", "1")
	for i, hook := range hooks() {
		if i == 0 {
			continue
		}
		for at := 1; ; at += step() {
			h := newHost(t)
			h.before(one, i)
			if !h.killed("archive/hooks/"+hook, at, "TERM") {
				break
			}
			got := h.looks()
			well := got.Recorded != "" && got.Running != "" // it was ended after it was well
			untouched := i == 1 && got.Running == "" || i == 2 && got.Running != "" && !strings.Contains(h.read("calls"), "127.0.0.1")
			if !well && !untouched && !got.Placeholder {
				t.Errorf("%s ended before command %d: %+v", hook, at, got)
			}
			if got.Placeholder && (got.Running != "" || got.Released) {
				t.Errorf("%s ended before command %d: %+v", hook, at, got)
			}
		}
	}
}
