package aws

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
	"github.com/keyedin-app/keyedin-infra/internal/state"
)

// worked is an account in which an environment was applied, and somebody works
// by hand too.
type worked struct {
	lived
	record  *bench.Bench
	declare enginetest.Step
	last    state.State
}

func newWorked(t *testing.T, declare enginetest.Step) *worked {
	t.Helper()
	t.Parallel()
	b := bench.Start(t)
	w := &worked{lived{NewClients(b.Config()), t}, b, declare, state.New("sample", "test", "123456789012", "us-east-1")}
	w.apply()
	return w
}

// Save implements engine.Recorder.
func (w *worked) Save(s state.State) { w.last = s }

// Flush implements engine.Recorder.
func (w *worked) Flush(context.Context) error { return nil }

func (w *worked) planned() (*engine.Engine, *engine.Plan) {
	w.t.Helper()
	st := engine.NewStack("sample", "test", nil)
	w.declare(st)
	e := engine.New(Kinds(w.Clients), Classify)
	world, err := e.Observe(w.t.Context(), st, w.last)
	if err != nil {
		w.t.Fatal(err)
	}
	return e, e.Plan(st, w.last, world, nil)
}

func (w *worked) apply() {
	w.t.Helper()
	e, p := w.planned()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	out := e.Apply(ctx, p, engine.Options{Recorder: w, RunID: "worked", Attention: time.Minute})
	if out.Err != nil || len(out.Skipped) > 0 {
		w.t.Fatalf("apply: %v, skipped %v", out.Err, out.Skipped)
	}
}

// differences are the fields that a plan would change; no field stands for an
// object that it would make or take away.
func (w *worked) differences() map[string][]string {
	w.t.Helper()
	_, p := w.planned()
	all := map[string][]string{}
	for _, c := range p.Changes {
		all[c.Address] = nil
		for _, f := range c.Fields {
			all[c.Address] = append(all[c.Address], f.Field)
		}
		slices.Sort(all[c.Address])
	}
	return all
}

func (w *worked) id(address string) string {
	w.t.Helper()
	id := w.last.Objects[address].ID
	if id == "" {
		w.t.Fatalf("%s is not recorded", address)
	}
	return id
}
