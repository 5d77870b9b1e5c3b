package engine_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
)

// TestPatience: a cloud that throttles, is not ready yet, or is busy is asked
// again, in one run.
func TestPatience(t *testing.T) {
	for _, s := range scenarios() {
		for _, answer := range []error{enginetest.ErrThrottled, enginetest.ErrNotYet, enginetest.ErrInUse} {
			t.Run(s.name+"/"+answer.Error(), func(t *testing.T) {
				want, _ := s.undisturbed(t)
				synctest.Test(t, func(t *testing.T) {
					c, r := s.start(t)
					random := rand.New(rand.NewPCG(1, 2))
					c.Fault = func(int, string, string) (error, bool) {
						if random.IntN(2) == 0 {
							return answer, false
						}
						return nil, false
					}
					if _, err := s.run(t.Context(), c, r); err != nil {
						t.Fatal(err)
					}
					if d := cmp.Diff(want, c.Things()); d != "" {
						t.Errorf("(-want +got):\n%s", d)
					}
				})
			})
		}
	}
}

// TestDeniedOnce denies one call, each in turn: the error says which object and
// why, once, and the next run ends where an undisturbed one does.
func TestDeniedOnce(t *testing.T) {
	for _, s := range scenarios() {
		t.Run(s.name, func(t *testing.T) {
			want, calls := s.undisturbed(t)
			for n := 1; n <= calls; n++ {
				synctest.Test(t, func(t *testing.T) {
					c, r := s.start(t)
					c.Fault = func(call int, _, _ string) (error, bool) {
						if call == n {
							return enginetest.ErrDenied, false
						}
						return nil, false
					}
					_, err := s.run(t.Context(), c, r)
					with, ok := errors.AsType[*engine.OpError](err)
					if !ok || !errors.Is(with.Err, enginetest.ErrDenied) || with.Address == "" {
						t.Fatalf("call %d denied: %v", n, err)
					}
					c.Fault = nil
					if _, err := s.run(t.Context(), c, r); err != nil {
						t.Fatalf("after call %d was denied: %v", n, err)
					}
					if d := cmp.Diff(want, c.Things()); d != "" {
						t.Errorf("after call %d was denied (-want +got):\n%s", n, d)
					}
				})
			}
		})
	}
}

// meddling is what a second actor may do to an object of the sample.
var meddling = map[string]func(c *enginetest.Cloud, address string){
	"deletes": func(c *enginetest.Cloud, address string) { c.Remove(address) },
	"edits": func(c *enginetest.Cloud, address string) {
		c.Edit(address, func(t *enginetest.Thing) {
			var spec map[string]any
			if json.Unmarshal(t.Spec, &spec) == nil {
				spec["size"], spec["names"], spec["target"] = 77, false, "elsewhere"
				t.Spec, _ = json.Marshal(spec)
			}
		})
	},
	"untags": func(c *enginetest.Cloud, address string) {
		c.Edit(address, func(t *enginetest.Thing) { delete(t.Tags, engine.TagManagedBy) })
	},
}

// recovers runs until it is done, three times at most, and wants the world of
// an undisturbed run.
func recovers(t *testing.T, c *enginetest.Cloud, r *enginetest.Record, st *engine.Stack) {
	t.Helper()
	var err error
	for range 3 {
		if _, _, err = enginetest.Run(t.Context(), c, r, st, nil); err == nil {
			break
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	settled(t, c, r, st)
	if got, want := len(c.Things()), len(st.Addresses()); got != want {
		t.Errorf("%d things, want %d: %v", got, want, c.Things())
	}
}

// TestSecondActor: someone deletes or changes things between plan and apply,
// and at every call of the apply. It may fail, soon and by name; what follows
// is right again.
func TestSecondActor(t *testing.T) {
	shape := enginetest.Sample()
	bigger := shape
	bigger.HostSize, bigger.Image, bigger.Hosts, bigger.Tags = 2, "two", 2, map[string]string{"team": "web"}
	st := enginetest.Build(bigger)
	for what, meddle := range meddling {
		for _, victim := range []string{"net/main", "host/a", "host/c", "front/main", "entry/www", "store/main"} {
			for call := range 12 { // 0: between plan and apply
				t.Run(fmt.Sprintf("%s %s at call %d", what, victim, call), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						c, r := applied(t, shape)
						c.Slow, c.Calls = 1, 0
						e := engine.New(enginetest.Kinds(c), enginetest.Classify)
						p := plan(t, c, r.State(), st)
						if call == 0 {
							meddle(c, victim)
						}
						c.Meddle = func(n int) {
							if n == call {
								meddle(c, victim)
							}
						}
						begin := time.Now()
						e.Apply(t.Context(), p, engine.Options{Recorder: r})
						if took := time.Since(begin); took > 12*time.Minute {
							t.Errorf("the apply took %s", took)
						}
						c.Meddle = nil
						time.Sleep(time.Minute)
						recovers(t, c, r, st)
					})
				})
			}
		}
	}
}
