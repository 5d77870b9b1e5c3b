package engine

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/keyedin-app/keyedin-infra/internal/state"
)

// thing is a kind whose objects may have lost their address tag.
type thing struct {
	Name  string `json:"name"`
	Color string `json:"color"`
}

func (thing) Kind() string    { return "thing" }
func (thing) Fixed() []string { return []string{"color"} }

// keptThing is one that is never taken away.
type keptThing struct{ thing }

func (keptThing) Kind() string  { return "kept" }
func (keptThing) Keeps() string { return "it is everyone's" }

// crowd draws a stack of things, a record and a world with duplicates,
// strangers, failures and objects on their way out.
func crowd(t *rapid.T) (*Stack, state.State, World) {
	st := NewStack("p", "e", nil)
	last := state.New("p", "e", "", "")
	names := []string{"a", "b", "c", "d"}
	colors := rapid.SampledFrom([]string{"red", "blue"})
	for _, n := range names {
		if rapid.Bool().Draw(t, "wanted "+n) {
			Add(st, n, thing{Name: "name-" + n, Color: colors.Draw(t, "color")})
		}
		if rapid.Bool().Draw(t, "kept "+n) {
			Add(st, n, keptThing{thing{Name: "name-" + n, Color: colors.Draw(t, "color")}})
		}
	}
	var w World
	for i := range rapid.IntRange(0, 12).Draw(t, "live") {
		kind, n := rapid.SampledFrom([]string{"thing", "kept"}).Draw(t, "kind"), rapid.SampledFrom(names).Draw(t, "name")
		o := Object{
			Kind: kind, ID: fmt.Sprint("id-", i), Status: rapid.SampledFrom([]Status{Ready, Ready, Pending, Failed, Deleting}).Draw(t, "status"),
			Document: Document{"name": "name-" + n, "color": colors.Draw(t, "color")},
			Foreign:  rapid.IntRange(0, 4).Draw(t, "foreign") == 0,
		}
		if !o.Foreign && rapid.IntRange(0, 2).Draw(t, "tagged") > 0 {
			o.Address = kind + "/" + n
		}
		if !o.Foreign && rapid.Bool().Draw(t, "recorded") {
			last.Objects[kind+"/"+rapid.SampledFrom(names).Draw(t, "as")] = state.Object{Kind: kind, ID: o.ID}
		}
		w = append(w, o)
	}
	return st, last, w
}

// TestEachLiveObjectOnce: whatever there is, each live object of ours is the
// object of one address, or left over, or stays with a note; and nothing is
// done to a stranger, nor to what is not known to be ours.
func TestEachLiveObjectOnce(t *testing.T) {
	never := func(err error) Meaning { return Other }
	e := New([]Kind{{Name: "thing", traits: traitsOf(thing{}), canonical: canonical[thing]}, {Name: "kept", traits: traitsOf(keptThing{}), canonical: canonical[keptThing]}}, never)
	rapid.Check(t, func(t *rapid.T) {
		st, last, world := crowd(t)
		p := e.Plan(st, last, world, nil)
		fate := map[string][]string{}
		for address, o := range p.kept {
			fate[o.ID] = append(fate[o.ID], "stays at "+address)
		}
		for _, c := range p.Changes {
			switch c.Action {
			case Replace:
				fate[c.live.ID] = append(fate[c.live.ID], "is replaced at "+c.Address)
			case Delete:
				fate[c.live.ID] = append(fate[c.live.ID], "goes from "+c.Address)
				if kindOf(c.Address) == "kept" {
					t.Fatalf("%s is kept and goes", c.ID)
				}
			case Create:
				if i := slices.IndexFunc(world, func(o Object) bool { return !o.Foreign && o.Status != Deleting && o.Address == c.Address }); i >= 0 {
					t.Fatalf("%s is made though %s is there", c.Address, world[i].ID)
				}
			}
		}
		for _, o := range world {
			ours := o.Address != "" || slices.ContainsFunc(st.order, func(address string) bool {
				return kindOf(address) == o.Kind && st.objects[address].Name() == o.Document.Name() && o.Status != Deleting
			})
			for address, r := range last.Objects {
				ours = ours || r.ID == o.ID && kindOf(address) == o.Kind
			}
			switch n := len(fate[o.ID]); {
			case n > 1:
				t.Fatalf("%s has several fates: %v", o.ID, fate[o.ID])
			case n > 0 && (o.Foreign || !ours):
				t.Fatalf("%s is not ours and %v", o.ID, fate[o.ID])
			case n == 0 && !o.Foreign && o.Address != "" && o.Kind != "kept":
				t.Fatalf("%s is ours, at %s, and forgotten", o.ID, o.Address)
			}
		}
		for _, address := range st.order {
			has := slices.ContainsFunc(p.Changes, func(c Change) bool { return c.Address == address && c.Action != Delete })
			_, kept := p.kept[address]
			refused := slices.ContainsFunc(p.Problems, func(n Note) bool { return n.Address == address })
			if !has && !kept && !refused {
				t.Fatalf("nothing becomes of %s", address)
			}
		}
	})
}

// TestTheBestOneWins where several are at one address: as wanted, then not
// failed, then the recorded one.
func TestTheBestOneWins(t *testing.T) {
	e := New([]Kind{{Name: "thing", traits: traitsOf(thing{}), canonical: canonical[thing]}}, func(error) Meaning { return Other })
	st := NewStack("p", "e", nil)
	Add(st, "a", thing{Name: "n", Color: "red"})
	at := func(id, color string, status Status) Object {
		return Object{Kind: "thing", Address: "thing/a", ID: id, Status: status, Document: Document{"name": "n", "color": color}}
	}
	for _, tt := range []struct {
		want  string
		world World
	}{
		{"2", World{at("1", "blue", Ready), at("2", "red", Failed), at("9", "blue", Ready)}},
		{"3", World{at("2", "red", Failed), at("3", "red", Pending), at("1", "red", Deleting)}},
		{"9", World{at("3", "red", Ready), at("9", "red", Ready), at("1", "blue", Ready)}},
		{"3", World{at("4", "red", Ready), at("3", "red", Ready)}},
	} {
		last := state.New("p", "e", "", "")
		last.Objects["thing/a"] = state.Object{Kind: "thing", ID: "9"}
		p := e.Plan(st, last, tt.world, nil)
		if o, _ := p.Live("thing/a"); o.ID != tt.want {
			t.Errorf("of %v: %s, want %s", tt.world, o.ID, tt.want)
		}
	}
}
