package engine_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
)

// stack declares an environment of the invented kinds.
func stack(declare func(*engine.Stack)) *engine.Stack {
	st := engine.NewStack("sample", "test", nil)
	declare(st)
	return st
}

// apply plans and applies, and wants no error.
func apply(t *testing.T, c *enginetest.Cloud, r *enginetest.Record, st *engine.Stack) engine.Outcome {
	t.Helper()
	p, out, err := enginetest.Run(t.Context(), c, r, st, nil)
	if err != nil || len(p.Problems) > 0 {
		t.Fatalf("%v, problems %v, changes %v", err, p.Problems, lines(p))
	}
	return out
}

// settled wants a plan without changes.
func settled(t *testing.T, c *enginetest.Cloud, r *enginetest.Record, st *engine.Stack) {
	t.Helper()
	if d := cmp.Diff([]string(nil), lines(plan(t, c, r.State(), st))); d != "" {
		t.Errorf("the next plan is not empty (-want +got):\n%s", d)
	}
}

// TestRecordWhatWasDone: an update that did not come about is not recorded, so
// that the next plan still knows whose edit it is, and what was removed.
func TestRecordWhatWasDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shape := enginetest.Sample()
		shape.Tags = map[string]string{"team": "web"}
		c, r := applied(t, shape)
		shape.Tags, shape.HostSize, shape.Hosts = nil, 2, 4
		c.Fault = func(_ int, op, kind string) (error, bool) {
			if kind == "host" && op != "create" {
				return enginetest.ErrDenied, false
			}
			return nil, false
		}
		if _, _, err := enginetest.Run(t.Context(), c, r, enginetest.Build(shape), nil); err == nil {
			t.Fatal("nothing was denied")
		}
		c.Fault = nil
		want := "change host/a [size: you edited it] [tags.team: you removed it]"
		if got := lines(plan(t, c, r.State(), enginetest.Build(shape))); !slices.Contains(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
		apply(t, c, r, enginetest.Build(shape))
		settled(t, c, r, enginetest.Build(shape))
	})
}

// TestRecordIsResolved: what is adopted is recorded with ids, not references.
func TestRecordIsResolved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, r := applied(t, enginetest.Sample())
		r.Lose()
		apply(t, c, r, enginetest.Build(enginetest.Sample()))
		for address, o := range r.State().Objects {
			if bytes.Contains(o.Document, []byte("$ref\":")) {
				t.Errorf("%s is recorded as %s", address, o.Document)
			}
		}
	})
}

// TestFailedIsMadeAnew: the cloud does not give the failed one again for its
// client token.
func TestFailedIsMadeAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, r := applied(t, enginetest.Sample())
		for _, address := range []string{"host/b", "entry/www"} {
			c.Edit(address, func(t *enginetest.Thing) { t.Status, t.Reason = engine.Failed, "no capacity" })
		}
		begin := time.Now()
		p, _, err := enginetest.Run(t.Context(), c, r, enginetest.Build(enginetest.Sample()), nil)
		if err != nil || p.Count(engine.Replace) != 2 || time.Since(begin) > time.Minute {
			t.Errorf("%v after %s, plan %v", err, time.Since(begin), lines(p))
		}
		settled(t, c, r, enginetest.Build(enginetest.Sample()))
	})
}

// TestPreciousIsNotMadeAnew by itself when it failed: its data may be in it.
func TestPreciousIsNotMadeAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, r := applied(t, enginetest.Sample())
		c.Edit("store/main", func(t *enginetest.Thing) { t.Status, t.Reason = engine.Failed, "no disk" })
		p := plan(t, c, r.State(), enginetest.Build(enginetest.Sample()))
		if len(p.Problems) != 1 || !strings.Contains(p.Problems[0].Text, "no disk") || p.Count(engine.Replace, engine.Delete) != 0 {
			t.Errorf("got %v %v", lines(p), p.Problems)
		}
	})
}

