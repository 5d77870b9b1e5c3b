package state

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
)

// held is a lock of ours, and the goroutine that keeps it so.
type held struct {
	store *Remote
	ctx   context.Context
	end   context.CancelCauseFunc
	fence int64              // what this holder writes under; 0 until the state was read, guarded by store.mu
	stop  context.CancelFunc // ends the goroutine
	done  chan struct{}      // it has ended

	mu       sync.Mutex // one call on the lock at a time
	holder   Holder
	tag      string
	renewed  time.Time // start of the last renewal that is known to have been stored
	lost     error
	released bool
}

func (r *Remote) hold(ctx context.Context, c claimed) *held {
	h := &held{
		store: r, holder: c.holder, tag: c.tag, renewed: c.holder.Renewed, done: make(chan struct{}),
	}
	h.ctx, h.end = context.WithCancelCause(ctx)
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	h.stop = stop
	go h.keep(running)
	return h
}

func (h *held) Context() context.Context { return h.ctx }

func (h *held) Holder() Holder {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.holder
}

// keep renews at each third of the lease and, once that failed, at each twelfth. It looks at the wall clock that
// often because timers stand still while a machine sleeps. It goes on after the held context has ended, since
// what is under way is still being recorded then.
func (h *held) keep(ctx context.Context) {
	defer close(h.done)
	tick := time.NewTicker(max(h.store.opt.Lease/12, time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		h.mu.Lock()
		silent := h.store.opt.Now().Sub(h.renewed)
		if silent >= h.holder.Lease/3 || silent < 0 {
			_ = h.renew(ctx) // a failure is tried again at the next tick, a loss is in h.lost
		}
		lost := h.lost
		h.mu.Unlock()
		if lost != nil {
			return
		}
	}
}

// renew writes a heartbeat. What the storage holds decides, not the clock: a laptop that slept past its lease
// still has the lock when nobody took it. Without an answer the lock is given up when the lease has run out.
func (h *held) renew(ctx context.Context) error {
	if h.lost != nil || h.released {
		return h.lost
	}
	left := h.renewed.Add(h.holder.Lease).Sub(h.store.opt.Now())
	if left <= 0 {
		left = h.holder.Lease / 12
	}
	// One answer that never comes must leave time for further tries.
	try, cancel := context.WithTimeout(ctx, min(left, h.holder.Lease/6))
	defer cancel()
	err := h.beat(try)
	if err == nil || ctx.Err() != nil {
		return err
	}
	if silent := h.store.opt.Now().Sub(h.renewed); !errors.Is(err, ErrLockLost) && silent >= h.holder.Lease {
		err = fmt.Errorf("%w: it could not be renewed for %s: %w", ErrLockLost, silent.Round(time.Second), err)
	}
	if errors.Is(err, ErrLockLost) {
		h.lost = err
		h.end(err)
	}
	return err
}

// beat is one heartbeat. A conflict is followed by a look: it may be with an own heartbeat whose answer was lost.
func (h *held) beat(ctx context.Context) error {
	for range 2 {
		next := h.holder
		next.Renewed = h.store.opt.Now()
		body, err := json.MarshalIndent(next, "", "  ")
		if err != nil {
			return err
		}
		tag, err := h.store.objects.Write(ctx, h.store.lockKey, body, h.tag)
		if err == nil {
			h.tag, h.holder, h.renewed = tag, next, next.Renewed
			return nil
		}
		if !errors.Is(err, ErrChanged) && !errors.Is(err, ErrNone) {
			return err
		}
		if err := h.recognise(ctx); err != nil {
			return err
		}
	}
	return nil
}

// recognise looks whether the stored lock is still this one, and goes on from there.
func (h *held) recognise(ctx context.Context) error {
	was, err := h.store.look(ctx)
	switch {
	case errors.Is(err, ErrNone):
		return fmt.Errorf("%w: someone removed it", ErrLockLost)
	case err != nil:
		return err
	case !was.holder.Same(h.holder):
		return fmt.Errorf("%w: %s took it over", ErrLockLost, was.holder.Name())
	}
	var own Holder
	if json.Unmarshal(was.item.Body, &own) == nil {
		h.renewed = own.Renewed // by our clock, unlike what look tells
	}
	h.tag = was.item.Tag
	return nil
}

// ensure is asked before each write of the state: whoever was paused past its lease must first renew.
func (h *held) ensure(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.lost == nil && !h.released && h.store.opt.Now().Sub(h.renewed) >= h.holder.Lease {
		if err := h.renew(ctx); err != nil {
			return err
		}
	}
	if h.released {
		return fmt.Errorf("%w: it was released", ErrLockLost)
	}
	return h.lost
}

// fencedBy takes the fence of the stored state. One above ours means that someone else has written since.
func (h *held) fencedBy(stored int64) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.released {
		return nil
	}
	if h.fence == 0 {
		h.fence = stored + 1
	}
	if stored <= h.fence {
		return nil
	}
	err := fmt.Errorf("%w: someone else took it over and wrote the state", ErrLockLost)
	if h.lost == nil {
		h.lost = err
		h.end(err)
	}
	return err
}

// overtaken ends the work: somebody wrote the state though we held the lock, so nothing of it can be recorded any
// more. As a rule that is because the lock was taken away; else the state was changed by hand.
func (h *held) overtaken(ctx context.Context, stale error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.recognise(ctx); h.lost == nil && errors.Is(err, ErrLockLost) {
		h.lost = err
	}
	if h.lost != nil {
		stale = fmt.Errorf("%w; %w", h.lost, stale)
	}
	h.end(stale)
	return stale
}

// over says whether this store may take a lock again.
func (h *held) over() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.released || h.lost != nil
}

// die ends the goroutine and nothing else, as a kill of the process does.
func (h *held) die() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.released {
		return
	}
	h.released = true
	h.stop()
	h.end(ErrLockLost)
}
