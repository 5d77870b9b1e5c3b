package enginetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/state"
)

// Suite is what a driver is held to the contract on: a cloud that answers as
// the real one does.
type Suite struct {
	Kinds    []engine.Kind
	Classify engine.Classifier
	// Mutations counts the mutating calls the cloud has seen so far.
	Mutations func() int
}

// Step declares a whole stack. Physical names must be made from the stack's
// environment, as each step is also applied to a neighbour.
type Step func(st *engine.Stack)

// Conform holds drivers to the contract. The first step is made, read back
// and planned again, with the state lost, and with the objects unseen; each
// further step is a change that must converge; a second environment in the
// same account must not notice; at last all is destroyed, twice.
func Conform(t *testing.T, s Suite, steps ...Step) {
	t.Helper()
	neighbour := s.environment(t, "other")
	neighbour.apply(steps[0])
	env := s.environment(t, "test")
	env.apply(steps[0])
	env.settled("after the first apply", steps[0])
	env.last = state.New("sample", "test", "123456789012", "us-east-1")
	env.apply(steps[0])
	env.settled("with the state lost", steps[0])
	env.unseen(steps[0])
	env.settled("after creates of what was there", steps[0])
	for i, step := range steps[1:] {
		before := s.Mutations()
		env.apply(step)
		if s.Mutations() == before {
			t.Errorf("step %d changes nothing", i+1)
		}
		env.settled("after a change", step)
	}
	neighbour.settled("the neighbour", steps[0])
	env.destroy(steps[len(steps)-1])
	neighbour.settled("the neighbour, after the destroy", steps[0])
	neighbour.destroy(steps[0])
}

// environment is one environment under test.
type environment struct {
	Suite
	t      *testing.T
	engine *engine.Engine
	name   string
	last   state.State
}

func (s Suite) environment(t *testing.T, name string) *environment {
	return &environment{s, t, engine.New(s.Kinds, s.Classify), name, state.New("sample", name, "123456789012", "us-east-1")}
}

func (e *environment) stack(step Step) *engine.Stack {
	st := engine.NewStack("sample", e.name, map[string]string{"team": "web"})
	step(st)
	return st
}

// Save and Flush make the environment its own recorder.
func (e *environment) Save(s state.State) { e.last = s }

// Flush implements engine.Recorder.
func (e *environment) Flush(context.Context) error { return nil }

func (e *environment) observe(st *engine.Stack) engine.World {
	e.t.Helper()
	world, err := e.engine.Observe(e.t.Context(), st, e.last)
	if err != nil {
		e.t.Fatalf("%s: %v", e.name, err)
	}
	return world
}

func (e *environment) apply(step Step) {
	e.t.Helper()
	st := e.stack(step)
	e.carryOut(e.engine.Plan(st, e.last, e.observe(st), nil))
}

func (e *environment) carryOut(p *engine.Plan) {
	e.t.Helper()
	for _, problem := range p.Problems {
		e.t.Fatalf("%s: problem: %s %s", e.name, problem.Address, problem.Text)
	}
	ctx, cancel := context.WithTimeout(e.t.Context(), 2*time.Minute)
	defer cancel()
	var said []string
	out := e.engine.Apply(ctx, p, engine.Options{Recorder: e, RunID: "conform", Attention: time.Minute, On: func(ev engine.Event) {
		if ev.Text != "" {
			said = append(said, ev.Address+": "+ev.Text)
		}
	}})
	if out.Err != nil || len(out.Waiting)+len(out.Skipped) > 0 {
		e.t.Fatalf("%s: apply: %v; waiting %v, skipped %v\nsaid: %v", e.name, out.Err, out.Waiting, out.Skipped, tail(said))
	}
}

// settled says what still differs, and that a further apply calls nothing.
func (e *environment) settled(when string, step Step) {
	e.t.Helper()
	st := e.stack(step)
	p := e.engine.Plan(st, e.last, e.observe(st), nil)
	for _, c := range p.Changes {
		e.t.Errorf("%s, %s: plan wants to %s %s %s", e.name, when, c.Action, c.Address, c.Reason)
		for _, f := range c.Fields {
			e.t.Errorf("  %s (%s):\n%s", f.Field, f.Cause, cmp.Diff(f.Before, f.After))
		}
	}
	before := e.Mutations()
	e.carryOut(p)
	if calls := e.Mutations() - before; calls != 0 {
		e.t.Errorf("%s, %s: a second apply made %d mutating calls", e.name, when, calls)
	}
}

// unseen creates again what exists and is not listed yet: by name or token
// AWS must find the first one. What only tags tell apart is guarded by the
// journal instead.
func (e *environment) unseen(step Step) {
	e.t.Helper()
	st := e.stack(step)
	world := e.observe(st)
	blind := slices.DeleteFunc(slices.Clone(world), func(o engine.Object) bool {
		i := slices.IndexFunc(e.Kinds, func(k engine.Kind) bool { return k.Name == o.Kind })
		return e.Kinds[i].Repeatable()
	})
	e.carryOut(e.engine.Plan(st, e.last, blind, nil))
	if d := cmp.Diff(census(world), census(e.observe(st))); d != "" {
		e.t.Errorf("%s: creates of what was there made others (-before +after):\n%s", e.name, d)
	}
}

func (e *environment) destroy(step Step) {
	e.t.Helper()
	hints := e.stack(step)
	p := e.engine.Plan(hints.Empty(), e.last, e.observe(hints), hints)
	e.carryOut(p)
	var left []string
	for _, o := range e.observe(hints) {
		if !o.Foreign && o.Status != engine.Deleting && !slices.ContainsFunc(p.Notes, func(n engine.Note) bool { return n.Address == o.Address }) {
			left = append(left, o.Kind+" "+o.Address+" "+o.ID)
		}
	}
	if len(left) > 0 {
		e.t.Errorf("%s: destroy left %v", e.name, left)
	}
	e.carryOut(p) // what is gone already is no error
}

// census counts the live objects of each address.
func census(w engine.World) map[string]int {
	count := map[string]int{}
	for _, o := range w {
		if !o.Foreign && o.Status != engine.Deleting {
			count[o.Kind+" "+o.ID]++
		}
	}
	return count
}

func tail(lines []string) []string { return lines[max(0, len(lines)-8):] }
