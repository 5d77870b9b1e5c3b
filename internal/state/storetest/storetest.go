// Package storetest holds any state.Store to its contract: what it refuses, whose write wins, who may work.
//
// It knows the contract and nothing of how a store keeps it. Every test runs in a bubble of package synctest, so
// that leases run out at once.
package storetest

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/state"
)

// Harness is one storage and the ways to reach it.
type Harness struct {
	Open   func() state.Store // as another run would; must not reach the network
	Pause  func(state.Store)  // this run does nothing until the test ends, except when it is asked to
	Stored func() []byte      // the stored state, nil when there is none
	Plant  func([]byte)       // replaces the stored state
}

// Run runs all tests, each on a storage of its own.
func Run(t *testing.T, open func(*testing.T) Harness) {
	for name, test := range map[string]func(*testing.T, Harness){
		"round trip": roundTrip, "stale": stale, "lineage": lineage, "refused": refused,
		"locked": locked, "one at a time": oneAtATime, "release": release,
		"paused holder": pausedHolder, "paused before the first state": pausedBeforeFirstState,
		"break": breakLock, "break another": breakAnother, "broken state under a dead lock": brokenUnderDeadLock,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(t, open(t)) })
		})
	}
}

// Example is a state with something in every field.
func Example() state.State {
	s := state.New("keyedin", "test", "123456789012", "us-east-1")
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s.Objects["vpc/main"] = state.Object{
		Kind: "vpc", ID: "vpc-1", Document: []byte(`{"cidr":"10.0.0.0/16","note":"a<b & \"c\""}`), Since: now,
	}
	s.Objects["subnet/a"] = state.Object{
		Kind: "subnet", Edges: []string{"vpc/main"},
		Journal: &state.Journal{Action: "create", Token: "t", Since: now, Run: "r"},
	}
	s.Generations["subnet/a"] = 2
	s.Record(state.Run{ID: "r", Command: "apply", Who: "ops", Started: now, Created: 1})
	s.PlanApplied("digest")
	return s
}

func roundTrip(t *testing.T, h Harness) {
	a := h.Open()
	if _, err := a.Get(t.Context()); !errors.Is(err, state.ErrNone) {
		t.Fatalf("Get of nothing: %v, want ErrNone", err)
	}
	want := Example()
	for serial := int64(1); serial <= 3; serial++ {
		must(t, a.Put(t.Context(), want))
		for name, store := range map[string]state.Store{"same": a, "another": h.Open()} {
			got, err := store.Get(t.Context())
			must(t, err)
			want.Serial, want.Fence, want.Author, want.Version = serial, got.Fence, got.Author, state.Version
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s store, (-want +got):\n%s", name, diff)
			}
		}
	}
	if !strings.Contains(string(h.Stored()), "\n  \"project\": \"keyedin\",\n") {
		t.Errorf("the stored state is not indented for people:\n%s", h.Stored())
	}
}

func stale(t *testing.T, h Harness) {
	a, b := h.Open(), h.Open()
	s := Example()
	must(t, a.Put(t.Context(), s))
	if err := b.Put(t.Context(), Example()); !errors.Is(err, state.ErrStale) {
		t.Fatalf("Put over a state never read: %v, want ErrStale", err)
	}
	got, err := b.Get(t.Context())
	must(t, err)
	must(t, b.Put(t.Context(), got)) // the same content, and yet not the write of a
	before := h.Stored()
	for range 2 {
		if err := a.Put(t.Context(), s); !errors.Is(err, state.ErrStale) {
			t.Fatalf("Put after a foreign write: %v, want ErrStale", err)
		}
	}
	if diff := cmp.Diff(before, h.Stored()); diff != "" {
		t.Errorf("a stale Put wrote:\n%s", diff)
	}
	h.Plant(nil)
	if err := b.Put(t.Context(), got); !errors.Is(err, state.ErrStale) {
		t.Errorf("Put over a deleted state: %v, want ErrStale", err)
	}
}

func lineage(t *testing.T, h Harness) {
	a := h.Open()
	must(t, a.Put(t.Context(), Example()))
	if err := a.Put(t.Context(), Example()); !errors.Is(err, state.ErrStale) {
		t.Errorf("Put of another lineage: %v, want ErrStale", err)
	}
}

func refused(t *testing.T, h Harness) {
	good, err := state.Encode(Example())
	must(t, err)
	for name, body := range map[string]string{
		"truncated": string(good[:len(good)/2]), "empty": "", "foreign": `{"version": 4, "resources": []}`,
		"edited": strings.Replace(string(good), "vpc-1", "vpc-2", 1), "newer": `{"format":"keyedin-state","version":99}`,
	} {
		h.Plant([]byte(body))
		a := h.Open()
		_, err := a.Get(t.Context())
		if _, newer := errors.AsType[*state.NewerError](err); newer != (name == "newer") || !newer && !errors.Is(err, state.ErrBroken) {
			t.Errorf("%s: %v", name, err)
		}
		if err := a.Put(t.Context(), Example()); !errors.Is(err, state.ErrStale) {
			t.Errorf("%s: Put over it: %v, want ErrStale", name, err)
		}
		if string(h.Stored()) != body {
			t.Errorf("%s: it was touched", name)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