// TestApplyAfterStoppedDestroy: what is still on its way out holds its name.
func TestApplyAfterStoppedDestroy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, r := applied(t, enginetest.Sample())
		c.Slow = 60
		st := enginetest.Build(enginetest.Sample())
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		_, out, _ := enginetest.Run(ctx, c, r, st.Empty(), st)
		if !out.Stopped {
			t.Fatalf("the destroy was not stopped: %+v", out)
		}
		apply(t, c, r, st)
		settled(t, c, r, st)
	})
}

// TestReplaceAmongLeftovers: a duplicate of the old one is not taken for the
// new one.
func TestReplaceAmongLeftovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, r := applied(t, enginetest.Sample())
		for range 2 {
			c.Put(enginetest.Thing{Kind: "host", Spec: []byte(`{"image":"old"}`), Tags: engine.Identify("sample", "test", "host/a")})
		}
		shape := enginetest.Sample()
		shape.Image = "two"
		apply(t, c, r, enginetest.Build(shape))
		settled(t, c, r, enginetest.Build(shape))
	})
}

// TestFlicker: listings that take back what they showed do not end an apply.
func TestFlicker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &enginetest.Cloud{Hide: 2, Slow: 6, Flicker: 3}
		r := enginetest.NewRecord(c)
		apply(t, c, r, enginetest.Build(enginetest.Sample()))
		settled(t, c, r, enginetest.Build(enginetest.Sample()))
	})
}

// TestGoneWhileMade: what someone deletes while it is made ends with an error.
func TestGoneWhileMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &enginetest.Cloud{Slow: 50}
		r := enginetest.NewRecord(c)
		go func() { time.Sleep(10 * time.Second); c.Remove("net/main") }()
		begin := time.Now()
		_, _, err := enginetest.Run(t.Context(), c, r, enginetest.Build(enginetest.Sample()), nil)
		if err == nil || !strings.Contains(err.Error(), "create net/main: it disappeared") || time.Since(begin) > 2*time.Minute {
			t.Errorf("%v after %s", err, time.Since(begin))
		}
		apply(t, c, r, enginetest.Build(enginetest.Sample()))
	})
}

// TestCancel: the end of the context is an interruption, not a failure of each
// object.
func TestCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &enginetest.Cloud{Slow: 100}
		r := enginetest.NewRecord(c)
		ctx, cancel := context.WithCancelCause(t.Context())
		c.Fault = func(_ int, op, kind string) (error, bool) {
			if kind == "host" {
				return enginetest.ErrThrottled, false
			}
			return nil, false
		}
		why := errors.New("the lock was lost")
		time.AfterFunc(2*time.Second, func() { cancel(why) })
		begin := time.Now()
		_, out, err := enginetest.Run(ctx, c, r, enginetest.Build(enginetest.Sample()), nil)
		if err != nil || !out.Stopped || time.Since(begin) > 3*time.Second {
			t.Errorf("err %v, stopped %v after %s", err, out.Stopped, time.Since(begin))
		}
		if len(out.Skipped) != 7 {
			t.Errorf("skipped %v, want all", out.Skipped)
		}
	})
}

// TestLateFields: a fresh object may not report at once all that it was made
// with; what stays wrong is an error.
func TestLateFields(t *testing.T) {
	for name, late := range map[string]bool{"late": true, "never": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, r := fresh()
				c.Born = func(t *enginetest.Thing) {
					if t.Kind == "net" {
						t.Spec = []byte(`{"names":true}`)
					}
				}
				if late {
					time.AfterFunc(10*time.Second, func() {
						c.Edit("net/main", func(t *enginetest.Thing) { t.Spec = []byte(`{"range":"10.0.0.0/16","names":true}`) })
					})
				}
				begin := time.Now()
				_, out, err := enginetest.Run(t.Context(), c, r, enginetest.Build(enginetest.Sample()), nil)
				if late != (err == nil) || late != (out.Updated+out.Created == 7) || time.Since(begin) > time.Minute {
					t.Errorf("%v after %s: %+v", err, time.Since(begin), out)
				}
				if !late && !strings.Contains(err.Error(), `AWS made it with range "" instead of "10.0.0.0/16"`) {
					t.Error(err)
				}
			})
		})
	}
}
