package s3_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/state"
	"github.com/keyedin-app/keyedin-infra/internal/state/storetest"
)

// Without an answer for a whole lease the run ends, and not before.
func TestSilentStorage(t *testing.T) {
	for name, f := range map[string]fault{"no answer": silence, "connections fail": lostRequest} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t)
				store, w := c.client(3, state.Options{})
				held := take(t, store, "anna")
				time.Sleep(21 * time.Second) // just renewed
				w.breaks(always("PUT lock", f))
				time.Sleep(50 * time.Second)
				if err := held.Context().Err(); err != nil {
					t.Fatalf("gave up early: %v", context.Cause(held.Context()))
				}
				time.Sleep(10 * time.Second)
				if cause := context.Cause(held.Context()); !errors.Is(cause, state.ErrLockLost) {
					t.Fatalf("goes on without a lock: %v", cause)
				}
				if err := store.Put(t.Context(), storetest.Example()); !errors.Is(err, state.ErrLockLost) {
					t.Errorf("Put without a lock: %v", err)
				}
				if err := held.Release(t.Context()); !errors.Is(err, state.ErrLockLost) || c.stored(lockPath) != nil {
					t.Errorf("Release: %v, lock: %s", err, c.stored(lockPath))
				}
				w.breaks(nil)
				must(t, take(t, store, "anna").Release(t.Context())) // and may start again
			})
		})
	}
}

func TestShortOutageIsSurvived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t)
		store, w := c.client(1, state.Options{})
		held := take(t, store, "anna")
		for _, f := range []fault{lostRequest, lostAnswer, silence} {
			w.breaks(func(call string, n int) fault {
				if n <= 2 {
					return f
				}
				return none
			})
			time.Sleep(50 * time.Second)
		}
		other, _ := c.client(1, state.Options{})
		if _, err := other.Lock(t.Context(), state.Holder{}); refusedBy(err) != "anna" || held.Context().Err() != nil {
			t.Errorf("%v, %v", err, context.Cause(held.Context()))
		}
	})
}

// Whoever looks judges by S3's clock alone: neither a clock that is hours off nor its own makes a lock expire.
func TestClockSkew(t *testing.T) {
	for _, skew := range []time.Duration{-3 * time.Hour, 3 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			c := newCloud(t)
			wrong := func() time.Time { return time.Now().Add(skew).Round(0) }
			holder, w := c.client(1, state.Options{Now: wrong})
			held := take(t, holder, "anna")
			time.Sleep(5 * time.Minute)
			for _, now := range []func() time.Time{nil, wrong} {
				other, _ := c.client(1, state.Options{Now: now})
				if _, err := other.Lock(t.Context(), state.Holder{}); refusedBy(err) != "anna" {
					t.Errorf("skew %s: %v, want refused by anna", skew, err)
				}
			}
			w.breaks(always("PUT lock", silence))
			time.Sleep(2 * time.Minute)
			other, _ := c.client(1, state.Options{})
			must(t, take(t, other, "ben").Release(t.Context()))
			if held.Context().Err() == nil {
				t.Errorf("skew %s: the silent holder goes on", skew)
			}
		})
	}
}

// The takeover is refused until the whole lease has passed since the last heartbeat.
func TestExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t)
		a, w := c.client(1, state.Options{})
		take(t, a, "anna")
		w.breaks(always("PUT lock", silence))
		other, _ := c.client(1, state.Options{})
		began := time.Now()
		for {
			held, err := other.Lock(t.Context(), state.Holder{Who: "ben"})
			if err == nil {
				t.Cleanup(func() { _ = held.Release(context.WithoutCancel(t.Context())) })
				break
			}
			if refusedBy(err) != "anna" {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		if took := time.Since(began); took < state.DefaultLease || took > state.DefaultLease+5*time.Second {
			t.Errorf("taken over after %s", took)
		}
		if holder, _, err := other.Inspect(t.Context()); err != nil || holder.Who != "ben" || holder.Generation != 2 {
			t.Errorf("%+v, %v", holder, err)
		}
		w.breaks(nil)
		synctest.Wait()
	})
}

