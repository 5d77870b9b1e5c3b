package main

import (
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
	"github.com/keyedin-app/keyedin-infra/internal/sandbox/proxy"
)

// complete tells whether a sweep tries all points.
func complete() bool { return os.Getenv("KEYEDIN_SWEEP") != "" }

// seeds are a few fixed ones, or all that a sweep tries.
func seeds(few, all uint64) []uint64 {
	n := few
	if complete() {
		n = all
	}
	var seeds []uint64
	for i := range n {
		seeds = append(seeds, 1000+i)
	}
	return seeds
}

// ironside is a place whose account behaves as the real AWS does.
func ironside(t *testing.T, s bench.Stern, edits ...func(string) string) *place {
	t.Helper()
	p := arrive(t, edits...)
	p.Stern(t, s)
	return p
}

var destroyAll = []string{"destroy", "--yes", "--environment", "production"}

// TestSternAccount builds, looks again and destroys in an account as stern as
// AWS is, with the published rates, and comes to the world of a lenient one.
func TestSternAccount(t *testing.T) {
	t.Parallel()
	lenient := applied(t, unprotected)
	want := lenient.World(t)
	lenient.must(destroyAll...)
	left := lenient.World(t)
	for _, seed := range seeds(1, 20) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			p := ironside(t, bench.Stern{Seed: seed}, unprotected)
			p.Forecast(proxy.Weather{Seed: seed, Limits: proxy.Published})
			p.must("apply", "--yes")
			if d := cmp.Diff(want, p.World(t)); d != "" {
				t.Errorf("the world differs from that of a lenient account (-want +got):\n%s", d)
			}
			p.settled()
			p.must(destroyAll...)
			if d := cmp.Diff(left, p.World(t)); d != "" {
				t.Errorf("destroy leaves something else than in a lenient account (-want +got):\n%s", d)
			}
			p.Violations(t)
		})
	}
}

// TestBadWeather applies, and in a sweep destroys, while AWS throttles a fifth of the calls,
// fails one in twenty, and loses the answers of as many. One run must do.
func TestBadWeather(t *testing.T) {
	t.Parallel()
	slow := bench.Stern{Scale: 40} // with less, our own pauses would count for more than AWS
	fair := ironside(t, slow, unprotected)
	longest := 3 * fair.must("apply", "--yes").took
	want := fair.World(t)
	for _, seed := range seeds(1, 20) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			slow := slow
			slow.Seed = seed
			p := ironside(t, slow, unprotected)
			p.Forecast(proxy.Weather{Seed: seed, Throttled: 0.2, Failed: 0.05, Lost: 0.05})
			r := p.must("apply", "--yes")
			t.Logf("it took %v, of %v at most", r.took, longest)
			if complete() && r.took > longest { // a sweep has the machine for itself
				t.Errorf("it took %v, which is more than three times as long as in fair weather: %v", r.took, longest)
			}
			if d := cmp.Diff(want, p.World(t)); d != "" {
				t.Errorf("the world differs from that of fair weather (-want +got):\n%s", d)
			}
			if complete() {
				p.must(destroyAll...)
				if kinds := p.World(t).Kinds(); kinds["vpc"]+kinds["db-cluster"]+kinds["load-balancer"]+kinds["repository"] > 0 {
					t.Errorf("destroy leaves something: %v", kinds)
				}
			}
		})
	}
}
