package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/proxy"
)

// sampled is how many of the calls are cut when the sweep is not complete.
const sampled = 5

// unprotected lets destroy take everything.
func unprotected(config string) string {
	return strings.Replace(config, "protect: true", "protect: false", 1)
}

// TestPowerCutOfApply kills keyedin before and after mutating calls of the
// first apply; the next apply must come to the world of an undisturbed run.
// All calls are cut with KEYEDIN_SWEEP=1.
func TestPowerCutOfApply(t *testing.T) {
	t.Parallel()
	calm := arrive(t)
	calm.must("apply", "--yes")
	want, calls := calm.World(t), len(calm.Record().Mutating())
	for _, at := range chosen(calls) {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("call %d of %d, after %v", at, calls, after), func(t *testing.T) {
				t.Parallel()
				p := arrive(t)
				p.cut(at, after, "apply", "--yes")
				p.must("apply", "--yes")
				if d := cmp.Diff(want, p.World(t)); d != "" {
					t.Errorf("the world differs from an undisturbed run (-want +got):\n%s", d)
				}
				p.settled()
			})
		}
	}
}

// TestPowerCutOfDestroy does the same with destroy, which must leave nothing.
func TestPowerCutOfDestroy(t *testing.T) {
	t.Parallel()
	calm := arrive(t, unprotected)
	calm.must("apply", "--yes")
	calm.Clear()
	calm.must("destroy", "--yes", "--environment", "production")
	want, calls := calm.World(t), len(calm.Record().Mutating())
	for _, at := range chosen(calls) {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("call %d of %d, after %v", at, calls, after), func(t *testing.T) {
				t.Parallel()
				p := arrive(t, unprotected)
				p.must("apply", "--yes")
				p.Clear()
				p.cut(at, after, "destroy", "--yes", "--environment", "production")
				p.must("destroy", "--yes", "--environment", "production")
				if d := cmp.Diff(want, p.World(t)); d != "" {
					t.Errorf("the world differs from an undisturbed run (-want +got):\n%s", d)
				}
			})
		}
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

// chosen are the calls to cut: all of them, or some spread evenly.
func chosen(calls int) []int {
	n := sampled
	if complete() {
		n = calls
	}
	var at []int
	for i := range n {
		at = append(at, 1+i*(calls-1)/max(1, n-1))
	}
	return at
}

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
