package engine_test

import (
	"testing"
	"testing/synctest"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
)

// TestConform holds the suite for drivers against the invented cloud, whose
// drivers are right.
func TestConform(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &enginetest.Cloud{Slow: 1}
		step := func(size int, weightless bool) enginetest.Step {
			return func(st *engine.Stack) {
				net := engine.Add(st, "main", enginetest.Net{Range: "10.0.0.0/16"})
				host := engine.Add(st, "a", enginetest.Host{Net: net, Size: size, Image: "one"})
				if !weightless {
					engine.Add(st, "main", enginetest.Front{Name: st.Environment, Hosts: engine.Set[engine.Ref[enginetest.Host]]{host}})
				}
			}
		}
		enginetest.Conform(t, enginetest.Suite{
			Kinds: enginetest.Kinds(c), Classify: enginetest.Classify, Mutations: func() int { return c.Calls },
		}, step(1, false), step(2, false), step(2, true))
	})
}
