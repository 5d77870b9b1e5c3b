package s3_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/state"
	"github.com/keyedin-app/keyedin-infra/internal/state/storetest"
)

func TestContract(t *testing.T) {
	for name, attempts := range map[string]int{"retrying client": 3, "client without retries": 1} {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T) storetest.Harness {
				c := newCloud(t)
				wires := map[state.Store]*wire{}
				return storetest.Harness{
					Open: func() state.Store {
						store, w := c.client(attempts, state.Options{})
						wires[store] = w
						return store
					},
					Pause: func(s state.Store) {
						wires[s].breaks(func(call string, _ int) fault {
							if call == "PUT lock" {
								return silence
							}
							return none
						})
					},
					Stored: func() []byte { return c.stored(statePath) },
					Plant:  func(b []byte) { c.plant(statePath, b) },
				}
			})
		})
	}
}

// Every answer can be lost, by the SDK's own attempt or for good; the store must know its own writes again.
func TestLostAnswers(t *testing.T) {
	for _, call := range []string{"PUT lock", "PUT state", "DELETE lock", "GET state"} {
		for _, f := range []fault{lostAnswer, lostRequest, conflict} {
			if call == "GET state" && f == conflict {
				continue // S3 gives this answer to conditional writes alone
			}
			for _, attempts := range []int{1, 3} {
				if attempts == 1 && (f == lostRequest || call == "GET state" || f == conflict && call == "DELETE lock") {
					continue // nothing was done and nobody tries again: an error is right
				}
				synctest.Test(t, func(t *testing.T) {
					c := newCloud(t)
					store, w := c.client(attempts, state.Options{})
					w.breaks(once(call, f))
					held, err := store.Lock(t.Context(), state.Holder{Who: "anna"})
					if err != nil {
						t.Fatalf("%s, fault %d, %d attempts: %v", call, f, attempts, err)
					}
					if _, err = store.Get(t.Context()); !errors.Is(err, state.ErrNone) {
						t.Errorf("%s, fault %d, %d attempts: %v", call, f, attempts, err)
					}
					s := storetest.Example()
					for range 2 {
						err = errors.Join(err, store.Put(t.Context(), s))
					}
					time.Sleep(2 * state.DefaultLease)
					if cause := context.Cause(held.Context()); cause != nil {
						t.Errorf("%s, fault %d, %d attempts: %v", call, f, attempts, cause)
					}
					err = held.Release(t.Context())
					if err != nil {
						t.Errorf("%s, fault %d, %d attempts: %v", call, f, attempts, err)
					}
					other, _ := c.client(1, state.Options{})
					got, err := other.Get(t.Context())
					if err != nil || got.Serial != 2 || c.stored(lockPath) != nil {
						t.Errorf("%s, fault %d, %d attempts: serial %d, %v, lock %s", call, f, attempts, got.Serial, err, c.stored(lockPath))
					}
				})
			}
		}
	}
}

// A request that arrives after its sender gave up must not turn the next write into a stale one.
func TestLateWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t)
		store, w := c.client(1, state.Options{})
		s := storetest.Example()
		must(t, store.Put(t.Context(), s))
		w.breaks(func(call string, n int) fault {
			switch {
			case call == "PUT state" && n == 1:
				return lostAnswer
			case call == "GET state" && n == 1:
				return lostRequest // so the look fails as well
			}
			return none
		})
		s.Deleted("vpc/main")
		if err := store.Put(t.Context(), s); err == nil {
			t.Fatal("a Put without any answer succeeded")
		}
		s.Deleted("subnet/a")
		must(t, store.Put(t.Context(), s))
		got, err := store.Get(t.Context())
		must(t, err)
		if len(got.Objects) != 0 || got.Serial != 3 {
			t.Errorf("serial %d, objects %v", got.Serial, got.Objects)
		}
	})
}

func TestCallsOfARunWithoutChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t)
		store, _ := c.client(3, state.Options{})
		held := take(t, store, "anna")
		must(t, held.Release(t.Context()))
		if diff := cmp.Diff([]string{"PUT lock", "DELETE lock"}, c.calls()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestDeleteDenied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t)
		store, w := c.client(3, state.Options{})
		w.breaks(always("DELETE lock", denied))
		var last int64
		for range 3 {
			held := take(t, store, "anna")
			if got := held.Holder().Generation; got <= last {
				t.Errorf("generation %d after %d", got, last)
			}
			last = held.Holder().Generation
			for name, err := range map[string]error{"check": held.CheckRelease(t.Context()), "release": held.Release(t.Context())} {
				warning, ok := errors.AsType[*state.DeleteDeniedError](err)
				if !ok || !strings.Contains(warning.Error(), "s3://keyedin-private/infrastructure/test.lock") || !errors.Is(err, state.ErrDenied) {
					t.Errorf("%s: %v", name, err)
				}
			}
			if holder, found, err := store.Inspect(t.Context()); found || err != nil {
				t.Errorf("it sticks: %+v, %v", holder, err)
			}
		}
		if calls := c.calls(); slices.Contains(calls, "PUT state") {
			t.Errorf("a released lock needs no fence: %v", calls)
		}
		w.breaks(nil)
		must(t, take(t, store, "ben").Release(t.Context()))
		if body := c.stored(lockPath); body != nil {
			t.Errorf("with the permission it is deleted: %s", body)
		}
	})
}

func TestCheckReleaseKeepsTheLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t)
		store, _ := c.client(3, state.Options{})
		held := take(t, store, "anna")
		c.calls()
		must(t, held.CheckRelease(t.Context()))
		if diff := cmp.Diff([]string{"DELETE lock"}, c.calls()); diff != "" {
			t.Error(diff)
		}
		other, _ := c.client(3, state.Options{})
		if _, err := other.Lock(t.Context(), state.Holder{}); refusedBy(err) != "anna" {
			t.Errorf("after the check: %v", err)
		}
		c.plant(lockPath, nil)
		if err := held.CheckRelease(t.Context()); !errors.Is(err, state.ErrLockLost) {
			t.Errorf("check of a removed lock: %v", err)
		}
	})
}

func TestNoBucket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t)
		c.plant("/"+bucket, nil) // an empty bucket can be deleted
		store, _ := c.client(3, state.Options{})
		_, err := store.Lock(t.Context(), state.Holder{})
		_, getErr := store.Get(t.Context())
		_, _, inspectErr := store.Inspect(t.Context())
		for name, err := range map[string]error{
			"Lock": err, "Get": getErr, "Put": store.Put(t.Context(), storetest.Example()),
		} {
			if !errors.Is(err, state.ErrNoBucket) || !errors.Is(err, state.ErrNone) {
				t.Errorf("%s: %v, want ErrNoBucket", name, err)
			}
		}
		if inspectErr != nil {
			t.Errorf("Inspect without a bucket: %v, want nobody", inspectErr)
		}
	})
}

func TestDenied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t)
		store, w := c.client(3, state.Options{})
		w.breaks(func(string, int) fault { return denied })
		_, err := store.Lock(t.Context(), state.Holder{})
		_, getErr := store.Get(t.Context())
		for name, err := range map[string]error{"Lock": err, "Get": getErr, "Put": store.Put(t.Context(), storetest.Example())} {
			if !errors.Is(err, state.ErrDenied) || !strings.Contains(err.Error(), "s3://keyedin-private/infrastructure/test.") {
				t.Errorf("%s: %v, want ErrDenied and the object's name", name, err)
			}
		}
	})
}
