package engine

import (
	"maps"
	"slices"

	"github.com/keyedin-app/keyedin-infra/internal/state"
)

// index finds objects of a world and of a state.
type index struct {
	of       map[string][]*Object // by kind
	at       map[string]bool      // addresses at which something is live, foreign or not
	live     map[string]bool      // key → it is live
	recorded map[string]string    // key → address
}

// key tells live objects apart.
func key(o Object) string { return o.Kind + " " + o.ID }

func indexOf(w World, last state.State) index {
	x := index{
		of: map[string][]*Object{}, at: map[string]bool{}, live: map[string]bool{}, recorded: map[string]string{},
	}
	for i := range w {
		o := &w[i]
		x.of[o.Kind] = append(x.of[o.Kind], o)
		x.at[o.Address] = true
		x.live[key(*o)] = o.ID != ""
	}
	for _, address := range slices.Backward(slices.Sorted(maps.Keys(last.Objects))) {
		if id := last.Objects[address].ID; id != "" {
			x.recorded[kindOf(address)+" "+id] = address
		}
	}
	return x
}
