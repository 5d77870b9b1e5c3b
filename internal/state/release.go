package state

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// impossible is a tag no object has.
const impossible = `"00000000000000000000000000000000"`

// CheckRelease asks to delete a version of the lock that cannot exist: who may not delete is told so, and whoever
// may is told that it is another one.
func (h *held) CheckRelease(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.store
	err := r.objects.Remove(ctx, r.lockKey, impossible)
	switch {
	case errors.Is(err, ErrChanged):
		return nil
	case errors.Is(err, ErrDenied):
		return &DeleteDeniedError{Resource: r.objects.Name(r.lockKey), Err: err}
	case errors.Is(err, ErrNone):
		return h.renew(ctx)
	case err != nil:
		return r.aboutLock(err, "check")
	}
	// This storage does not know conditional deletes and has deleted the lock: put it back before anything changes.
	h.tag = ""
	return h.renew(ctx)
}

// Release implements Held. The context given only carries values: a lock is released also after Ctrl-C.
func (h *held) Release(ctx context.Context) error {
	h.stop() // first, since a heartbeat under way holds the mutex
	h.mu.Lock()
	if h.released {
		h.mu.Unlock()
		return nil
	}
	h.released = true
	lost := h.lost
	h.mu.Unlock()
	<-h.done
	h.end(context.Canceled)

	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanup)
	defer cancel()
	err := h.store.free(ctx, h.holder, h.tag)
	if lost != nil {
		return lost // also when it was still there: meanwhile nothing kept others out
	}
	return err
}

// free deletes a lock of ours, or notes in it that it is released where deleting is denied.
func (r *Remote) free(ctx context.Context, h Holder, tag string) error {
	var err error
	for range 3 {
		err = r.objects.Remove(ctx, r.lockKey, tag)
		if err == nil || errors.Is(err, ErrNone) {
			return nil
		}
		if errors.Is(err, ErrDenied) {
			return r.note(ctx, h, tag, err)
		}
		was, lookErr := r.look(ctx)
		switch {
		case errors.Is(lookErr, ErrNone):
			return nil // the answer of an earlier attempt was lost
		case lookErr != nil:
			return r.unreleased(err, h)
		case !was.holder.Same(h):
			return fmt.Errorf("%w: %s took it over", ErrLockLost, was.holder.Name())
		}
		tag = was.item.Tag
	}
	return r.unreleased(err, h)
}

func (r *Remote) note(ctx context.Context, h Holder, tag string, denied error) error {
	h.Released = r.opt.Now()
	body, err := json.MarshalIndent(h, "", "  ")
	if err != nil {
		return err
	}
	if _, err := r.objects.Write(ctx, r.lockKey, body, tag); err != nil {
		was, lookErr := r.look(ctx)
		if lookErr != nil || was.holder.Released.IsZero() || !was.holder.Same(h) {
			return r.unreleased(errors.Join(denied, err), h)
		}
	}
	return &DeleteDeniedError{Resource: r.objects.Name(r.lockKey), Err: denied}
}

func (r *Remote) unreleased(err error, h Holder) error {
	return fmt.Errorf("release lock %s: %w; it falls by itself after %s, or type `keyedin unlock`",
		r.objects.Name(r.lockKey), err, h.Lease)
}
