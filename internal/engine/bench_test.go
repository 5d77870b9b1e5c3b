package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
)

// crowd is a stack of many nodes, each naming two others.
func crowd(size, body int) *engine.Stack {
	return stack(func(st *engine.Stack) {
		var refs []engine.Ref[enginetest.Node]
		for i := range size {
			n := enginetest.Node{Name: fmt.Sprint("n", i), Body: body}
			if i > 2 {
				n.Uses = engine.Set[engine.Ref[enginetest.Node]]{refs[i/2], refs[i/3]}
			}
			refs = append(refs, engine.Add(st, fmt.Sprintf("%04d", i), n))
		}
	})
}

const many = 1000

// TestPlanOfManyIsQuick: a plan of a thousand objects takes no time to speak
// of, whatever becomes of them.
func TestPlanOfManyIsQuick(t *testing.T) {
	c, r := fresh()
	st := crowd(many, 1)
	apply(t, c, r, st)
	e := engine.New(enginetest.Kinds(c), enginetest.Classify)
	world, err := e.Observe(t.Context(), st, r.State())
	if err != nil {
		t.Fatal(err)
	}
	edited := crowd(many, 2)
	for name, plan := range map[string]func() *engine.Plan{
		"nothing": func() *engine.Plan { return e.Plan(st, r.State(), world, nil) },
		"changes": func() *engine.Plan { return e.Plan(edited, r.State(), world, nil) },
		"destroy": func() *engine.Plan { return e.Plan(st.Empty(), r.State(), world, st) },
		"creates": func() *engine.Plan { return e.Plan(st, enginetest.NewRecord(c).State(), nil, nil) },
	} {
		best := time.Hour
		for range 3 {
			begin := time.Now()
			plan()
			best = min(best, time.Since(begin))
		}
		t.Logf("%s: %s", name, best)
		if best > time.Second { // ten times what it should be, for slow machines
			t.Errorf("%s: a plan of %d objects takes %s", name, many, best)
		}
	}
}

func BenchmarkPlan(b *testing.B) {
	c, r := fresh()
	st := crowd(many, 1)
	if _, _, err := enginetest.Run(b.Context(), c, r, st, nil); err != nil {
		b.Fatal(err)
	}
	e := engine.New(enginetest.Kinds(c), enginetest.Classify)
	world, err := e.Observe(b.Context(), st, r.State())
	if err != nil {
		b.Fatal(err)
	}
	for name, want := range map[string]*engine.Stack{"nothing": st, "changes": crowd(many, 2), "destroy": st.Empty()} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				e.Plan(want, r.State(), world, st)
			}
		})
	}
}