// A process that was stopped knows nothing of it: its clock and its heartbeats stood still, its check of the lease
// has passed already. Only the storage can refuse its write.
func TestFence(t *testing.T) {
	for _, seeded := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			c := newCloud(t)
			start := time.Now()
			paused, _ := c.client(1, state.Options{Now: func() time.Time { return start }})
			s := storetest.Example()
			take(t, paused, "anna")
			if seeded {
				must(t, paused.Put(t.Context(), s))
			}
			time.Sleep(2 * state.DefaultLease)
			other, _ := c.client(1, state.Options{})
			take(t, other, "ben")
			if err := paused.Put(t.Context(), s); !errors.Is(err, state.ErrStale) {
				t.Errorf("seeded %v: Put of a stopped holder: %v, want ErrStale", seeded, err)
			}
			if _, err := paused.Get(t.Context()); seeded && !errors.Is(err, state.ErrLockLost) {
				t.Errorf("Get of a stopped holder: %v, want ErrLockLost", err)
			}
			got, err := other.Get(t.Context())
			if seeded != (err == nil) {
				t.Fatal(err)
			}
			if !seeded {
				got = s
			}
			must(t, other.Put(t.Context(), got))
		})
	}
}

// A laptop that slept past its lease goes on when nobody took the lock, and stops when someone did.
func TestSleepingLaptop(t *testing.T) {
	for _, taken := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c := newCloud(t)
			var slept atomic.Int64
			now := func() time.Time { return time.Now().Add(time.Duration(slept.Load())).Round(0) }
			laptop, _ := c.client(3, state.Options{Now: now})
			held := take(t, laptop, "anna")
			if taken {
				body := strings.Replace(string(c.stored(lockPath)), held.Holder().ID, state.NewID(), 1)
				c.plant(lockPath, []byte(body))
			}
			slept.Store(int64(time.Hour))
			time.Sleep(6 * time.Second) // timers do not know that it slept
			if err := held.Context().Err(); (err != nil) != taken {
				t.Errorf("taken %v: %v", taken, context.Cause(held.Context()))
			}
			slept.Store(int64(3 * time.Hour))
			if err := laptop.Put(t.Context(), storetest.Example()); errors.Is(err, state.ErrLockLost) != taken {
				t.Errorf("taken %v: Put on wake: %v", taken, err)
			}
		})
	}
}

// A lock whose content is lost still has an age, can be shown and can be broken.
func TestUnreadableLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t)
		store, _ := c.client(1, state.Options{})
		c.plant(lockPath, []byte("{"))
		_, err := store.Lock(t.Context(), state.Holder{})
		if _, ok := errors.AsType[*state.LockedError](err); !ok || !strings.Contains(err.Error(), "someone who left no name") {
			t.Fatalf("%v", err)
		}
		shown, found, err := store.Inspect(t.Context())
		must(t, err)
		if !found {
			t.Fatal("not found")
		}
		must(t, store.Break(t.Context(), shown))
		c.plant(lockPath, []byte(""))
		time.Sleep(63 * time.Second)
		must(t, take(t, store, "anna").Release(t.Context()))
	})
}

// Ctrl-C while the lock is being taken leaves none behind, whatever the request did.
func TestCancelledLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t)
		store, w := c.client(1, state.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		w.breaks(func(call string, n int) fault {
			if call == "PUT lock" {
				cancel()
				return lostAnswer
			}
			return none
		})
		if _, err := store.Lock(ctx, state.Holder{}); err == nil {
			t.Fatal("locked after the cancellation")
		}
		if body := c.stored(lockPath); body != nil {
			t.Errorf("left behind: %s", body)
		}
	})
}
