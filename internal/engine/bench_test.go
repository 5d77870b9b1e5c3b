package engine_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
	"github.com/keyedin-app/keyedin-infra/internal/state"
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

// sized is a world in which a crowd was made, with what plans it.
type sized struct {
	e     *engine.Engine
	last  state.State
	world engine.World
	size  int
}

func made(t testing.TB, size int) sized {
	t.Helper()
	c, r := fresh()
	st := crowd(size, 1)
	for i, address := range st.Addresses() {
		uses := []string{}
		if i > 2 {
			uses = []string{fmt.Sprintf("node-%04d", i/2+1), fmt.Sprintf("node-%04d", i/3+1)}
		}
		spec, _ := json.Marshal(map[string]any{"name": fmt.Sprint("n", i), "body": 1, "uses": uses}) // plain data
		c.Put(enginetest.Thing{Kind: "node", Spec: spec, Tags: engine.Identify("sample", "test", address)})
	}
	if p, _, err := enginetest.Run(t.Context(), c, r, st, nil); err != nil || len(p.Changes) > 0 {
		t.Fatal(err, lines(p))
	}
	e := engine.New(enginetest.Kinds(c), enginetest.Classify)
	world, err := e.Observe(t.Context(), st, r.State())
	if err != nil {
		t.Fatal(err)
	}
	return sized{e, r.State(), world, size}
}

// plans are the plans to measure, by what becomes of the objects.
func (s sized) plans() map[string]func() {
	same, edited := crowd(s.size, 1), crowd(s.size, 2)
	return map[string]func(){
		"nothing": func() { s.e.Plan(same, s.last, s.world, nil) },
		"changes": func() { s.e.Plan(edited, s.last, s.world, nil) },
		"creates": func() { s.e.Plan(same, state.New("sample", "test", "", ""), nil, nil) },
		"destroy": func() { s.e.Plan(same.Empty(), s.last, s.world, same) },
	}
}

const many = 1000

// BenchmarkPlan reports, beside the time of a plan, how many times as long it
// takes for four times the objects: about 4 when planning is linear.
func BenchmarkPlan(b *testing.B) {
	few := made(b, many/4).plans()
	for name, plan := range made(b, many).plans() {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				plan()
			}
			long := b.Elapsed() / time.Duration(b.N)
			begin := time.Now()
			for range b.N {
				few[name]()
			}
			b.ReportMetric(float64(long)/float64(time.Since(begin)/time.Duration(b.N)), "ratio-of-4x")
		})
	}
}
