package main

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/proxy"
)

// TestDisturbedFromAfar applies over a long way, while a tenth of all calls is
// refused as too fast, and the answer of each twentieth changing call is lost
// after AWS did it. One run comes to the world of an undisturbed one, and makes
// nothing twice.
func TestDisturbedFromAfar(t *testing.T) {
	t.Parallel()
	calm := applied(t)
	want := calm.World(t)
	for _, seed := range seeds(2, 20) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			p := arrive(t)
			p.SetLatency(distance)
			p.Add(proxy.Rule{
				Name: "lost", Match: func(c proxy.Call) bool { return c.Mutating() }, Rate: 0.05, Seed: seed, Lost: true,
			})
			p.Add(proxy.Rule{Name: "throttled", Rate: 0.1, Seed: seed + 1, Error: proxy.Throttled()})
			r := p.must("apply", "--yes")
			lost, throttled := p.injected("lost"), p.injected("throttled")
			t.Logf("%d answers were lost and %d calls refused, in %v", lost, throttled, r.took)
			if lost == 0 || throttled == 0 {
				t.Error("nothing was disturbed")
			}
			p.Calm()
			if d := cmp.Diff(want, p.World(t)); d != "" {
				t.Errorf("the world differs from an undisturbed run (-want +got):\n%s", d)
			}
			p.settled()
			p.Violations(t)
		})
	}
}

// injected counts the calls that a rule hit.
func (p *place) injected(rule string) int {
	return len(p.Record().Where(func(c proxy.Call) bool { return c.Injected == rule }))
}
