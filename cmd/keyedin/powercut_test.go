package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
	"github.com/keyedin-app/keyedin-infra/internal/sandbox/proxy"
)

// unprotected lets destroy take everything.
func unprotected(config string) string {
	return strings.Replace(config, "protect: true", "protect: false", 1)
}

// TestPowerCut takes the power away before calls of an apply, a change and a
// destroy, in an account that is as stern as AWS and in a lenient one: the same
// command again must come to the world of an undisturbed run. A sweep takes it
// before each call that changes anything.
func TestPowerCut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		command []string
		stride  int // of the calls that are cut when it is no sweep
		place   func(*testing.T) *place
	}{
		"apply":   {[]string{"apply", "--yes"}, 45, func(t *testing.T) *place { return arrive(t, unprotected) }},
		"destroy": {destroyAll, 35, func(t *testing.T) *place { return applied(t, unprotected) }},
		"change": {[]string{"apply", "--yes"}, 25, func(t *testing.T) *place {
			p := applied(t, unprotected)
			p.edit(with("backup-days: 7", "backup-days: 9"), with("requests-per-target: 1000", "requests-per-target: 800"),
				with("allow: [203.0.113.0/24]", "allow: [198.51.100.0/24]"), with("tags: {}", "tags: {team: web}"), repository,
				with("messages: []", "messages: [deploy]"))
			return p
		}},
		"change back": {[]string{"apply", "--yes"}, 5, func(t *testing.T) *place {
			p := applied(t, unprotected, repository)
			p.edit(with("github: keyedin-app/shop", `github: ""`)) // the provider stays: it is the account's
			return p
		}},
	} {
		for _, stern := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, stern %v", name, stern), func(t *testing.T) {
				t.Parallel()
				p := c.place(t)
				if stern {
					p.Stern(t, bench.Stern{})
				}
				p.cuts(t, c.stride, c.command)
			})
		}
	}
}

// cuts runs a command, and runs it again from what was there before some of its
// mutating calls.
func (p *place) cuts(t *testing.T, stride int, command []string) {
	points := p.points(stride, command...)
	want := p.World(t)
	for _, at := range points {
		t.Run(at.name, func(t *testing.T) {
			t.Parallel()
			at.place.t = t
			at.must(command...)
			if d := cmp.Diff(want, at.World(t)); d != "" {
				t.Errorf("the world differs from an undisturbed run (-want +got):\n%s", d)
			}
			if command[0] == "apply" {
				at.settled()
			}
		})
	}
}

// point is what is left when the power goes before a call.
type point struct {
	*place
	name string
}

// points runs a command and copies the account and the folder before each
// stride-th of its mutating calls, or before each in a sweep.
func (p *place) points(stride int, command ...string) []point {
	p.t.Helper()
	var mu sync.Mutex
	var points []point
	calls := 0
	if complete() {
		stride = 1
	}
	p.Add(proxy.Rule{Name: "copy", Match: func(c proxy.Call) bool { return c.Mutating() }, Hook: func(c proxy.Call) {
		mu.Lock()
		defer mu.Unlock()
		if calls++; calls%stride != 0 {
			return
		}
		copied := &place{Bench: p.Fork(p.t), t: p.t, dir: p.t.TempDir(), env: p.env}
		if err := os.CopyFS(copied.dir, os.DirFS(p.dir)); err != nil {
			p.t.Error(err)
		}
		points = append(points, point{copied, fmt.Sprintf("call %d, %s", calls, c)})
	}})
	p.must(command...)
	p.Calm()
	p.t.Logf("%d of %d calls are cut", len(points), calls)
	return points
}

// TestKilled kills keyedin itself before and after calls of an apply: nothing
// that a process does when it ends is needed.
func TestKilled(t *testing.T) {
	t.Parallel()
	want := applied(t).World(t)
	for i, at := range []int{20, 60, 100} {
		after := i%2 == 0
		t.Run(fmt.Sprintf("call %d, after %v", at, after), func(t *testing.T) {
			t.Parallel()
			p := ironside(t, bench.Stern{Seed: uint64(at)})
			p.cut(at, after, "apply", "--yes")
			p.must("apply", "--yes")
			if d := cmp.Diff(want, p.World(t)); d != "" {
				t.Errorf("the world differs from an undisturbed run (-want +got):\n%s", d)
			}
			p.settled()
		})
	}
}

// TestRecoveredIsSaid kills keyedin once AWS has made something that is not
// recorded yet; the next apply goes on with it, and says so.
func TestRecoveredIsSaid(t *testing.T) {
	t.Parallel()
	p := arrive(t)
	c := p.command("apply", "--yes")
	p.Add(proxy.Rule{Name: "made", Operation: "ec2:CreateSubnet", Lost: true, Hook: func(proxy.Call) { _ = c.Process.Kill() }})
	p.finish(c)
	p.Calm()
	if r := p.must("apply", "--yes"); !recovered.MatchString(r.err + r.out) {
		t.Errorf("nothing was recovered: %s%s", r.out, r.err)
	}
	p.settled()
}

var recovered = regexp.MustCompile(`recovered [1-9][0-9]* interrupted creates`)

// cut runs keyedin and kills it at a mutating call.
func (p *place) cut(at int, after bool, args ...string) {
	p.t.Helper()
	c := p.command(args...)
	// Whatever the dying process still sends is refused, as the wire is cut too.
	p.CutPower(proxy.Cut{At: at, After: after, Hook: func(proxy.Call) { _ = c.Process.Kill() }})
	r := p.finish(c)
	if !p.IsCut() {
		p.t.Logf("it ended with %d before call %d:\n%s", r.code, at, r.err)
	}
	p.Clear()
}

// settled checks that a further apply changes nothing.
func (p *place) settled() {
	p.t.Helper()
	p.Clear()
	p.must("apply", "--yes")
	infrastructure := p.Record().Class(proxy.Change)
	if len(infrastructure) > 0 {
		p.t.Errorf("a further apply made %d changing calls: %v", len(infrastructure), infrastructure.Count())
	}
}
