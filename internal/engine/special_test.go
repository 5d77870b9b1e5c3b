package engine_test

import (
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

// fresh is an empty cloud with an empty record.
func fresh() (*enginetest.Cloud, *enginetest.Record) {
	c := &enginetest.Cloud{}
	return c, enginetest.NewRecord(c)
}

func fleet(body string) *engine.Stack {
	return stack(func(st *engine.Stack) {
		t := engine.Add(st, "main", enginetest.Template{Name: "t", Body: body})
		engine.Add(st, "main", enginetest.Fleet{Name: "f", Template: t, Version: engine.Attr[string](t, "version")})
	})
}

// TestVolatileIsFollowed: what refers to a template's newest version is changed
// when the template is, in the same apply.
func TestVolatileIsFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, r := fresh()
		apply(t, c, r, fleet("one"))
		settled(t, c, r, fleet("one"))
		want := []string{"change template/main [body: you edited it]", "change fleet/main [version: follows from template/main]"}
		if d := cmp.Diff(want, lines(plan(t, c, r.State(), fleet("two")))); d != "" {
			t.Error(d)
		}
		apply(t, c, r, fleet("two"))
		settled(t, c, r, fleet("two"))
	})
}

// TestVolatileOfAFailure is not followed.
func TestVolatileOfAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, r := fresh()
		apply(t, c, r, fleet("one"))
		c.Fault = func(_ int, op, kind string) (error, bool) {
			if kind == "template" {
				return enginetest.ErrDenied, false
			}
			return nil, false
		}
		_, out, err := enginetest.Run(t.Context(), c, r, fleet("two"), nil)
		if !errors.Is(err, enginetest.ErrDenied) || !slices.Equal(out.Skipped, []string{"fleet/main"}) {
			t.Errorf("%v, skipped %v", err, out.Skipped)
		}
	})
}

func ticket(domain string) *engine.Stack {
	return stack(func(st *engine.Stack) {
		t := engine.Add(st, "main", enginetest.Ticket{Domain: domain})
		engine.Add(st, "proof", enginetest.Entry{Name: "proof." + domain, Target: engine.Attr[string](t, "proof")})
		engine.Add(st, "late", enginetest.Route{Name: "late", Pool: engine.Add(st, "main", enginetest.Pool{Name: "p"})})
		engine.Add(st, "main", enginetest.Fleet{Name: "f", Version: engine.Format("%s", t)})
	})
}

// TestEarly: what needs only an attribute that is known goes on while the
// object it belongs to is still pending, waits for a person, or failed.
func TestEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, r := fresh()
		c.Born = func(t *enginetest.Thing) {
			if t.Kind == "ticket" {
				t.Status, t.Reason = engine.Waiting, "set the name servers"
			}
		}
		_, out, err := enginetest.RunWith(t.Context(), c, ticket("a"), nil, engine.Options{Recorder: r, Attention: time.Minute})
		if err != nil || out.Created != 4 || len(out.Skipped) > 0 {
			t.Errorf("%v: %+v", err, out)
		}
		if d := cmp.Diff([]engine.Note{{Address: "ticket/main", Text: "set the name servers"}}, out.Waiting); d != "" {
			t.Error(d)
		}
		if got := lines(plan(t, c, r.State(), ticket("a"))); !slices.Equal(got, []string{"wait for ticket/main"}) {
			t.Errorf("the next plan is %v", got)
		}
		c.Edit("ticket/main", func(t *enginetest.Thing) { t.Status = engine.Ready })
		settled(t, c, r, ticket("a"))
	})
}

// TestAttention: a person who acts in time keeps the run from going on without
// the object, though it takes longer than AWS ever should.
func TestAttention(t *testing.T) {
	for name, tt := range map[string]struct {
		attention, acts time.Duration
		waiting         int
	}{
		"in time":        {time.Hour, 40 * time.Minute, 0},
		"too late":       {20 * time.Minute, 40 * time.Minute, 1},
		"nobody watches": {0, 40 * time.Minute, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, r := fresh()
				c.Born = func(t *enginetest.Thing) {
					if t.Kind == "ticket" {
						t.Status, t.Reason = engine.Waiting, "set the name servers"
					}
				}
				time.AfterFunc(tt.acts, func() {
					c.Edit("ticket/main", func(t *enginetest.Thing) { t.Status = engine.Ready })
				})
				begin := time.Now()
				_, out, err := enginetest.RunWith(t.Context(), c, ticket("a"), nil, engine.Options{Recorder: r, Attention: tt.attention})
				if err != nil || len(out.Waiting) != tt.waiting {
					t.Errorf("%v: %+v", err, out)
				}
				if took, most := time.Since(begin), min(tt.acts, tt.attention)+10*time.Second; took > most {
					t.Errorf("took %s, more than %s", took, most)
				}
				time.Sleep(tt.acts)
			})
		})
	}
}

