package state

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Writer is the one place a run writes its state from. Many goroutines change the state; at most one Put is under
// way, and what came meanwhile goes out together with the next one. What nobody waits for lets more come first, so that
// who must know a change stored finds no Put under way. It runs only while there is something to write.
type Writer struct {
	ctx   context.Context
	store Store

	mu      sync.Mutex
	state   State
	wanted  int64 // counts the changes
	stored  int64 // the last change that is stored
	running bool
	waiting int           // how many Flushes
	hurry   chan struct{} // somebody waits now
	fatal   error         // no further Put can succeed
	err     error         // of the last Put
	round   chan struct{} // closed at the end of each Put
}

// NewWriter starts from the state given. The context is that of the Puts: it should outlive an interrupt, since
// what was done must be recorded; the store itself refuses to write once the lock is lost.
func NewWriter(ctx context.Context, store Store, s State) *Writer {
	return &Writer{ctx: ctx, store: store, state: s.Clone(), round: make(chan struct{}), hurry: make(chan struct{}, 1)}
}

// linger is how long a change that nobody waits for lets more come.
const linger = 250 * time.Millisecond

// Update changes the state and has it written soon. The function runs alone, and must not keep the pointer.
func (w *Writer) Update(change func(*State)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(&w.state)
	w.wanted++
	w.start()
}

// Save replaces the state and has it written soon. The latest one wins.
func (w *Writer) Save(s State) {
	s = s.Clone()
	w.Update(func(is *State) { *is = s })
}

// State is a copy of the state with all changes so far, stored or not.
func (w *Writer) State() State {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.state.Clone()
}

// Flush waits until every change made before it is stored. After an error the changes are kept, and the next
// Update or Flush tries again, unless the state became stale or the lock was lost: those errors stay.
func (w *Writer) Flush(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	want := w.wanted
	w.waiting++
	defer func() { w.waiting-- }()
	select {
	case w.hurry <- struct{}{}:
	default: // it hurries already
	}
	w.start()
	for w.stored < want && w.running {
		round := w.round
		w.mu.Unlock()
		select {
		case <-round:
		case <-ctx.Done():
		}
		w.mu.Lock()
		if ctx.Err() != nil && w.stored < want {
			return context.Cause(ctx)
		}
	}
	if w.stored < want {
		return w.err
	}
	return nil
}

// Wait ends when no Put is under way; it does not start one.
func (w *Writer) Wait() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.running {
		round := w.round
		w.mu.Unlock()
		<-round
		w.mu.Lock()
	}
}

// start is called with the mutex held.
func (w *Writer) start() {
	if w.running || w.fatal != nil || w.stored >= w.wanted {
		return
	}
	w.running = true
	go w.write()
}

// gather is called with the mutex held, and lets go of it.
func (w *Writer) gather() {
	if w.waiting > 0 {
		return
	}
	w.mu.Unlock()
	select {
	case <-w.hurry:
	case <-time.After(linger):
	case <-w.ctx.Done():
	}
	w.mu.Lock()
}

func (w *Writer) write() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.stored < w.wanted {
		w.gather()
		snapshot, upTo := w.state.Clone(), w.wanted
		w.mu.Unlock()
		err := w.store.Put(w.ctx, snapshot)
		w.mu.Lock()
		w.err = err
		if err == nil {
			w.stored = upTo
		}
		if errors.Is(err, ErrStale) || errors.Is(err, ErrLockLost) {
			w.fatal = err
		}
		close(w.round)
		w.round = make(chan struct{})
		if err != nil {
			break
		}
	}
	w.running = false
}
