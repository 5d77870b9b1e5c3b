package storetest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/state"
)

func take(t *testing.T, store state.Store, who string) state.Held {
	t.Helper()
	held, err := store.Lock(t.Context(), state.Holder{Who: who, Command: "keyedin apply", ToolVersion: "1.0.0"})
	must(t, err)
	t.Cleanup(func() { _ = held.Release(context.WithoutCancel(t.Context())) })
	return held
}

func locked(t *testing.T, h Harness) {
	a, b := h.Open(), h.Open()
	held := take(t, a, "anna@example.com")
	time.Sleep(5*time.Minute + time.Second) // an alive holder outlives its lease many times
	for name, store := range map[string]state.Store{"another run": b, "the same run": a} {
		_, err := store.Lock(t.Context(), state.Holder{Who: "ben"})
		refusal, ok := errors.AsType[*state.LockedError](err)
		if !ok {
			t.Fatalf("%s: Lock of a held lock: %v, want *LockedError", name, err)
		}
		if !refusal.Holder.Same(held.Holder()) {
			t.Errorf("%s: names %+v", name, refusal.Holder)
		}
		for _, part := range []string{"test is locked by anna@example.com", "`keyedin apply`", "(5 min ago)", "last heartbeat", "keyedin unlock"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %q does not say %q", name, err, part)
			}
		}
	}
	if held.Context().Err() != nil {
		t.Errorf("the held context ended: %v", context.Cause(held.Context()))
	}
}