// TestFoundation: what carries everything is never replaced by a plan.
func TestFoundation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, r := fresh()
		base := func(cidr string) *engine.Stack {
			return stack(func(st *engine.Stack) { engine.Add(st, "main", enginetest.Base{Range: cidr}) })
		}
		apply(t, c, r, base("a"))
		p := plan(t, c, r.State(), base("b"))
		if len(p.Problems) != 1 || !strings.Contains(p.Problems[0].Text, "make a second environment") {
			t.Errorf("problems %v", p.Problems)
		}
	})
}

// TestKept: neither a destroy, nor a replacement, nor a cleanup takes it away.
func TestKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, r := fresh()
		vault := func(name string) *engine.Stack {
			return stack(func(st *engine.Stack) { engine.Add(st, "main", enginetest.Vault{Name: name}) })
		}
		apply(t, c, r, vault("a"))
		p, _, err := enginetest.Run(t.Context(), c, r, vault("a").Empty(), vault("a"))
		if err != nil || !slices.Equal(lines(p), []string{"note vault/main"}) || len(c.Things()) != 1 {
			t.Errorf("destroy: %v, plan %v, left %v", err, lines(p), c.Things())
		}
		p = plan(t, c, r.State(), vault("b"))
		if len(p.Problems) != 1 || !strings.Contains(p.Problems[0].Text, "others use it too") {
			t.Errorf("another name: %v %v", lines(p), p.Problems)
		}
		c.Put(enginetest.Thing{Kind: "vault", Spec: []byte(`{"name":"old"}`), Tags: engine.Identify("sample", "test", "vault/main")})
		if got := lines(plan(t, c, r.State(), vault("a"))); !slices.Equal(got, []string{"note vault/main"}) {
			t.Errorf("a second one: %v", got)
		}
	})
}

// TestKeepOfOne: a single object may be kept, for as long as it says so.
func TestKeepOfOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, r := applied(t, enginetest.Sample())
		c.Edit("net/main", func(t *enginetest.Thing) { t.Keep = "others are in it" })
		st := enginetest.Build(enginetest.Sample())
		if _, _, err := enginetest.Run(t.Context(), c, r, st.Empty(), st); err != nil || len(c.Things()) != 1 {
			t.Errorf("%v, left %v", err, c.Things())
		}
		c.Edit("net/main", func(t *enginetest.Thing) { t.Keep = "" })
		if _, _, err := enginetest.Run(t.Context(), c, r, st.Empty(), st); err != nil || len(c.Things()) != 0 {
			t.Errorf("%v, left %v", err, c.Things())
		}
	})
}

// TestTokenOfTheGone: a cloud that answers a client token with what it made for
// it once, though someone has deleted that.
func TestTokenOfTheGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, r := applied(t, enginetest.Sample())
		c.Remove("host/b")
		time.Sleep(time.Minute)
		begin := time.Now()
		apply(t, c, r, enginetest.Build(enginetest.Sample()))
		if took := time.Since(begin); took > time.Minute {
			t.Errorf("took %s", took)
		}
		settled(t, c, r, enginetest.Build(enginetest.Sample()))
	})
}

// TestSavedPlanOfAFailed: that an object failed meanwhile refuses a saved plan,
// as the plan would now replace it.
func TestSavedPlanOfAFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, r := applied(t, enginetest.Sample())
		digests := func() map[string]string { return plan(t, c, r.State(), enginetest.Build(enginetest.Sample())).Digests }
		before := digests()
		c.Edit("host/b", func(t *enginetest.Thing) { t.Tags["cost-center"] = "7" })
		if moved := engine.Moved(before, digests()); moved != nil {
			t.Errorf("moved %v by a tag of someone else", moved)
		}
		c.Edit("host/b", func(t *enginetest.Thing) { t.Status = engine.Failed })
		if moved := engine.Moved(before, digests()); !slices.Equal(moved, []string{"front/main", "host/b"}) {
			t.Errorf("moved %v, want host/b and what names it", moved)
		}
	})
}

// TestDestroyAfterACut finds what the cut run made and AWS does not list yet.
func TestDestroyAfterACut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &enginetest.Cloud{Hide: 6}
		r := enginetest.NewRecord(c)
		c.Fault = func(int, string, string) (error, bool) { return enginetest.ErrCut, true }
		st := enginetest.Build(enginetest.Sample())
		_, _, _ = enginetest.Run(context.Background(), c, r, st, nil) // ends in the cut
		c.Fault = nil
		c.Restore()
		if _, _, err := enginetest.Run(t.Context(), c, r, st.Empty(), st); err != nil || len(c.Things()) > 0 {
			t.Errorf("%v, left %v", err, c.Things())
		}
	})
}
