package state

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

const (
	// grace is added to a lease: the storage's times have a precision of one second each.
	grace = 2 * time.Second
	// attempts bounds how often a claim looks again after someone else was faster.
	attempts = 8
	// cleanup bounds the calls that must be made although the caller's context is over.
	cleanup = 10 * time.Second
)

// claimed is a lock that was just written.
type claimed struct {
	holder Holder
	tag    string
	over   bool // taken from someone who had not released it
}

// Lock implements Store. A free lock costs one call.
func (r *Remote) Lock(ctx context.Context, h Holder) (Held, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.held != nil && !r.held.over() {
		return nil, &LockedError{Environment: r.environment, Holder: r.held.Holder(), Seen: r.opt.Now()}
	}
	c, err := r.claim(ctx, r.introduce(h), "", func(was found) (bool, error) {
		if r.dead(was) {
			return true, nil
		}
		return false, &LockedError{Environment: r.environment, Holder: was.holder, Seen: was.item.Seen}
	})
	if err != nil {
		if ctx.Err() != nil {
			r.abandon(ctx, c)
		}
		return nil, err
	}
	held := r.hold(ctx, c)
	if c.over {
		if err := r.fence(ctx); err != nil {
			return nil, errors.Join(err, held.Release(ctx))
		}
		held.fence = r.known.fence
	}
	r.held = held
	return held, nil
}

// introduce fills in what the store knows better than the caller.
func (r *Remote) introduce(h Holder) Holder {
	self, now := r.opt.Self(), r.opt.Now()
	h.ID, h.Generation, h.Lease = NewID(), 1, r.opt.Lease
	h.Host, h.PID, h.Boot, h.ProcessStart = self.Host, self.PID, self.Boot, self.Start
	h.Started, h.Renewed, h.Released = now, now, time.Time{}
	return h
}

// claim writes the lock over the version match, or over whoever take allows. A conflict with oneself, because an
// answer was lost, is a success.
func (r *Remote) claim(ctx context.Context, h Holder, match string, take func(found) (bool, error)) (claimed, error) {
	c := claimed{holder: h}
	var lastErr error
	for range attempts {
		body, err := json.MarshalIndent(c.holder, "", "  ")
		if err != nil {
			return c, err
		}
		if c.tag, err = r.objects.Write(ctx, r.lockKey, body, match); err == nil {
			return c, nil
		}
		if errors.Is(err, ErrNoBucket) || errors.Is(err, ErrDenied) || ctx.Err() != nil {
			return c, r.aboutLock(err, "take")
		}
		lastErr = err
		was, err := r.look(ctx)
		switch {
		case errors.Is(err, ErrNone):
			match, c.over, c.holder.Generation = "", false, 1
			continue
		case err != nil:
			return c, r.aboutLock(err, "take")
		case was.holder.Same(c.holder):
			c.tag = was.item.Tag
			return c, nil
		}
		free := !was.holder.Released.IsZero()
		if !free {
			if ok, err := take(was); !ok {
				return c, err
			}
		}
		match, c.over, c.holder.Generation = was.item.Tag, !free, was.holder.Generation+1
	}
	return c, r.aboutLock(lastErr, "take")
}

// found is the lock as it is stored.
type found struct {
	item   Item
	holder Holder
}

// look reads the lock. One whose content is lost still tells when it was written, so that it can be waited out.
func (r *Remote) look(ctx context.Context) (found, error) {
	item, err := r.objects.Read(ctx, r.lockKey)
	if err != nil {
		return found{}, err
	}
	var h Holder
	if json.Unmarshal(item.Body, &h) != nil {
		h = Holder{Started: item.Written}
	}
	if h.Lease <= 0 {
		h.Lease = DefaultLease
	}
	h.Renewed = item.Written
	return found{item, h}, nil
}

// dead says whether a holder is provably at work no more: it died on this machine, or did not renew for longer
// than its lease. The latter is a difference of two times of the storage's clock, so skew does not matter.
func (r *Remote) dead(was found) bool {
	return r.opt.Dead(was.holder) || was.item.Seen.Sub(was.item.Written) > was.holder.Lease+grace
}

// fence rewrites the state under a higher fence, or leaves a note in its place, so that the former holder's next
// write names a version that is no more. A state that cannot be read is left as it is: no run writes over it.
func (r *Remote) fence(ctx context.Context) error {
	var err error
	for range attempts {
		s, v, readErr := r.read(ctx)
		switch {
		case errors.Is(readErr, ErrNone):
			s = State{}
		case readErr != nil:
			if _, newer := errors.AsType[*NewerError](readErr); newer || errors.Is(readErr, ErrBroken) {
				return nil
			}
			return readErr
		}
		r.know(v)
		if err = r.write(ctx, s, v.fence+1); !errors.Is(err, ErrStale) {
			return err
		}
	}
	return err
}

// abandon frees a lock that may have been taken after its taker had given up.
func (r *Remote) abandon(ctx context.Context, c claimed) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanup)
	defer cancel()
	if was, err := r.look(ctx); err == nil && was.holder.ID == c.holder.ID {
		_ = r.objects.Remove(ctx, r.lockKey, was.item.Tag) // otherwise it is taken over once this process has ended
	}
}

func (r *Remote) aboutLock(err error, verb string) error {
	return fmt.Errorf("%s lock %s: %w", verb, r.objects.Name(r.lockKey), err)
}
