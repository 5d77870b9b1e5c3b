package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
)

func pool(port int, routed bool) *engine.Stack {
	return stack(func(st *engine.Stack) {
		p := engine.Add(st, "main", enginetest.Pool{Name: "p", Port: port})
		if routed {
			engine.Add(st, "main", enginetest.Route{Name: "r", Pool: p})
		}
		engine.Add(st, "a", enginetest.Spoke{Pool: p})
		engine.Add(st, "www", enginetest.Entry{Name: "www", Target: engine.Known("x")})
	})
}

// TestDeleteFirst: what is part of a pool for good goes before the pool goes,
// and both before the new ones come; the plan says so.
func TestDeleteFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, r := fresh()
		apply(t, c, r, pool(1, false))
		var order []string
		c.Fault = func(_ int, op, kind string) (error, bool) { order = append(order, op+" "+kind); return nil, false }
		p, _, err := enginetest.Run(t.Context(), c, r, pool(2, false), nil)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]string{"delete spoke", "delete pool", "create pool", "create spoke"}, order); d != "" {
			t.Error(d)
		}
		for _, change := range p.Changes {
			if change.Effect.Level != engine.Downtime || !change.DeleteFirst {
				t.Errorf("%s: %+v", change.Address, change.Effect)
			}
		}
		settled(t, c, r, pool(2, false))
	})
}

// TestHeld: what others hold until there is another cannot be taken away first.
// The apply says who holds it instead of asking for an hour.
func TestHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, r := fresh()
		apply(t, c, r, pool(1, true))
		begin := time.Now()
		_, _, err := enginetest.Run(t.Context(), c, r, pool(2, true), nil)
		if err == nil || !strings.Contains(err.Error(), "route/main uses it") || time.Since(begin) > 2*time.Minute {
			t.Fatalf("%v after %s", err, time.Since(begin))
		}
		apply(t, c, r, pool(2, false))
		apply(t, c, r, pool(2, true))
		settled(t, c, r, pool(2, true))
	})
}

// TestLeftoverNames: what an object left over beside its replacement still
// names is known from its live document, as the record is of the replacement.
func TestLeftoverNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, r := fresh()
		nodes := func(color int, middle bool) *engine.Stack {
			return stack(func(st *engine.Stack) {
				top := engine.Add(st, "top", enginetest.Node{Name: "top", Color: color})
				if middle {
					engine.Add(st, "middle", enginetest.Node{Parts: engine.Set[engine.Ref[enginetest.Node]]{top}})
				}
				engine.Add(st, "low", enginetest.Node{})
			})
		}
		apply(t, c, r, nodes(1, true))
		c.Put(enginetest.Thing{
			Kind: "node", Tags: engine.Identify("sample", "test", "node/low"),
			Spec: fmt.Appendf(nil, `{"color":7,"parts":[%q]}`, r.State().Objects["node/middle"].ID),
		})
		begin := time.Now()
		apply(t, c, r, nodes(2, false))
		if took := time.Since(begin); took > time.Minute {
			t.Errorf("took %s", took)
		}
		settled(t, c, r, nodes(2, false))
	})
}
