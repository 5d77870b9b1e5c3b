package engine_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
	"github.com/keyedin-app/keyedin-infra/internal/state"
)

// applied is a world in which the sample shape was applied.
func applied(t *testing.T, shape enginetest.Shape) (*enginetest.Cloud, *enginetest.Record) {
	t.Helper()
	c := &enginetest.Cloud{}
	r := enginetest.NewRecord(c)
	if _, _, err := enginetest.Run(t.Context(), c, r, enginetest.Build(shape), nil); err != nil {
		t.Fatal(err)
	}
	return c, r
}

// plan plans a shape over a world.
func plan(t *testing.T, c *enginetest.Cloud, last state.State, st *engine.Stack) *engine.Plan {
	t.Helper()
	e := engine.New(enginetest.Kinds(c), enginetest.Classify)
	world, err := e.Observe(t.Context(), st, last)
	if err != nil {
		t.Fatal(err)
	}
	return e.Plan(st, last, world, nil)
}

// lines is a plan in short: one line a change, fields and causes behind it.
func lines(p *engine.Plan) []string {
	var all []string
	for _, c := range p.Changes {
		line := string(c.Action) + " " + c.Address
		for _, f := range c.Fields {
			line += fmt.Sprintf(" [%s: %s]", f.Field, f.Cause)
		}
		if c.Effect.Level == engine.DataIsLost {
			line += " DATA"
		}
		all = append(all, line)
	}
	for _, n := range p.Notes {
		all = append(all, "note "+n.Address)
	}
	for _, n := range p.Problems {
		all = append(all, "problem "+n.Address)
	}
	return all
}

func editSpec(c *enginetest.Cloud, address string, edit func(map[string]any)) {
	c.Edit(address, func(t *enginetest.Thing) {
		var spec map[string]any
		if err := json.Unmarshal(t.Spec, &spec); err != nil {
			panic(err)
		}
		edit(spec)
		t.Spec, _ = json.Marshal(spec)
	})
}

