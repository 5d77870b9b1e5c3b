package engine_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
)

// TestTokenIsStable: however often a create was put off, the next run sends the
// same token, so that what was made unseen is not made again.
func TestTokenIsStable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &enginetest.Cloud{Hide: 12}
		r := enginetest.NewRecord(c)
		st := stack(func(st *engine.Stack) { engine.Add(st, "a", enginetest.Ticket{Domain: "a"}) })
		c.Fault = func(call int, _, _ string) (error, bool) {
			if call < 7 {
				return enginetest.ErrThrottled, false
			}
			return enginetest.ErrCut, true
		}
		if _, _, err := enginetest.Run(t.Context(), c, r, st, nil); err == nil {
			t.Fatal("the power was not cut")
		}
		c.Fault = nil
		c.Restore()
		apply(t, c, r, st)
		if got := c.Things(); len(got) != 1 {
			t.Errorf("made %v", got)
		}
	})
}

// TestRefusedToken: a cloud that takes a token once, and refuses it for good
// when what it made is gone, is sent another one.
func TestRefusedToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, r := fresh()
		st := stack(func(st *engine.Stack) { engine.Add(st, "a", enginetest.Ticket{Domain: "a"}) })
		refused := 0
		c.Fault = func(call int, _, _ string) (error, bool) {
			if call <= 5 {
				refused++
				return enginetest.ErrExists, false
			}
			return nil, false
		}
		begin := time.Now()
		apply(t, c, r, st)
		if took := time.Since(begin); took > time.Minute || refused != 5 {
			t.Errorf("refused %d times in %s", refused, took)
		}
		if generation := r.State().Generations["ticket/a"]; generation != 1 {
			t.Errorf("generation %d, want the next one", generation)
		}
		settled(t, c, r, st)
	})
}

// TestTakenName: what has a name that someone else's object has is not made,
// and not asked for over and over.
func TestTakenName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, r := fresh()
		st := stack(func(st *engine.Stack) { engine.Add(st, "a", enginetest.Pool{Name: "p"}) })
		p := plan(t, c, r.State(), st)
		c.Put(enginetest.Thing{Kind: "pool", Spec: []byte(`{"name":"p"}`), Tags: map[string]string{"owner": "someone"}})
		begin := time.Now()
		out := engine.New(enginetest.Kinds(c), enginetest.Classify).Apply(t.Context(), p, engine.Options{Recorder: r})
		if out.Err == nil || time.Since(begin) > time.Minute || c.Calls > 2 {
			t.Errorf("%v after %s and %d calls", out.Err, time.Since(begin), c.Calls)
		}
		if got := lines(plan(t, c, r.State(), st)); !slices.Equal(got, []string{"problem pool/a"}) {
			t.Errorf("the next plan is %v", got)
		}
	})
}

// TestFreshAndListed: what was just made is waited for only while it is not
// listed, also where it is known by its id alone.
func TestFreshAndListed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, r := applied(t, enginetest.Sample())
		for _, address := range []string{"net/main", "host/a"} {
			c.Edit(address, func(t *enginetest.Thing) { delete(t.Tags, engine.TagAddress) })
		}
		begin := time.Now()
		plan(t, c, r.State(), enginetest.Build(enginetest.Sample()))
		if took := time.Since(begin); took > 0 {
			t.Errorf("the look took %s", took)
		}
	})
}
