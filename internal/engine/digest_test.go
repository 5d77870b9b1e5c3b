package engine

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/keyedin-app/keyedin-infra/internal/state"
)

// leased is a kind of which a field is not the config's.
type leased struct {
	Name   string `json:"name"`
	Size   int    `json:"size"`
	Weight int    `json:"weight"`
}

func (leased) Kind() string             { return "leased" }
func (leased) Owners() map[string]Owner { return map[string]Owner{"weight": OwnerDeployer} }

// TestDigestsMove with anything of what is wanted, recorded or live that the
// plan was made from, and with nothing else.
func TestDigestsMove(t *testing.T) {
	e := New([]Kind{{Name: "leased", traits: traitsOf(leased{}), canonical: canonical[leased]}}, func(error) Meaning { return Other })
	number := rapid.IntRange(1, 3)
	rapid.Check(t, func(t *rapid.T) {
		want := leased{Name: "n", Size: number.Draw(t, "wanted"), Weight: 1}
		recorded := Document{"name": "n", "size": float64(number.Draw(t, "recorded")), "weight": 1.0}
		live := Object{Kind: "leased", Address: "leased/a", ID: "1", Document: Document{
			"name": "n", "size": float64(number.Draw(t, "live")), "weight": 1.0,
			"tags": map[string]any{"team": "x", TagAddress: "leased/a"},
		}}
		digests := func(change string) map[string]string {
			want, recorded, live := want, Document(union(recorded, nil)), live
			live.Document = union(live.Document, nil)
			switch change {
			case "wanted":
				want.Size = 7
			case "recorded":
				recorded["size"] = 7.0
			case "live":
				live.Document["size"] = 7.0
			case "live id":
				live.ID = "2"
			case "tag of ours":
				live.Document["tags"] = map[string]any{"team": "x", TagAddress: "other"}
			case "failed":
				live.Status = Failed
			case "kept":
				live.Keep = "others use it"
			case "pending":
				live.Status = Pending
			case "tag of others":
				live.Document["tags"] = map[string]any{"team": "y", TagAddress: "leased/a"}
			case "deployer's weight":
				live.Document["weight"] = 7.0
			case "field of AWS":
				live.Document["extra"] = "x"
			}
			st := NewStack("p", "e", nil)
			Add(st, "a", want)
			last := state.New("p", "e", "", "")
			last.Objects["leased/a"] = state.Object{Kind: "leased", ID: "1", Document: recorded.JSON()}
			world := World{live}
			if change == "another live one" {
				world = append(world, Object{Kind: "leased", Address: "leased/b", ID: "3", Document: Document{"name": "m"}})
			}
			if change == "gone" {
				world = nil
			}
			return e.Plan(st, last, world, nil).Digests
		}
		before := digests("")
		for _, change := range []string{"wanted", "recorded", "live", "live id", "tag of ours", "failed", "kept", "another live one", "gone"} {
			if Moved(before, digests(change)) == nil {
				t.Errorf("nothing moved with: %s", change)
			}
		}
		for _, change := range []string{"", "pending", "tag of others", "deployer's weight", "field of AWS"} {
			if moved := Moved(before, digests(change)); moved != nil {
				t.Errorf("moved %v with: %s", moved, change)
			}
		}
	})
}

// TestMoved lists what differs, is new, or is gone, in order.
func TestMoved(t *testing.T) {
	got := Moved(map[string]string{"same": "1", "other": "1", "gone": "1"}, map[string]string{"same": "1", "other": "2", "fresh": "1"})
	if want := []string{"fresh", "gone", "other"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestProtected: a live document that says so protects, a wanted one does not.
func TestProtected(t *testing.T) {
	for want, c := range map[bool]Change{
		true:  {live: &Object{Document: Document{"deletion-protection": true}}},
		false: {wanted: Document{"deletion-protection": true}},
	} {
		if c.Protected() != want {
			t.Errorf("protected: %v, want %v", c.Protected(), want)
		}
	}
}