func TestPlan(t *testing.T) {
	sample := enginetest.Sample()
	for _, tt := range []struct {
		name string
		edit func(*enginetest.Shape)              // of the config
		aws  func(*enginetest.Cloud)              // behind our back
		last func(*enginetest.Record) state.State // what is recorded
		want []string
	}{
		{name: "nothing", want: nil},
		{name: "an edit", edit: func(s *enginetest.Shape) { s.HostSize = 2 }, want: []string{
			"change host/a [size: you edited it]", "change host/b [size: you edited it]", "change host/c [size: you edited it]",
		}},
		{name: "changed in AWS", aws: func(c *enginetest.Cloud) {
			editSpec(c, "host/b", func(s map[string]any) { s["size"] = 7 })
		}, want: []string{"change host/b [size: changed in AWS]"}},
		{name: "both", edit: func(s *enginetest.Shape) { s.HostSize = 2 }, aws: func(c *enginetest.Cloud) {
			editSpec(c, "host/a", func(s map[string]any) { s["size"] = 2 })
			editSpec(c, "host/b", func(s map[string]any) { s["size"] = 7 })
		}, want: []string{
			"change host/b [size: you edited it, and it was changed in AWS]", "change host/c [size: you edited it]",
		}},
		{name: "a field of another owner is information", aws: func(c *enginetest.Cloud) {
			editSpec(c, "front/main", func(s map[string]any) { s["weight"] = 10 })
		}, want: []string{"note front/main"}},
		{name: "fields only AWS has", aws: func(c *enginetest.Cloud) {
			c.Edit("host/a", func(t *enginetest.Thing) { t.Tags["aws:extra"], t.Tags["cost-center"] = "x", "y" })
		}, want: nil},
		{name: "a tag removed in AWS", aws: func(c *enginetest.Cloud) {
			c.Edit("host/a", func(t *enginetest.Thing) { delete(t.Tags, engine.TagManagedBy) })
		}, want: []string{"change host/a [tags.managed-by: changed in AWS]"}},
		{name: "a tag of the config", edit: func(s *enginetest.Shape) { s.Hosts, s.NoStore = 0, true; s.Tags = map[string]string{"team": "web"} },
			want: []string{
				"change net/main [tags.team: you edited it]", "change front/main [hosts: you edited it] [tags.team: you edited it]",
				"change entry/www [tags.team: you edited it]",
				"delete host/a", "delete host/b", "delete host/c", "delete store/main DATA",
			}},
		{name: "fixed fields cascade", edit: func(s *enginetest.Shape) { s.Image = "two"; s.Hosts = 1 }, want: []string{
			"replace host/a [image: you edited it]", "change front/main [hosts: follows from host/a]", "delete host/b", "delete host/c",
		}},
		{name: "data", edit: func(s *enginetest.Shape) { s.Engine = "maria" }, want: []string{
			"replace store/main [engine: you edited it] DATA",
		}},
		{name: "gone from AWS", aws: func(c *enginetest.Cloud) {
			c.Edit("entry/www", func(t *enginetest.Thing) { t.Kind = "gone" })
		}, want: []string{"create entry/www"}},
		{name: "the state is lost", last: func(r *enginetest.Record) state.State { r.Lose(); return r.State() }, want: nil},
		{name: "the state is lost, and something changed", last: func(r *enginetest.Record) state.State { r.Lose(); return r.State() },
			edit: func(s *enginetest.Shape) { s.HostSize = 2; s.Hosts = 1 },
			want: []string{"change host/a [size: AWS has it otherwise]", "change front/main [hosts: AWS has it otherwise]", "delete host/b", "delete host/c"}},
		{name: "a foreign object has our name", edit: func(s *enginetest.Shape) { s.NoStore = false }, aws: func(c *enginetest.Cloud) {
			c.Edit("store/main", func(t *enginetest.Thing) { t.Tags = map[string]string{"owner": "someone"} })
		}, want: []string{"problem store/main"}},
		{name: "a neighbour's objects", aws: func(c *enginetest.Cloud) {
			c.Put(enginetest.Thing{Kind: "net", Spec: []byte(`{"range":"10.9.0.0/16"}`), Tags: engine.Identify("sample", "other", "net/main")})
			c.Put(enginetest.Thing{Kind: "net", Spec: []byte(`{"range":"10.8.0.0/16"}`)})
		}, want: nil},
		{name: "left over by an interrupted replacement", aws: func(c *enginetest.Cloud) {
			c.Put(enginetest.Thing{Kind: "host", Spec: []byte(`{"image":"old"}`), Tags: engine.Identify("sample", "test", "host/a")})
		}, want: []string{"delete host/a"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, r := applied(t, sample)
				shape := sample
				if tt.edit != nil {
					tt.edit(&shape)
				}
				if tt.aws != nil {
					tt.aws(c)
				}
				last := r.State()
				if tt.last != nil {
					last = tt.last(r)
				}
				p := plan(t, c, last, enginetest.Build(shape))
				if d := cmp.Diff(tt.want, lines(p)); d != "" {
					t.Errorf("(-want +got):\n%s", d)
				}
			})
		})
	}
}

// TestFoundAgain: what is live and not recorded is counted as recovered.
func TestFoundAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, r := applied(t, enginetest.Sample())
		r.Lose()
		p := plan(t, c, r.State(), enginetest.Build(enginetest.Sample()))
		if len(p.Recovered) != 7 {
			t.Errorf("recovered %v, want all seven", p.Recovered)
		}
	})
}

// TestDigest: a plan's digest moves with the config, the record and AWS, and
// not with what another owner does.
func TestDigest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, r := applied(t, enginetest.Sample())
		digests := func() map[string]string {
			return plan(t, c, r.State(), enginetest.Build(enginetest.Sample())).Digests
		}
		before := digests()
		editSpec(c, "front/main", func(s map[string]any) { s["weight"] = 10 })
		if moved := engine.Moved(before, digests()); moved != nil {
			t.Errorf("moved %v by the deployer's weight", moved)
		}
		editSpec(c, "host/b", func(s map[string]any) { s["size"] = 9 })
		if d := cmp.Diff([]string{"host/b"}, engine.Moved(before, digests())); d != "" {
			t.Error(d)
		}
	})
}

// TestDeclarations that cannot be right are programmer's errors.
func TestDeclarations(t *testing.T) {
	for name, declare := range map[string]func(*engine.Stack){
		"declared twice": func(st *engine.Stack) {
			engine.Add(st, "a", enginetest.Net{})
			engine.Add(st, "a", enginetest.Net{})
		},
		"not declared before it": func(st *engine.Stack) {
			other := engine.NewStack("x", "y", nil)
			engine.Add(st, "a", enginetest.Host{Net: engine.Add(other, "b", enginetest.Net{})})
		},
	} {
		func() {
			defer func() {
				if text := fmt.Sprint(recover()); !strings.Contains(text, name) {
					t.Errorf("panicked with %q, want %q", text, name)
				}
			}()
			declare(engine.NewStack("p", "e", nil))
		}()
	}
}