func oneAtATime(t *testing.T, h Harness) {
	var running, most, ran atomic.Int32
	var all sync.WaitGroup
	for range 16 {
		store := h.Open()
		all.Go(func() {
			for {
				held, err := store.Lock(t.Context(), state.Holder{Who: "one of sixteen"})
				if _, ok := errors.AsType[*state.LockedError](err); ok {
					time.Sleep(300 * time.Millisecond)
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				most.Store(max(most.Load(), running.Add(1)))
				s, err := store.Get(t.Context())
				if errors.Is(err, state.ErrNone) {
					s, err = state.New("keyedin", "test", "123456789012", "us-east-1"), nil
				}
				time.Sleep(time.Second)
				s.Generations["vpc/main"]++
				if err := errors.Join(err, store.Put(t.Context(), s)); err != nil {
					t.Error(err)
				}
				running.Add(-1)
				ran.Add(1)
				if err := held.Release(t.Context()); err != nil {
					t.Error(err)
				}
				return
			}
		})
	}
	all.Wait()
	s, err := h.Open().Get(t.Context())
	must(t, err)
	if most.Load() != 1 || ran.Load() != 16 || s.Generations["vpc/main"] != 16 {
		t.Errorf("%d at once, %d ran, %d writes arrived; want 1, 16, 16", most.Load(), ran.Load(), s.Generations["vpc/main"])
	}
}

func release(t *testing.T, h Harness) {
	a, b := h.Open(), h.Open()
	for range 2 {
		held := take(t, a, "anna")
		must(t, held.CheckRelease(t.Context()))
		over, cancel := context.WithCancel(t.Context())
		cancel()
		for range 2 {
			must(t, held.Release(over)) // as after Ctrl-C
		}
		if cause := context.Cause(held.Context()); cause != context.Canceled {
			t.Errorf("the held context ended with %v", cause)
		}
		if holder, found, err := b.Inspect(t.Context()); found || err != nil {
			t.Errorf("after the release: %+v, %v, %v", holder, found, err)
		}
		must(t, take(t, b, "ben").Release(t.Context()))
	}
	if err := a.Put(t.Context(), Example()); !errors.Is(err, state.ErrLockLost) {
		t.Errorf("Put after the release: %v, want ErrLockLost", err)
	}
	if _, err := a.Get(t.Context()); !errors.Is(err, state.ErrNone) {
		t.Errorf("Get after the release: %v, want ErrNone", err)
	}
}

func pausedHolder(t *testing.T, h Harness) {
	a, b := h.Open(), h.Open()
	must(t, h.Open().Put(t.Context(), Example()))
	first := take(t, a, "anna")
	mine, err := a.Get(t.Context())
	must(t, err)
	must(t, a.Put(t.Context(), mine))
	h.Pause(a)
	time.Sleep(2 * state.DefaultLease)

	second := take(t, b, "ben")
	if got, want := second.Holder().Generation, first.Holder().Generation+1; got != want {
		t.Errorf("generation %d, want %d", got, want)
	}
	// Before the new holder has read or written anything, the paused one wakes.
	if err := a.Put(t.Context(), mine); !errors.Is(err, state.ErrStale) && !errors.Is(err, state.ErrLockLost) {
		t.Errorf("Put of a paused holder: %v", err)
	}
	theirs, err := b.Get(t.Context())
	must(t, err)
	if theirs.Fence <= mine.Fence || len(theirs.Objects) != len(mine.Objects) {
		t.Errorf("fence %d after %d, %d objects after %d", theirs.Fence, mine.Fence, len(theirs.Objects), len(mine.Objects))
	}
	must(t, b.Put(t.Context(), theirs))
	if err := first.Release(t.Context()); err != nil && !errors.Is(err, state.ErrLockLost) {
		t.Errorf("Release of a lost lock: %v", err)
	}
	if holder, found, err := b.Inspect(t.Context()); !found || !holder.Same(second.Holder()) {
		t.Errorf("the former holder's release freed the lock of the new one: %+v, %v, %v", holder, found, err)
	}
}

func pausedBeforeFirstState(t *testing.T, h Harness) {
	a, b := h.Open(), h.Open()
	take(t, a, "anna")
	h.Pause(a)
	time.Sleep(2 * state.DefaultLease)
	take(t, b, "ben")
	if err := a.Put(t.Context(), Example()); !errors.Is(err, state.ErrStale) && !errors.Is(err, state.ErrLockLost) {
		t.Errorf("Put of a paused holder: %v", err)
	}
	if _, err := b.Get(t.Context()); !errors.Is(err, state.ErrNone) {
		t.Errorf("the fence is taken for a state: %v", err)
	}
	must(t, b.Put(t.Context(), Example()))
}

func breakLock(t *testing.T, h Harness) {
	a, b, c := h.Open(), h.Open(), h.Open()
	must(t, c.Put(t.Context(), Example()))
	held := take(t, a, "anna")
	s, err := a.Get(t.Context())
	must(t, err)
	shown, found, err := b.Inspect(t.Context())
	must(t, err)
	if !found || !shown.Same(held.Holder()) || shown.Who != "anna" {
		t.Fatalf("Inspect: %+v, %v", shown, found)
	}
	time.Sleep(state.DefaultLease) // it is renewed while the user reads
	must(t, b.Break(t.Context(), shown))
	if err := a.Put(t.Context(), s); !errors.Is(err, state.ErrStale) && !errors.Is(err, state.ErrLockLost) {
		t.Errorf("Put under a broken lock: %v", err)
	}
	if cause := context.Cause(held.Context()); !errors.Is(cause, state.ErrLockLost) {
		t.Errorf("the holder knows that it can write no more and goes on: %v", cause)
	}
	must(t, take(t, c, "carl").Release(t.Context()))
	time.Sleep(state.DefaultLease)
	if cause := context.Cause(held.Context()); !errors.Is(cause, state.ErrLockLost) {
		t.Errorf("the broken holder goes on: %v", cause)
	}
	must(t, b.Break(t.Context(), shown)) // nobody holds it: nothing to do
}

func breakAnother(t *testing.T, h Harness) {
	a, b := h.Open(), h.Open()
	first := take(t, a, "anna")
	shown := first.Holder()
	must(t, first.Release(t.Context()))
	second := take(t, b, "ben")
	if refusal, ok := errors.AsType[*state.LockedError](h.Open().Break(t.Context(), shown)); !ok || refusal.Holder.Who != "ben" {
		t.Errorf("Break of another holder's lock was not refused by name: %v", refusal)
	}
	time.Sleep(state.DefaultLease)
	if err := second.Context().Err(); err != nil {
		t.Errorf("the other holder ended: %v", err)
	}
}

func brokenUnderDeadLock(t *testing.T, h Harness) {
	a, b := h.Open(), h.Open()
	take(t, a, "anna")
	h.Pause(a)
	h.Plant([]byte("{"))
	time.Sleep(2 * state.DefaultLease)
	take(t, b, "ben")
	if _, err := b.Get(t.Context()); !errors.Is(err, state.ErrBroken) {
		t.Errorf("Get: %v, want ErrBroken", err)
	}
	if got := string(h.Stored()); got != "{" {
		t.Errorf("the broken state was touched: %q", got)
	}
}
