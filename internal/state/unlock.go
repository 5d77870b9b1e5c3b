package state

import (
	"context"
	"errors"
	"fmt"
)

// Inspect implements Store.
func (r *Remote) Inspect(ctx context.Context) (Holder, bool, error) {
	was, err := r.look(ctx)
	if errors.Is(err, ErrNone) {
		return Holder{}, false, nil
	}
	if err != nil {
		return Holder{}, false, r.aboutLock(err, "read")
	}
	return was.holder, was.holder.Released.IsZero(), nil
}

// Break implements Store. It takes the lock over itself, fences the former holder off, frees the lock and looks.
func (r *Remote) Break(ctx context.Context, shown Holder) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	was, err := r.look(ctx)
	if errors.Is(err, ErrNone) {
		return nil
	}
	if err != nil {
		return r.aboutLock(err, "read")
	}
	breaker := r.introduce(Holder{Who: "keyedin unlock", Command: "keyedin unlock"})
	same := func(was found) (bool, error) {
		if was.holder.Same(shown) {
			return true, nil
		}
		return false, &LockedError{Environment: r.environment, Holder: was.holder, Seen: was.item.Seen}
	}
	if was.holder.Released.IsZero() {
		if ok, err := same(was); !ok {
			return err
		}
	}
	breaker.Generation = was.holder.Generation + 1
	c, err := r.claim(ctx, breaker, was.item.Tag, same)
	if err != nil {
		return err
	}
	if err := r.fence(ctx); err != nil {
		return errors.Join(err, r.free(context.WithoutCancel(ctx), c.holder, c.tag))
	}
	if err := r.free(ctx, c.holder, c.tag); err != nil {
		return err
	}
	return r.verify(ctx)
}

// verify looks whether the lock is free.
func (r *Remote) verify(ctx context.Context) error {
	was, err := r.look(ctx)
	switch {
	case errors.Is(err, ErrNone) || err == nil && !was.holder.Released.IsZero():
		return nil
	case err != nil:
		return fmt.Errorf("the lock was freed, but looking at it failed: %w", err)
	}
	return &LockedError{Environment: r.environment, Holder: was.holder, Seen: was.item.Seen}
}
