package session

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// NotRun reports a command that did not come to its own end.
type NotRun struct {
	Machine string
	Status  string
	Within  time.Duration
}

func (e *NotRun) Error() string {
	switch types.CommandInvocationStatus(e.Status) {
	case types.CommandInvocationStatusTimedOut:
		return fmt.Sprintf("the command was ended on %s: it did not end by itself within %s, or the machine did not take it", e.Machine, e.Within)
	case types.CommandInvocationStatusCancelled:
		return fmt.Sprintf("the command was cancelled on %s", e.Machine)
	}
	return fmt.Sprintf("the command did not run on %s: %s", e.Machine, e.Status)
}

// Watch gives on a command's output as it comes, until it has ended. cut is
// whether some of the output is nowhere to be had.
func (r Runner) Watch(ctx context.Context, id string, o OneOff, out Output) (ran Ran, cut bool, err error) {
	t := &tail{
		logs: Logs{Logs: r.Logs, Groups: []LogGroup{{Short: "run", Name: r.Group}}}, id: id, out: out,
		since: time.Now().Add(-time.Minute), seen: following{seen: map[string]time.Time{}},
	}
	wait := soonest
	for unseen := 0; ; wait = min(wait*3/2, slowest) {
		ran, ended, known, err := r.look(ctx, id, o.Machine)
		if err != nil {
			return ran, false, err
		}
		if !known {
			if unseen++; unseen > unknownFor {
				return ran, false, &NotRun{Machine: o.Machine, Status: "AWS does not know it"}
			}
		}
		t.more(ctx)
		if ended {
			return r.finish(ctx, t, ran, o)
		}
		if err := r.Pause(ctx, wait); err != nil {
			return ran, false, err
		}
	}
}

// patienceForLogs is how many looks without anything new end the wait for the
// last of the output.
const patienceForLogs = 4

// finish gives on the rest, out of the logs or else out of what AWS keeps.
func (r Runner) finish(ctx context.Context, t *tail, ran Ran, o OneOff) (Ran, bool, error) {
	long := isCut(ran.Stdout) || isCut(ran.Stderr)
	for n := 0; n < patienceForLogs && (long || t.any() && !t.has(ran)); n++ {
		if err := r.Pause(ctx, soonest); err != nil {
			return ran, false, err
		}
		if t.more(ctx) {
			n = 0
		}
	}
	if ran.Code == noRunnerCode && strings.Contains(ran.Stderr, noRunner) {
		return ran, false, &NoRelease{Machine: o.Machine}
	}
	cut := t.rest(ran)
	switch status := types.CommandInvocationStatus(ran.Status); {
	case status == types.CommandInvocationStatusSuccess, status == types.CommandInvocationStatusFailed && ran.Code > 0:
		return ran, cut, nil
	}
	return ran, cut, &NotRun{Machine: o.Machine, Status: ran.Status, Within: o.Within}
}

// Output is where a command's output goes.
type Output struct{ Stdout, Stderr func(text string) }

// tail reads a command's output from the logs, where the agent writes it about
// once a second. What was given on of the two streams is kept as far as AWS
// keeps it too, to know what is missing.
type tail struct {
	logs  Logs
	id    string
	since time.Time
	out   Output
	seen  following
	begun [2]string // of stdout, stderr
}

// errorStream is the end of the name of a stream: COMMAND/MACHINE/PLUGIN/stderr.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-rc-setting-up-cwlogs.html
const errorStream = "/stderr"

// more gives on what is new, and tells whether something was. That the logs
// cannot be read is no failure: they are a help.
func (t *tail) more(ctx context.Context) bool {
	all, err := t.logs.all(ctx, t.logs.Groups, LogQuery{Since: t.since, Streams: t.id + "/"})
	if err != nil {
		return false
	}
	fresh := t.seen.fresh(all)
	for _, e := range fresh {
		if strings.Contains(e.Text, noRunner) {
			continue // it has words of its own
		}
		which := 0
		if strings.HasSuffix(e.Stream, errorStream) {
			which = 1
		}
		t.give(which, e.Text)
	}
	return len(fresh) > 0
}

func (t *tail) give(which int, text string) {
	if text == "" {
		return
	}
	if !strings.HasSuffix(text, "\n") { // the agent leaves out the last one
		text += "\n"
	}
	if len(t.begun[which]) < Kept {
		t.begun[which] += text
	}
	if which == 1 {
		t.out.Stderr(text)
		return
	}
	t.out.Stdout(text)
}

func (t *tail) any() bool { return t.begun[0]+t.begun[1] != "" }

// has tells whether all that AWS kept was given on.
func (t *tail) has(ran Ran) bool {
	for which, kept := range []string{ran.Stdout, ran.Stderr} {
		if len(t.begun[which]) < len(whole(kept)) {
			return false
		}
	}
	return true
}

// rest gives on what AWS kept and the logs do not have; cut is whether there was
// more than that.
func (t *tail) rest(ran Ran) (cut bool) {
	for which, kept := range []string{ran.Stdout, ran.Stderr} {
		have, all := strings.TrimRight(t.begun[which], "\n"), whole(kept)
		if len(have) >= len(all) {
			continue
		}
		left, begins := strings.CutPrefix(all, have)
		if !begins {
			left = all // the logs have a part of it: better twice than not at all
		}
		t.give(which, strings.TrimLeft(left, "\n"))
		cut = cut || isCut(kept)
	}
	return cut
}

// truncated is what the agent puts at the end of output that it cut.
const truncated = "--output truncated--"

func isCut(kept string) bool {
	return len(kept) >= Kept || strings.HasSuffix(strings.TrimRight(kept, "\n"), truncated)
}

// whole is kept output without the agent's own words, and without its last line
// break.
func whole(kept string) string {
	text, _ := strings.CutSuffix(strings.TrimRight(kept, "\n"), truncated)
	return strings.TrimRight(text, "\n")
}
