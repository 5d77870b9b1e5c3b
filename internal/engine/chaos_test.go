package engine_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
)

// weather is what a random cloud does to a random stack on its way into
// another.
type weather struct {
	g                         graph
	hide, slow, flicker, busy int
	cut                       int // the call at which the power goes, once
	done, lazy, destroy       bool
	lost, slowDown            float64 // how often
	seed                      uint64
}

func anyWeather() *rapid.Generator[weather] {
	return rapid.Custom(func(t *rapid.T) weather {
		upTo := func(n int, of string) int { return rapid.IntRange(0, n).Draw(t, of) }
		return weather{
			g: anyGraph().Draw(t, "graph"), hide: upTo(2, "hide"), slow: upTo(3, "slow"), flicker: upTo(2, "flicker"), busy: upTo(2, "busy"),
			cut: upTo(40, "cut"), done: rapid.Bool().Draw(t, "done"), lazy: rapid.Bool().Draw(t, "lazy"), destroy: rapid.Bool().Draw(t, "destroy"),
			lost: float64(upTo(3, "lost")) / 10, slowDown: float64(upTo(3, "slow down")) / 10, seed: rapid.Uint64().Draw(t, "seed"),
		}
	})
}

// TestChaos: in any weather, with the power cut once on the way, the next run
// comes where an undisturbed one does, with nothing made twice or left.
func TestChaos(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := anyWeather().Draw(rt, "weather")
		if err := bubble(t, w.pass); err != nil {
			rt.Fatal(err)
		}
	})
}

func (w weather) pass(t *testing.T) error {
	c := &enginetest.Cloud{Hide: w.hide, Slow: w.slow, Flicker: w.flicker, Busy: w.busy}
	r := enginetest.NewRecord(c)
	random := rand.New(rand.NewPCG(w.seed, 0))
	cut := w.cut
	c.Fault = func(call int, _, _ string) (error, bool) {
		switch dice := random.Float64(); {
		case call == cut:
			return enginetest.ErrCut, w.done
		case dice < w.lost:
			return enginetest.ErrLost, random.IntN(2) == 0
		case dice < w.lost+w.slowDown:
			return enginetest.ErrThrottled, false
		}
		return nil, false
	}
	for _, generation := range []int{0, 1} {
		st, hints := w.g.build(generation), (*engine.Stack)(nil)
		if generation == 1 && w.destroy {
			st, hints = st.Empty(), w.g.build(0)
		}
		r.Lazy = w.lazy
		_, _, err := enginetest.Run(t.Context(), c, r, st, hints)
		if c.IsCut() {
			cut = 0
			c.Restore()
			r.Lazy = false
			_, _, err = enginetest.Run(t.Context(), c, r, st, hints)
		}
		if err != nil {
			return fmt.Errorf("generation %d: %w", generation, err)
		}
		addresses := slices.Sorted(slices.Values(st.Addresses()))
		if len(c.Things()) != len(addresses) {
			return fmt.Errorf("generation %d: there are %v, wanted %v", generation, c.Things(), addresses)
		}
		for range w.flicker + 1 {
			plan(t, c, r.State(), st) // until everything is listed for good
		}
		if again := plan(t, c, r.State(), st); len(again.Changes) > 0 {
			return fmt.Errorf("generation %d: the next plan is %v", generation, lines(again))
		}
	}
	return nil
}
