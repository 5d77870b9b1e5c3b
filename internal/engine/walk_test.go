package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
)

// graph is a random stack in two generations.
type graph []vertex

type vertex struct {
	there       [2]bool
	named       bool
	color, body [2]int
	edges       []int // to earlier ones
	part        bool  // the edges are parts
}

func anyGraph() *rapid.Generator[graph] {
	return rapid.Custom(func(t *rapid.T) graph {
		g := make(graph, rapid.IntRange(1, 30).Draw(t, "size"))
		mostly := rapid.SampledFrom([]int{0, 0, 0, 1})
		for i := range g {
			v := vertex{
				there: [2]bool{mostly.Draw(t, "a") == 0, mostly.Draw(t, "b") == 0},
				named: mostly.Draw(t, "named") == 1, part: rapid.Bool().Draw(t, "part"),
				color: [2]int{0, mostly.Draw(t, "color")}, body: [2]int{0, mostly.Draw(t, "body")},
			}
			if i > 0 {
				v.edges = rapid.SliceOfNDistinct(rapid.IntRange(0, i-1), 0, 3, func(n int) int { return n }).Draw(t, "edges")
			}
			g[i] = v
		}
		return g
	})
}

func address(i int) string { return fmt.Sprintf("node/%02d", i) }

// build declares a generation. What has a name, or is part of what has, is only
// referred to as a part: whoever uses it would hold its name.
func (g graph) build(generation int) *engine.Stack {
	return stack(func(st *engine.Stack) {
		refs := map[int]engine.Ref[enginetest.Node]{}
		tainted := map[int]bool{}
		for i, v := range g {
			if !v.there[generation] {
				continue
			}
			n := enginetest.Node{Color: v.color[generation], Body: v.body[generation]}
			if v.named {
				n.Name = fmt.Sprint("n", i)
			}
			tainted[i] = v.named
			for _, to := range v.edges {
				ref, ok := refs[to]
				switch {
				case !ok:
				case v.part || tainted[to]:
					n.Parts = append(n.Parts, ref)
					tainted[i] = tainted[i] || tainted[to]
				default:
					n.Uses = append(n.Uses, ref)
				}
			}
			refs[i] = engine.Add(st, fmt.Sprintf("%02d", i), n)
		}
	})
}

// bubble runs f on a clock of its own and returns its error: rapid's own
// failures must not cross the bubble.
func bubble(t *testing.T, f func(t *testing.T) error) (err error) {
	synctest.Test(t, func(t *testing.T) { err = f(t) })
	return err
}

// TestWalk: any stack is made, changed into any other in order, and then as a
// direct way there would have left it.
func TestWalk(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		g := anyGraph().Draw(rt, "graph")
		slow := rapid.IntRange(0, 3).Draw(rt, "slow")
		if err := bubble(t, func(t *testing.T) error {
			c := &enginetest.Cloud{Slow: slow, Hide: slow / 2}
			r := enginetest.NewRecord(c)
			empty := stack(func(*engine.Stack) {})
			for _, way := range [][2]*engine.Stack{{empty, g.build(0)}, {g.build(0), g.build(1)}, {g.build(1), empty}} {
				var tr trace
				tr.run(t.Context(), c, r, way[1], nil)
				if err := errors.Join(tr.out.Err, tr.addsUp(), tr.ordered(way[0], way[1])); err != nil {
					return fmt.Errorf("%w\nplan %v", err, lines(tr.plan))
				}
				if again := plan(t, c, r.State(), way[1]); len(again.Changes) > 0 {
					return fmt.Errorf("the next plan is %v", lines(again))
				}
				if got, want := len(c.Things()), len(way[1].Addresses()); got != want {
					return fmt.Errorf("%d things, want %d", got, want)
				}
			}
			return nil
		}); err != nil {
			rt.Fatal(err)
		}
	})
}

// TestWalkWithFailures: what does not depend on a failure is done.
func TestWalkWithFailures(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		g := anyGraph().Draw(rt, "graph")
		denied := map[string]bool{}
		for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(g)-1), 1, 3).Draw(rt, "denied") {
			denied[address(i)] = true
		}
		if err := bubble(t, func(t *testing.T) error {
			c := &enginetest.Cloud{Deny: func(_, on string) error {
				if denied[on] {
					return enginetest.ErrDenied
				}
				return nil
			}}
			r := enginetest.NewRecord(c)
			var tr trace
			st := g.build(0)
			tr.run(t.Context(), c, r, st, nil)
			if err := tr.addsUp(); err != nil {
				return err
			}
			hurt := map[string]bool{}
			var want []string
			for _, at := range st.Addresses() {
				doc, _ := st.Document(at)
				hurt[at] = denied[at] || slices.ContainsFunc(doc.Edges(), func(e string) bool { return hurt[e] })
				if !hurt[at] {
					want = append(want, at)
				}
			}
			var got []string
			for _, e := range tr.events {
				if e.Phase == engine.Done {
					got = append(got, e.Address)
				}
			}
			slices.Sort(got)
			if d := cmp.Diff(want, got); d != "" {
				return fmt.Errorf("done (-want +got):\n%s", d)
			}
			c.Deny = nil
			var next trace
			next.run(t.Context(), c, r, st, nil)
			if next.out.Created != len(st.Addresses())-len(want) {
				return fmt.Errorf("the next run made %d of %d", next.out.Created, len(st.Addresses()))
			}
			return next.out.Err
		}); err != nil {
			rt.Fatal(err)
		}
	})
}

// TestWalkInterrupted: after a stop nothing new starts, the end comes soon, and
// the next run ends where an undisturbed one would have.
func TestWalkInterrupted(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		g := anyGraph().Draw(rt, "graph")
		after := time.Duration(rapid.IntRange(0, 8000).Draw(rt, "milliseconds")) * time.Millisecond
		hard := rapid.Bool().Draw(rt, "context")
		if err := bubble(t, func(t *testing.T) error {
			c := &enginetest.Cloud{Slow: 3, Hide: 1}
			r := enginetest.NewRecord(c)
			if _, _, err := enginetest.Run(t.Context(), c, r, g.build(0), nil); err != nil {
				return err
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			stop := make(chan struct{})
			tr := trace{stop: time.Now().Add(after)}
			time.AfterFunc(after, func() {
				if hard {
					cancel()
				} else {
					close(stop)
				}
			})
			tr.run(ctx, c, r, g.build(1), stop)
			ended := time.Now()
			if tr.plan == nil {
				return nil // stopped before there was a plan
			}
			if err := tr.addsUp(); err != nil {
				return err
			}
			for _, e := range tr.events {
				if e.Phase == engine.Started && e.At.After(tr.stop) {
					return fmt.Errorf("%s started %s after the stop", e.Address, e.At.Sub(tr.stop))
				}
			}
			if tr.out.Stopped && ended.Sub(tr.stop) > time.Second {
				return fmt.Errorf("it ended %s after the stop", ended.Sub(tr.stop))
			}
			time.Sleep(after) // for the stop that came too late
			if _, _, err := enginetest.Run(t.Context(), c, r, g.build(1), nil); err != nil {
				return err
			}
			if again := plan(t, c, r.State(), g.build(1)); len(again.Changes) > 0 || len(c.Things()) != len(g.build(1).Addresses()) {
				return fmt.Errorf("the next plan is %v, of %v", lines(again), c.Things())
			}
			return nil
		}); err != nil {
			rt.Fatal(err)
		}
	})
}
