package engine

import (
	"maps"
	"slices"

	"github.com/keyedin-app/keyedin-infra/internal/state"
)

// index finds objects of a world and of a state.
type index struct {
	found    map[string][]*Object // by address, by key, and by kind and name
	at       map[string]bool      // addresses at which something is live, foreign or not
	live     map[string]bool      // key → it is live
	recorded map[string]string    // key → address
}

// key tells live objects apart.
func key(o Object) string { return keyOf(o.Kind, o.ID) }

func keyOf(kind, id string) string { return kind + " " + id }

func byName(kind string, d Document) string { return kind + " named " + d.Name() }

func indexOf(w World, last state.State) index {
	x := index{
		found: map[string][]*Object{}, at: map[string]bool{}, live: map[string]bool{}, recorded: map[string]string{},
	}
	for i := range w {
		o := &w[i]
		for _, as := range []string{o.Address, key(*o), byName(o.Kind, o.Document)} {
			x.found[as] = append(x.found[as], o)
		}
		x.at[o.Address] = true
		x.live[key(*o)] = o.ID != ""
	}
	for _, address := range slices.Backward(slices.Sorted(maps.Keys(last.Objects))) {
		if id := last.Objects[address].ID; id != "" {
			x.recorded[keyOf(kindOf(address), id)] = address
		}
	}
	return x
}
