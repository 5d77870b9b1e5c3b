package main

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/proxy"
)

// TestBadWeather applies and destroys while AWS throttles a fifth of the calls,
// fails one in twenty, and loses the answers of as many. One run must do.
func TestBadWeather(t *testing.T) {
	t.Parallel()
	calm := arrive(t, unprotected)
	slowest := 3 * calm.must("apply", "--yes").took
	want := calm.World(t)
	for _, seed := range seeds(2, 20) {
		p := arrive(t, unprotected)
		p.Forecast(proxy.Weather{Seed: seed, Throttled: 0.2, Failed: 0.05, Lost: 0.05})
		r := p.must("apply", "--yes")
		if d := cmp.Diff(want, p.World(t)); d != "" {
			t.Errorf("seed %d: the world differs from that of a calm run (-want +got):\n%s", seed, d)
		}
		t.Logf("seed %d: %v, where three times calm is %v", seed, r.took, slowest)
	}
}

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

// complete tells whether a sweep tries all points.
func complete() bool { return os.Getenv("KEYEDIN_SWEEP") != "" }
