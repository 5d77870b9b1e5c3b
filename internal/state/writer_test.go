package state_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/state"
)

// slowStore takes its time for a Put, fails as told, and counts.
type slowStore struct {
	state.Store
	mu      sync.Mutex
	took    time.Duration
	fail    func(put int) error
	puts    int
	running int
	most    int
	stored  state.State
}

func (s *slowStore) Put(ctx context.Context, is state.State) error {
	s.mu.Lock()
	s.puts++
	put := s.puts
	s.running++
	s.most = max(s.most, s.running)
	s.mu.Unlock()
	time.Sleep(s.took)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running--
	if s.fail != nil {
		if err := s.fail(put); err != nil {
			return err
		}
	}
	s.stored = is
	return nil
}

// TestWriterOfMany: sixteen goroutines change the state and wait until it is
// stored. Nothing is lost, one Put is under way at a time, and what came
// meanwhile goes out together.
func TestWriterOfMany(t *testing.T) {
	const goroutines, changes = 16, 25
	for name, fail := range map[string]func(int) error{
		"a store that answers": nil,
		"one that fails now and then": func(put int) error {
			if put%3 == 0 {
				return errors.New("no answer")
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := &slowStore{took: 100 * time.Millisecond, fail: fail}
				w := state.NewWriter(t.Context(), store, state.New("p", "e", "", ""))
				var all sync.WaitGroup
				for g := range goroutines {
					all.Go(func() {
						for i := range changes {
							address := fmt.Sprintf("kind/%d-%d", g, i)
							w.Update(func(s *state.State) { s.Objects[address] = state.Object{Kind: "kind"} })
							for w.Flush(t.Context()) != nil {
								time.Sleep(time.Millisecond)
							}
							store.mu.Lock()
							if _, ok := store.stored.Objects[address]; !ok {
								t.Errorf("%s was flushed and is not stored", address)
							}
							store.mu.Unlock()
						}
					})
				}
				all.Wait()
				if got := len(store.stored.Objects); got != goroutines*changes {
					t.Errorf("%d changes are stored, want %d", got, goroutines*changes)
				}
				if store.most != 1 {
					t.Errorf("%d puts at once", store.most)
				}
				if store.puts > 4*changes {
					t.Errorf("%d puts for %d changes at a time", store.puts, goroutines)
				}
			})
		})
	}
}

// TestWriterSaves: the latest state wins, and the writer keeps a copy of its own.
func TestWriterSaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &slowStore{took: time.Second}
		w := state.NewWriter(t.Context(), store, state.New("p", "e", "", ""))
		s := state.New("p", "e", "", "")
		for i := range 10 {
			s.Objects[fmt.Sprint(i)] = state.Object{}
			w.Save(s)
		}
		s.Objects["after"] = state.Object{}
		w.Wait()
		if len(store.stored.Objects) != 10 || store.puts > 2 {
			t.Errorf("%d objects in %d puts, want 10 in 2 at most", len(store.stored.Objects), store.puts)
		}
		if _, changed := w.State().Objects["after"]; changed {
			t.Error("a change after Save is in the writer's state")
		}
	})
}

// TestWriterGivesUp only where no further Put can succeed, and then says so
// every time.
func TestWriterGivesUp(t *testing.T) {
	for _, fatal := range []error{state.ErrStale, state.ErrLockLost} {
		synctest.Test(t, func(t *testing.T) {
			store := &slowStore{fail: func(int) error { return fmt.Errorf("put: %w", fatal) }}
			w := state.NewWriter(t.Context(), store, state.New("p", "e", "", ""))
			for range 3 {
				w.Update(func(s *state.State) { s.Objects["a"] = state.Object{} })
				if err := w.Flush(t.Context()); !errors.Is(err, fatal) {
					t.Errorf("got %v, want %v", err, fatal)
				}
			}
			if store.puts != 1 {
				t.Errorf("%d puts, want 1", store.puts)
			}
		})
	}
}

// TestFlushIsInterruptible: who waits for a store that hangs can stop waiting;
// what was to be stored is stored all the same.
func TestFlushIsInterruptible(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &slowStore{took: time.Hour}
		w := state.NewWriter(t.Context(), store, state.New("p", "e", "", ""))
		w.Update(func(s *state.State) { s.Objects["a"] = state.Object{} })
		ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Second, errors.New("enough"))
		defer cancel()
		begin := time.Now()
		if err := w.Flush(ctx); err == nil || err.Error() != "enough" || time.Since(begin) > time.Minute {
			t.Errorf("%v after %s", err, time.Since(begin))
		}
		w.Wait()
		if len(store.stored.Objects) != 1 {
			t.Error("the change was dropped")
		}
	})
}
